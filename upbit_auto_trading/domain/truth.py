"""Three-valued truth: a condition without data is neither true nor false."""

from dataclasses import dataclass
from enum import StrEnum


class Truth(StrEnum):
    """What an expression is at one moment. Unknown never fires and is never taken for false."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


class UnknownReason(StrEnum):
    """Why a value can't be known."""

    LOADING = "loading"
    DISCONNECTED = "disconnected"
    WARMING_UP = "warming_up"
    NO_CANDLE = "no_candle"
    GAP = "gap"
    STALE = "stale"
    TRANSITION_CACHE = "transition_cache"
    FLAT_MARKET = "flat_market"
    ZERO_DIVISION = "zero_division"
    NO_POSITION = "no_position"
    NOT_ARMED = "not_armed"
    NO_EVENT = "no_event"
    NO_ORDERBOOK = "no_orderbook"
    NO_ACCOUNT = "no_account"
    NO_TRADE = "no_trade"
    NOT_SUPPLIED = "not_supplied"
    UNIT_MISMATCH = "unit_mismatch"
    NO_HISTORY = "no_history"
    EMPTY_GROUP = "empty_group"


Fact = tuple[str, float | str]


@dataclass(frozen=True, slots=True)
class Unknown:
    """Why a value is unknown: a code and the facts that go with it.

    Facts by code: WARMING_UP `have`, `need` (candles); STALE `age_s`; GAP `from_ms`, `to_ms`.
    Facts may be missing where the supplier doesn't know them.
    """

    reason: UnknownReason
    facts: tuple[Fact, ...] = ()
