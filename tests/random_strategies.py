"""Random strategies over the shipped variables: whatever the builder can make."""

import random
from decimal import Decimal

from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.expression import (
    RANGES,
    SLOPES,
    SPANS,
    TOLERANCES,
    Bar,
    Comparator,
    Comparison,
    Constant,
    Expression,
    Group,
    GroupKind,
    Operand,
    VariableOperand,
)
from upbit_auto_trading.domain.rule import (
    Action,
    BuyAmount,
    BuyPercent,
    EnterMode,
    Firing,
    Notify,
    Role,
    Rule,
    Sell,
)
from upbit_auto_trading.domain.strategy import Strategy
from upbit_auto_trading.domain.variable import Need, ParameterKind, Variable, Words

REGISTRY = shipped_variables()
RULES = ("a", "b", "c", "d", "e", "f")
NAMELESS = Words("규칙", "rule")
# What a backtest can't supply is unknown on both ways; it is left out to have more happen.
USABLE = [v for v in REGISTRY if Need.ORDERBOOK not in v.needs]
STATE = [v for v in USABLE if v.needs & {Need.POSITION, Need.ACCOUNT, Need.EVENTS}]
WINDOWED = [v for v in USABLE if v.needs == {Need.TICKS}]
TIMEFRAMES = ("1m", "1m", "3m", "5m", "1h")


def _parameters(rng: random.Random, variable: Variable) -> tuple[tuple[str, float | str], ...]:
    chosen: list[tuple[str, float | str]] = []
    for parameter in variable.parameters:
        value: float | str
        if parameter.kind is ParameterKind.RULE:
            value = rng.choice(RULES)
        elif parameter.kind is ParameterKind.CHOICE:
            value = rng.choice(parameter.choices).value
        elif parameter.name == "window":
            value = rng.choice([1, 15, 60, 300, 3600])
        elif parameter.kind is ParameterKind.INTEGER:
            value = rng.randint(int(parameter.minimum), min(int(parameter.maximum), 12))
        else:
            continue
        chosen.append((parameter.name, value))
    names = dict(chosen)
    if isinstance(names.get("fast"), int) and isinstance(names.get("slow"), int):
        names["slow"] = int(names["fast"]) + 2
    return tuple(names.items())


def _operand(rng: random.Random, variable: Variable) -> VariableOperand:
    parameters = _parameters(rng, variable)
    multiplier = rng.choice([1.0, 1.0, 1.0, 1.01, 0.5])
    if not variable.has_bars:
        return VariableOperand(variable.id, parameters, multiplier=multiplier)
    bar = Bar.CLOSED if Bar.CLOSED in variable.bars and rng.random() < 0.7 else variable.bars[-1]
    offset = rng.choice([0, 0, 0, 1, 3])
    timeframe = rng.choice(TIMEFRAMES)
    return VariableOperand(variable.id, parameters, timeframe, bar, offset, multiplier)


def _right(rng: random.Random, variable: Variable, price: float) -> Operand:
    same = [v for v in USABLE if v.unit is variable.unit and v.family == variable.family]
    if rng.random() < 0.4:
        return _operand(rng, rng.choice(same))
    if variable.levels and rng.random() < 0.8:
        return Constant(rng.choice(variable.levels))
    return Constant(price * rng.uniform(0.97, 1.03) if variable.is_proportional else 0.0)


def random_comparison(rng: random.Random, price: float, *, fixed: bool) -> Comparison:
    """A comparison of like with like; `fixed` ones read no position."""
    kind = rng.random()
    if not fixed and kind < 0.5:
        variable = rng.choice(STATE)
    elif kind < 0.65:
        variable = rng.choice(WINDOWED)
    else:
        variable = rng.choice([v for v in USABLE if not fixed or v not in STATE])
    comparator = rng.choice(list(Comparator)[:4]) if rng.random() < 0.6 else _any(rng)
    right = None if comparator in SLOPES else _right(rng, variable, price)
    return Comparison(
        _operand(rng, variable),
        comparator,
        right,
        _right(rng, variable, price) if comparator in RANGES else None,
        rng.randint(1, 3) if comparator in SPANS else 1,
        rng.choice([0.5, 2.0, price / 50]) if comparator in TOLERANCES else 0.0,
        rng.choice([1, 1, 1, 2]),
    )


def _any(rng: random.Random) -> Comparator:
    return rng.choice(list(Comparator))


def random_expression(
    rng: random.Random, price: float, *, fixed: bool, level: int = 0
) -> Expression:
    """A tree of a few comparisons."""
    if level == 2 or rng.random() < 0.55:
        return random_comparison(rng, price, fixed=fixed)
    kind = rng.choice(list(GroupKind))
    count = 1 if kind is GroupKind.NOT else rng.randint(1, 3)
    children = tuple(
        random_expression(rng, price, fixed=fixed, level=level + 1) for _ in range(count)
    )
    return Group(kind, children, rng.randint(1, count))


def _action(rng: random.Random, role: Role) -> Action:
    if role in (Role.ENTRY, Role.SCALE_IN):
        amount = Decimal(rng.choice(["5000", "20000", "100000", "4999"]))
        return BuyAmount(amount) if rng.random() < 0.7 else BuyPercent(rng.uniform(1, 60))
    if role is Role.MANAGEMENT:
        if rng.random() < 0.3:
            return Notify("now")
        some = tuple(rng.sample(RULES, 2))
        return EnterMode(rng.choice(["m", "n"]), some, tuple(rng.sample(RULES, 1)))
    return Sell(rng.choice([100.0, 100.0, 50.0, 33.3]), rng.random() < 0.5)


def random_strategy(rng: random.Random, price: float) -> Strategy:
    """Six rules of random roles, at least one of them an entry that can happen."""
    roles = [Role.ENTRY, Role.EXIT, *(rng.choice(list(Role)) for _ in RULES[2:])]
    rng.shuffle(roles)
    rules = []
    for number, (identity, role) in enumerate(zip(RULES, roles, strict=True), start=1):
        entry = role is Role.ENTRY
        sells = role in (Role.EXIT, Role.RISK)
        arming = not entry and rng.random() < 0.3
        rules.append(
            Rule(
                identity,
                number,
                NAMELESS,
                role,
                random_expression(rng, price, fixed=entry and rng.random() < 0.8),
                _action(rng, role),
                Firing.LEVEL if sells and rng.random() < 0.5 else Firing.EDGE,
                random_expression(rng, price, fixed=False) if arming else None,
                rng.choice([None, None, 0, 1, 3]),
                rng.choice([0, 0, 60_000, 600_000]),
                rng.choice([0, 0, 600_000]) if role is Role.RISK else 0,
                enabled=rng.random() < 0.95,
            )
        )
    return Strategy("random", NAMELESS, tuple(rules))
