"""The tick: one trade print as rules see it, with a word on how far it can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Quality(StrEnum):
    """What a tick may do.

    LIVE drives everything, and so does REST: a print asked for while the socket was down, and
    known soon enough. BACKFILLED completes candles and indicators and fires nothing. MISSING,
    STALE, TRANSITION_CACHE and UNKEPT (nothing can be written to disk) make every rule unknown
    and change no memory; their price is not a print and goes nowhere.
    """

    LIVE = "live"
    REST = "rest"
    BACKFILLED = "backfilled"
    MISSING = "missing"
    STALE = "stale"
    TRANSITION_CACHE = "transition_cache"
    UNKEPT = "unkept"

    @property
    def is_print(self) -> bool:
        """Whether the tick is a trade print that happened as it says."""
        return self in _PRINTS


_PRINTS = frozenset({Quality.LIVE, Quality.REST, Quality.BACKFILLED})


@dataclass(frozen=True, slots=True)
class Tick:
    """A print at exchange time `ms`. `volume` is in the base currency.

    For a quality that is no print, `ms` is the exchange time from which data is missing.
    """

    ms: int
    price: float
    volume: float = 0.0
    quality: Quality = Quality.LIVE
