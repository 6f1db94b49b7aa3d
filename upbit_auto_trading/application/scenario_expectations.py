"""What a trigger should do on a made-up path, as far as the trigger itself tells."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.preview_scenarios import SCENARIOS
from upbit_auto_trading.domain.expression import (
    Comparator,
    Comparison,
    Constant,
    Group,
    GroupKind,
    comparisons,
    walk,
)
from upbit_auto_trading.domain.rule import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upbit_auto_trading.domain.expression import Expression


class Expectation(StrEnum):
    """FIRES: on every path. QUIET: on none. EITHER: nobody said, so there is no verdict."""

    FIRES = "fires"
    QUIET = "quiet"
    EITHER = "either"

    @property
    def next(self) -> Expectation:
        """The one that pressing leads to."""
        order = tuple(Expectation)
        return order[(order.index(self) + 1) % len(order)]

    def is_met(self, paths: int, fired: int) -> bool | None:
        """Return whether firing on `fired` of `paths` paths is as expected, None for EITHER."""
        if self is Expectation.EITHER:
            return None
        return fired == (0 if self is Expectation.QUIET else paths)


# Variables that rise and fall with the price however slowly it goes, each with the value between
# its low and its high side.
_MIDDLES: Final = {
    "rsi": 50.0,
    "rsi_average": 50.0,
    "stochastic_k": 50.0,
    "stochastic_d": 50.0,
    "stoch_rsi_k": 50.0,
    "stoch_rsi_d": 50.0,
    "mfi": 50.0,
    "williams_r": -50.0,
    "bollinger_percent_b": 0.5,
    "cci": 0.0,
    "profit_percent": 0.0,
    "profit_krw": 0.0,
    "drawdown_from_peak": 0.0,
}
_BELOW: Final = frozenset({Comparator.LESS, Comparator.LESS_EQUAL, Comparator.CROSSES_DOWN})
_ABOVE: Final = frozenset({Comparator.GREATER, Comparator.GREATER_EQUAL, Comparator.CROSSES_UP})
# What wants a fall fires in these two and keeps quiet in the third; likewise for a rise.
_OF_A_FALL: Final = ("decline", "crash", "trend")
_OF_A_RISE: Final = ("trend", "surge", "decline")


def usual_expectations(trigger: Expression | None, role: Role) -> Mapping[str, Expectation]:
    """Return what to expect in each scenario where the user hasn't said it.

    Risk rules are for crashes and management rules for surges. Anything else fires where the price
    goes the way that all its conditions wait for; where they don't agree on one, or say nothing
    of the price's way, nothing is expected.
    """
    for_role = {Role.RISK: "crash", Role.MANAGEMENT: "surge"}.get(role)
    if for_role is not None:
        expected = dict.fromkeys(SCENARIOS, Expectation.QUIET)
        return expected | {for_role: Expectation.FIRES}
    expected = dict.fromkeys(SCENARIOS, Expectation.EITHER)
    ways = set() if trigger is None else _ways(trigger)
    if len(ways) != 1 or 0 in ways:
        return expected
    first, second, opposite = _OF_A_FALL if -1 in ways else _OF_A_RISE
    fires = {first: Expectation.FIRES, second: Expectation.FIRES}
    return expected | fires | {opposite: Expectation.QUIET}


def _ways(trigger: Expression) -> set[int]:
    """Return which ways of the price the conditions wait for: 1 up, -1 down, 0 can't be told."""
    if any(isinstance(one, Group) and one.kind is GroupKind.NOT for one in walk(trigger)):
        return {0}
    return {_way(leaf) for leaf in comparisons(trigger)}


def _way(leaf: Comparison) -> int:
    middle = _MIDDLES.get(leaf.left.variable)
    if middle is None or not isinstance(leaf.right, Constant) or leaf.left.multiplier != 1:
        return 0
    if leaf.comparator in _BELOW and leaf.right.value < middle:
        return -1
    return 1 if leaf.comparator in _ABOVE and leaf.right.value > middle else 0
