"""What is good, bearable and bad: the one table every metric is judged by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final


class Grade(IntEnum):
    """How a metric stands; NONE while nothing was measured. The worst is the highest."""

    NONE = 0
    GOOD = 1
    WARN = 2
    BAD = 3


class Metric(StrEnum):
    """Everything that is judged, in the order of the screen."""

    CONNECTION = "connection"
    SWAP = "swap"
    OWN_SHARE = "own_share"
    SUCCESS = "success"
    FRESHNESS = "freshness"
    EXCHANGE_DELAY = "exchange_delay"
    SCREEN_DELAY = "screen_delay"
    AGREEMENT = "agreement"
    WEBSOCKET_SHARE = "websocket_share"
    RECONNECTS = "reconnects"
    GAPS = "gaps"
    REST_BUDGET = "rest_budget"
    MESSAGE_BUDGET = "message_budget"
    PREDICTION = "prediction"
    LOOP_LAG = "loop_lag"
    MEMORY = "memory"


@dataclass(frozen=True, slots=True)
class Limits:
    """Up to `good` is good, beyond `bad` is bad, in between is a warning.

    Where `bad` is below `good`, more is better.
    """

    good: float
    warn: float
    bad: float

    def grade(self, value: float | None) -> Grade:
        """Judge a value; None was not measured."""
        if value is None:
            return Grade.NONE
        sign = -1.0 if self.bad < self.good else 1.0
        if sign * value <= sign * self.good:
            return Grade.GOOD
        return Grade.BAD if sign * value > sign * self.bad else Grade.WARN


OWN_SHARE_MS: Final = Limits(5.0, 50.0, 1000.0)
SUCCESS: Final = Limits(0.999, 0.99, 0.95)
EXCHANGE_P50_MS: Final = Limits(150.0, 1000.0, 2000.0)
EXCHANGE_P99_MS: Final = Limits(400.0, 1000.0, 2000.0)
SCREEN_P99_MS: Final = Limits(50.0, 100.0, 200.0)
RECONNECTS_PER_H: Final = Limits(1.0, 3.0, 9.0)
BUDGET: Final = Limits(0.6, 0.9, 0.999)
WEBSOCKET_SHARE: Final = Limits(0.95, 0.8, 0.8)
PREDICTION: Final = Limits(0.6, 0.3, 0.2)
LOOP_LAG_MS: Final = Limits(16.0, 50.0, 100.0)
GROWTH_PER_H: Final = Limits(0.03, 0.1, 0.3)
DIFFERENCE_S: Final = 2.0
"""How long what is sent may differ from what is wanted."""
SWAP_WORST_MS: Final = 1000.0
_USUALS_WARN: Final = 5.0 / 2.0
_NEVER_LATE_S: Final = 3.0
_ACTIVE_LIMIT_S: Final = 10.0


def swap_target_ms(rtt_ms: float | None) -> float:
    """What half of the changes should stay within: a round trip and 5 ms."""
    return (rtt_ms or 0.0) + 5.0


def swap_bearable_ms(rtt_ms: float | None) -> float:
    """What is still bearable: three round trips and 50 ms."""
    return 3.0 * (rtt_ms or 0.0) + 50.0


def grade_swap(p50_ms: float | None, p95_ms: float | None, rtt_ms: float | None) -> Grade:
    """Judge changes of subscription by their median, and by the second nobody may wait."""
    if p50_ms is None or p95_ms is None:
        return Grade.NONE
    if p95_ms > SWAP_WORST_MS:
        return Grade.BAD
    if p50_ms <= swap_target_ms(rtt_ms) and p95_ms <= swap_bearable_ms(rtt_ms):
        return Grade.GOOD
    return Grade.WARN


def grade_age(
    age_s: float | None, usual_s: float | None, limit_s: float | None, *, is_quiet: bool
) -> Grade:
    """Judge how long a stream has been silent.

    `usual_s` is what most of its gaps stay within, so twice the mean gap; below three seconds
    nothing counts as late. A stream whose rhythm isn't known (`limit_s` None) proves nothing by
    its age alone: REST is asked about it.
    """
    if age_s is None:
        return Grade.NONE
    if is_quiet or limit_s is None or usual_s is None:
        return Grade.GOOD
    if age_s > limit_s or age_s > max(_ACTIVE_LIMIT_S, limit_s):
        return Grade.BAD
    if age_s <= max(usual_s, _NEVER_LATE_S):
        return Grade.GOOD
    return Grade.WARN
