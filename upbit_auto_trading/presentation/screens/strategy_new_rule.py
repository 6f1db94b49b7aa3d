"""New rules: which actions a role has, and the rule a saved trigger becomes."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.rule import (
    Action,
    BuyAmount,
    BuyPercent,
    Firing,
    Notify,
    Role,
    Rule,
    Sell,
)
from upbit_auto_trading.domain.variable import Words
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens.strategy_words import role_word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from upbit_auto_trading.domain.trigger import Trigger

_AMOUNT: Final = Decimal(100_000)
_ADDS: Final = 3
_ACTIONS: Final[Mapping[str, Action]] = {
    "buy": BuyAmount(_AMOUNT),
    "buy_percent": BuyPercent(10.0),
    "sell": Sell(),
    "sell_half": Sell(50.0),
    "cancel_and_sell": Sell(cancels_orders=True),
    "notify": Notify(),
}
_OF_ROLE: Final[Mapping[Role, Sequence[str]]] = {
    Role.ENTRY: ("buy", "buy_percent", "notify"),
    Role.SCALE_IN: ("buy", "buy_percent", "notify"),
    Role.EXIT: ("sell", "sell_half", "notify"),
    Role.RISK: ("cancel_and_sell", "sell", "notify"),
    Role.MANAGEMENT: ("notify",),
}


def role_choices() -> list[tuple[str, str]]:
    """Every role with its word."""
    return [(role.value, role_word(role)) for role in Role]


def action_choices() -> dict[str, list[tuple[str, str]]]:
    """The actions of every role, the usual one first."""
    words = {
        "buy": _("Buy for an amount"),
        "buy_percent": _("Buy for a share of the cash"),
        "sell": _("Sell everything"),
        "sell_half": _("Sell a part"),
        "cancel_and_sell": _("Cancel orders, sell everything"),
        "notify": _("Tell me"),
    }
    return {
        role.value: [(action, words[action]) for action in actions]
        for role, actions in _OF_ROLE.items()
    }


def new_rule(identity: str, number: int, trigger: Trigger, role: Role, action: str) -> Rule:
    """Return the rule a trigger becomes; sells act while their condition holds."""
    done = _ACTIONS[action]
    sells = isinstance(done, Sell)
    return Rule(
        identity,
        number,
        Words(trigger.name, trigger.name),
        role,
        trigger.expression,
        done,
        firing=Firing.LEVEL if sells and role is Role.RISK else Firing.EDGE,
        limit=_ADDS if role is Role.SCALE_IN else None,
    )
