"""Strategies that act all the time, so that a short run has much to keep."""

from decimal import Decimal

from upbit_auto_trading.domain.expression import (
    Bar,
    Comparator,
    Comparison,
    Constant,
    VariableOperand,
    variable,
)
from upbit_auto_trading.domain.rule import BuyAmount, Firing, Role, Rule, Sell
from upbit_auto_trading.domain.strategy import Strategy
from upbit_auto_trading.domain.variable import Words

PRICE = variable("price", "1m", bar=Bar.FORMING)
SPREAD = variable("spread")
QUANTITY = variable("quantity")


def always(operand: VariableOperand) -> Comparison:
    """A condition on a variable that is never negative."""
    return Comparison(operand, Comparator.GREATER_EQUAL, Constant(0.0), id="n1")


def at_least(price: float) -> Comparison:
    """A condition that rises whenever the price comes up to `price`."""
    return Comparison(PRICE, Comparator.GREATER_EQUAL, Constant(price), id="n1")


def rule(
    identity: str, number: int, role: Role, trigger: Comparison, action: BuyAmount | Sell
) -> Rule:
    words = Words(identity, identity)
    return Rule(identity, number, words, role, trigger, action, firing=Firing.LEVEL)


def churning(trigger: Comparison, amount: str = "100000") -> Strategy:
    """Buys when `trigger` rises while flat, sells everything on the next print while holding."""
    return Strategy(
        "churning",
        Words("회전", "Churning"),
        (
            rule("leave", 1, Role.EXIT, always(QUANTITY), Sell()),
            rule("enter", 2, Role.ENTRY, trigger, BuyAmount(Decimal(amount))),
        ),
    )
