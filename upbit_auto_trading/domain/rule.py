"""A rule: a trigger with a role, an action and limits. All of it is data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

    from upbit_auto_trading.domain.expression import Expression
    from upbit_auto_trading.domain.variable import Words


class Role(StrEnum):
    """What a rule is for.

    ENTRY opens a position and acts only while flat. The others are position rules: they are
    judged while holding, from the first tick after the first fill. SCALE_IN buys more, EXIT
    sells, RISK protects (it may block entries), MANAGEMENT changes how the others behave.
    """

    ENTRY = "entry"
    SCALE_IN = "scale_in"
    EXIT = "exit"
    RISK = "risk"
    MANAGEMENT = "management"


class Firing(StrEnum):
    """EDGE fires when the trigger becomes true, LEVEL on each tick on which it is true."""

    EDGE = "edge"
    LEVEL = "level"


@dataclass(frozen=True, slots=True)
class BuyAmount:
    """Spend `amount` of the quote currency, the fee on top."""

    amount: Decimal


@dataclass(frozen=True, slots=True)
class BuyPercent:
    """Spend `percent` of what cash can buy once the fee is paid."""

    percent: float


@dataclass(frozen=True, slots=True)
class Sell:
    """Sell `percent` of the position; with `cancels_orders` cancel what is open first."""

    percent: float = 100.0
    cancels_orders: bool = False


@dataclass(frozen=True, slots=True)
class EnterMode:
    """Until the position closes, suspend some rules and arm others. Names rules by their ids."""

    mode: str
    suspends: tuple[str, ...] = ()
    arms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Notify:
    """Tell the user."""

    text: str = ""


Action = BuyAmount | BuyPercent | Sell | EnterMode | Notify


@dataclass(frozen=True, slots=True)
class Rule:
    """A trigger and what follows from it.

    `number` is how events name the rule. `limit` counts per position, None is no limit.
    `arming` is for trailing: from the first tick on which it is true the rule is armed until
    the position closes, and its own peak runs; without it the peak runs from the entry.
    `blocks_entry_ms` refuses entries while less than that has passed since the trigger was
    last true, flat or holding. `cooldown_ms` must pass between two actions of the rule.
    """

    id: str
    number: int
    name: Words
    role: Role
    trigger: Expression
    action: Action
    firing: Firing = Firing.EDGE
    arming: Expression | None = None
    limit: int | None = None
    cooldown_ms: int = 0
    blocks_entry_ms: int = 0
    enabled: bool = True
    note: str = ""

    @property
    def buys(self) -> bool:
        """Whether the action is a buy."""
        return isinstance(self.action, BuyAmount | BuyPercent)
