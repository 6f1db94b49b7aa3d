"""Holds the trades of every market against its tickers, where both are held, and asks at seams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from upbit_auto_trading.domain.ticker import Ticker
from upbit_auto_trading.infrastructure.market_data_backbone.store import TradeStream
from upbit_auto_trading.infrastructure.market_data_backbone.volume_check import (
    Outcome,
    VolumeCheck,
)

if TYPE_CHECKING:
    from upbit_auto_trading.infrastructure.market_data_backbone.live_feed import LiveFeed
    from upbit_auto_trading.infrastructure.market_data_backbone.policy import Policy


@dataclass(slots=True)
class VolumeFigures:
    """Comparisons made, those that showed a loss, those nothing explained, trades recovered."""

    agreed: int = 0
    missing: int = 0
    unexplained: int = 0
    recovered: int = 0


class VolumeAudit:
    """Looks at what arrived, costs the frames nothing, and lets losses be repaired."""

    def __init__(self, feed: LiveFeed, policy: Policy) -> None:
        self._feed = feed
        self._clock = policy.clock
        self._grace = policy.timings.volume_grace
        self._checks: dict[str, tuple[TradeStream, VolumeCheck]] = {}
        self.figures = VolumeFigures()

    def look(self, now: float) -> None:
        """Compare what is due; call it a few times a second."""
        store = self._feed.store
        tickers, trades = store.channel("ticker"), store.channel("trade")
        for market in self._checks.keys() - trades.keys():
            del self._checks[market]
        for market, live in trades.items():
            if not isinstance(live, TradeStream):
                continue
            if live.seam_ms is not None:
                self._look_at_seam(live, live.seam_ms)
            ticker = tickers.get(market)
            if ticker is None:
                continue
            if isinstance(ticker.value, Ticker) and self._can_be_judged(live):
                self._look_at(market, live, ticker.value, now)

    def _can_be_judged(self, live: TradeStream) -> bool:
        """Not while something is known to be missing anyway."""
        feed = self._feed
        return (
            live.complete
            and feed.manager.is_live(live.stream)
            and not feed.states.needs_rest(live.stream)
        )

    def _look_at_seam(self, live: TradeStream, seam_ms: int) -> None:
        """Ask for what may lie between two subscriptions, unless that is done since it is known."""
        if not self._feed.manager.is_live(live.stream):
            return
        live.seam_ms = None
        if not self._feed.repair.reaches(live.stream, seam_ms, live.seam_at):
            self._ask_since(live, seam_ms)

    def _look_at(self, market: str, live: TradeStream, ticker: Ticker, now: float) -> None:
        known = self._checks.get(market)
        if known is None or known[0] is not live:
            known = self._checks[market] = live, VolumeCheck(self._grace)
        check = known[1]
        before = check.recovered
        outcome = check.look(ticker, live.recent, now)
        self.figures.recovered += check.recovered - before
        if outcome is Outcome.AGREES:
            self.figures.agreed += 1
        elif outcome is Outcome.UNEXPLAINED:
            self.figures.unexplained += 1
            self._happened("volume_unexplained", live, is_over=check.is_over)
        elif outcome is Outcome.MISSING:
            self.figures.missing += 1
            self._happened("trades_missing", live, since_ms=check.since_ms)
            self._ask_since(live, check.since_ms)
        elif outcome is Outcome.BEGINS_ANEW:
            self._ask_since(live, check.since_ms)

    def _ask_since(self, live: TradeStream, since_ms: int) -> None:
        self._feed.repair.gaps.missing_since(live, since_ms)
        urgent = self._feed.manager.priority_of(live.stream) <= 1
        self._feed.repair.begin(live.stream, urgent=urgent)

    def _happened(self, what: str, live: TradeStream, **facts: object) -> None:
        wall = self._clock.wall()
        self._feed.monitor.happened(wall, what, stream=str(live.stream), **facts)
