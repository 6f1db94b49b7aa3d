"""From trade prints and word of the feed's health to ticks rules can trust. Sans-I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upbit_auto_trading.domain.recording import TickTaken
from upbit_auto_trading.domain.stream import Delivery, Source
from upbit_auto_trading.domain.subscription import ConnectionState, StreamState
from upbit_auto_trading.domain.tick import Quality, Tick

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from upbit_auto_trading.domain.subscription import StreamHealth
    from upbit_auto_trading.domain.trade import Trade

_NO_DATA = frozenset({StreamState.HELD, StreamState.SENT, StreamState.DOWN})


def quality_of(connection: ConnectionState, health: StreamHealth) -> Quality:
    """Return what a print that arrives now is worth: LIVE, MISSING or STALE.

    MISSING: not connected, nothing received on this connection yet, or a gap that isn't closed.
    A quiet stream is as good as a busy one.
    """
    if connection is not ConnectionState.CONNECTED or health.state in _NO_DATA:
        return Quality.MISSING
    if health.state is StreamState.STALLED:
        return Quality.STALE
    return Quality.LIVE if health.complete else Quality.MISSING


class TickIntake:
    """Holds prints back while the feed can't be trusted; then gives them out as backfilled.

    Until `begin` it only collects. Every word of missing or stale data is given out once. While
    `is_carried`, REST brings the prints (`carry`) and nothing is held back.
    """

    def __init__(self) -> None:
        self._waiting: list[Trade] = []
        self._begun = False
        self._last = (0, 0)
        self.quality = Quality.LIVE
        self.is_carried = False
        self._carried: set[int] = set()

    def begin(self, past: Iterable[Trade]) -> list[TickTaken]:
        """Start with `past` prints and those collected meanwhile, oldest first, each once."""
        self._begun = True
        self._waiting.extend(past)
        return self._release()

    def take(self, trade: Trade, quality: Quality) -> list[TickTaken]:
        """Return what a print that arrived at that quality brings."""
        if not self._begun:
            self._waiting.append(trade)
            return []
        if trade.origin.source is Source.TRANSITION_CACHE:
            return [self._word(Quality.TRANSITION_CACHE)]
        if quality is not Quality.LIVE:
            self._waiting.append(trade)
            return self.check(quality)
        ticks = self.check(quality)
        if trade.sequential_id in self._carried:
            return ticks
        if trade.origin.delivery is Delivery.REALTIME:
            ticks.append(self._print(trade, Quality.LIVE))
            return ticks
        if (trade.trade_ms, trade.sequential_id) > self._last:
            ticks.append(self._print(trade, Quality.BACKFILLED))
        return ticks

    def check(self, quality: Quality) -> list[TickTaken]:
        """Return what a change of the feed's health brings, with or without a print."""
        if not self._begun:
            return []
        if quality is not Quality.LIVE:
            if self.is_carried and quality is not Quality.UNKEPT:
                return []
            before, self.quality = self.quality, quality
            return [] if before is quality else [self._word(quality)]
        self.quality, self.is_carried = quality, False
        return self._release()

    def joins(self, page: Sequence[Trade], asked: int) -> bool:
        """Whether nothing can lie between what is known and a page of the newest prints."""
        if len(page) < asked:
            return True
        return (page[0].trade_ms, page[0].sequential_id) <= self._last

    def carry(self, page: Iterable[Trade], *, in_time: bool) -> list[TickTaken]:
        """Return what a page over REST brings that joins what is known, oldest first.

        Its prints fire rules if they were known `in_time`; else they only complete what was
        missed, and what follows may fire.
        """
        self._waiting.extend(page)
        was_carried, self.is_carried = self.is_carried, True
        self.quality = Quality.REST
        ticks = self._release(Quality.REST if in_time and was_carried else Quality.BACKFILLED)
        if not was_carried:
            self._carried.clear()
        # The socket's next frames may bring the newest of them once more.
        self._carried.update(taken.print_id for taken in ticks)
        return ticks

    def end_carrying(self) -> None:
        """Note that REST can't tell any more; `check` then says what the feed is worth."""
        self.is_carried = False

    def _release(self, quality: Quality = Quality.BACKFILLED) -> list[TickTaken]:
        waiting, self._waiting = self._waiting, []
        ordered = sorted(waiting, key=lambda trade: (trade.trade_ms, trade.sequential_id))
        return [
            self._print(trade, quality)
            for trade in ordered
            if (trade.trade_ms, trade.sequential_id) > self._last
        ]

    def _print(self, trade: Trade, quality: Quality) -> TickTaken:
        self._last = max(self._last, (trade.trade_ms, trade.sequential_id))
        tick = Tick(trade.trade_ms, trade.price, trade.volume, quality)
        return TickTaken(tick, trade.sequential_id)

    def _word(self, quality: Quality) -> TickTaken:
        return TickTaken(Tick(self._last[0], 0.0, 0.0, quality))
