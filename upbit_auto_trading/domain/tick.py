"""The tick: one trade print as rules see it, with a word on how far it can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Quality(StrEnum):
    """What a tick may do.

    LIVE drives everything. BACKFILLED completes candles and indicators and fires nothing.
    MISSING, STALE and TRANSITION_CACHE make every rule unknown and change no memory; their
    price is not a print and goes nowhere.
    """

    LIVE = "live"
    BACKFILLED = "backfilled"
    MISSING = "missing"
    STALE = "stale"
    TRANSITION_CACHE = "transition_cache"

    @property
    def is_print(self) -> bool:
        """Whether the tick is a trade print that happened as it says."""
        return self in (Quality.LIVE, Quality.BACKFILLED)


@dataclass(frozen=True, slots=True)
class Tick:
    """A print at exchange time `ms`. `volume` is in the base currency.

    For a quality that is no print, `ms` is the exchange time from which data is missing.
    """

    ms: int
    price: float
    volume: float = 0.0
    quality: Quality = Quality.LIVE
