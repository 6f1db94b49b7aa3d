"""From trade prints and word of the feed's health to ticks rules can trust. Sans-I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upbit_auto_trading.domain.recording import TickTaken
from upbit_auto_trading.domain.stream import Delivery, Source
from upbit_auto_trading.domain.subscription import ConnectionState, StreamState
from upbit_auto_trading.domain.tick import Quality, Tick

if TYPE_CHECKING:
    from collections.abc import Iterable

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

    Until `begin` it only collects. Every word of missing or stale data is given out once.
    """

    def __init__(self) -> None:
        self._waiting: list[Trade] = []
        self._begun = False
        self._last = (0, 0)
        self.quality = Quality.LIVE

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
        before, self.quality = self.quality, quality
        if quality is not Quality.LIVE:
            return [] if before is quality else [self._word(quality)]
        return self._release()

    def _release(self) -> list[TickTaken]:
        waiting, self._waiting = self._waiting, []
        ordered = sorted(waiting, key=lambda trade: (trade.trade_ms, trade.sequential_id))
        return [
            self._print(trade, Quality.BACKFILLED)
            for trade in ordered
            if (trade.trade_ms, trade.sequential_id) > self._last
        ]

    def _print(self, trade: Trade, quality: Quality) -> TickTaken:
        self._last = max(self._last, (trade.trade_ms, trade.sequential_id))
        tick = Tick(trade.trade_ms, trade.price, trade.volume, quality)
        return TickTaken(tick, trade.sequential_id)

    def _word(self, quality: Quality) -> TickTaken:
        return TickTaken(Tick(self._last[0], 0.0, 0.0, quality))
