"""Finds trades that were lost although their stream flows. Sans-I/O.

Upbit's trade ids aren't contiguous, so a lost frame leaves no hole in them. But a ticker carries
the volume traded since midnight UTC: between two tickers it grows by exactly the trades in
between. Volumes are multiples of 1e-8; what a sum of floats adds to that is far less.
"""

from dataclasses import dataclass
from enum import Enum
from math import fsum, ulp
from typing import Final

from upbit_auto_trading.domain.stream import Delivery
from upbit_auto_trading.domain.ticker import Ticker
from upbit_auto_trading.domain.trade import Trade
from upbit_auto_trading.infrastructure.market_data_backbone.recent_trades import RecentTrades

_HALF_UNIT: Final = 5e-9
_DAY_MS: Final = 86_400_000
_SHUFFLED_MS: Final = 10_000
_UNEXPLAINED: Final = 3
_EXPLAINED: Final = 10


class Outcome(Enum):
    """What a look found.

    Nothing to say yet; sums that agree; trades missing; neither, so that comparisons begin anew;
    a new beginning, before which nobody compared for a while.
    """

    WAIT = "wait"
    AGREES = "agrees"
    MISSING = "missing"
    UNEXPLAINED = "unexplained"
    BEGINS_ANEW = "begins_anew"


@dataclass(frozen=True, slots=True)
class _Known:
    """A state whose sum is known: the volume of the day with the trades `included` at its ms."""

    trade_ms: int
    volume: float
    included: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Sample:
    """A ticker's state, to be compared once trades of the same time have had time to arrive."""

    trade_ms: int
    volume: float
    due: float


class VolumeCheck:
    """Compares one market's tickers with its trades; look again and again.

    After `MISSING` everything since `since_ms` is to be asked for; the same sample is compared
    once more with what came. After `BEGINS_ANEW` the same is to be asked for, to be sure. Three
    samples that even this doesn't explain, without ten that agree between them, end the checks:
    the figures of that market don't add up, and asking again would not help.
    """

    def __init__(self, grace_s: float) -> None:
        self._grace = grace_s
        self._known: _Known | None = None
        self._agreed_ms = 0
        self._sample: _Sample | None = None
        self._is_asked = False
        self._unexplained = 0
        self._agreed_since = 0
        self.recovered = 0
        """Trades that came late, by being asked for."""

    @property
    def since_ms(self) -> int:
        """From when on trades may be missing: one comparison more than the newest that agreed.

        Equal volumes within one millisecond can make a comparison agree that shouldn't.
        """
        return self._agreed_ms

    @property
    def is_over(self) -> bool:
        """Whether this market's figures don't add up."""
        return self._unexplained >= _UNEXPLAINED

    def look(self, ticker: Ticker, trades: RecentTrades, now: float) -> Outcome:
        """Compare what is due and take the next sample; `trades` in order of arrival."""
        if self.is_over:
            return Outcome.WAIT
        sample, known = self._sample, self._known
        if sample is None:
            if (
                known is None
                or ticker.trade_ms > known.trade_ms
                or ticker.volume_day != known.volume
            ):
                self._sample = _Sample(ticker.trade_ms, ticker.volume_day, now + self._grace)
            return Outcome.WAIT
        if now < sample.due:
            return Outcome.WAIT
        outcome = self._compare(sample, trades)
        if outcome is not Outcome.MISSING:
            self._sample = None
            self._is_asked = False
        return outcome

    def _compare(self, sample: _Sample, trades: RecentTrades) -> Outcome:
        known = self._known
        if known is None or not self._continues(known, sample, trades):
            return self._begin(sample, trades)
        new = _since(known, trades)
        grown = sample.volume - known.volume
        agreed = _match(sample, new, grown)
        if agreed is not None:
            if self._is_asked:
                self.recovered += sum(t.origin.delivery is Delivery.BACKFILL for t in new)
            if sample.trade_ms == known.trade_ms:
                agreed |= known.included
            self._agreed_ms = known.trade_ms
            self._known = _Known(sample.trade_ms, sample.volume, agreed)
            self._agreed_since += 1
            if self._agreed_since >= _EXPLAINED:
                self._unexplained = 0
            return Outcome.AGREES
        had = fsum(trade.volume for trade in new if trade.trade_ms <= sample.trade_ms)
        if grown - had > _tolerance(sample) and not self._is_asked:
            self._is_asked = True
            return Outcome.MISSING
        self._unexplained += 1
        self._agreed_since = 0
        self._known = None
        return Outcome.UNEXPLAINED

    def _begin(self, sample: _Sample, trades: RecentTrades) -> Outcome:
        """Begin at a sample whose moment has one trade, so that it is known what it includes."""
        self._known = _alone(sample, trades)
        if self._known is None:
            return Outcome.WAIT
        was_compared = self._agreed_ms > 0 and trades.oldest_ms <= self._agreed_ms
        if not was_compared:
            self._agreed_ms = sample.trade_ms
        return Outcome.BEGINS_ANEW if was_compared else Outcome.WAIT

    @staticmethod
    def _continues(known: _Known, sample: _Sample, trades: RecentTrades) -> bool:
        """Whether the sample belongs to the same day and every trade since is remembered."""
        if sample.trade_ms // _DAY_MS != known.trade_ms // _DAY_MS:
            return False
        return not (trades.is_full and trades.oldest_ms > known.trade_ms)


def _tolerance(sample: _Sample) -> float:
    return _HALF_UNIT + 4 * ulp(sample.volume)


def _alone(sample: _Sample, trades: RecentTrades) -> _Known | None:
    """Return the sample as known, if its moment has one trade; else what it includes isn't."""
    ids = trades.ids_at(sample.trade_ms)
    return _Known(sample.trade_ms, sample.volume, frozenset(ids)) if len(ids) == 1 else None


def _since(known: _Known, trades: RecentTrades) -> list[Trade]:
    """Return the trades that `known` doesn't include, in the order of their time."""
    new = []
    for trade in reversed(trades):
        if trade.trade_ms < known.trade_ms - _SHUFFLED_MS:
            if trade.origin.delivery is Delivery.BACKFILL:
                continue  # told out of turn: what came before it may be newer
            break
        if trade.trade_ms > known.trade_ms or (
            trade.trade_ms == known.trade_ms and trade.sequential_id not in known.included
        ):
            new.append(trade)
    return sorted(new, key=lambda trade: (trade.trade_ms, trade.sequential_id))


def _match(sample: _Sample, new: list[Trade], grown: float) -> frozenset[int] | None:
    """Return which trades of the sample's own millisecond it includes; None when sums differ.

    A ticker stands between two trades of one millisecond when it was sent between them.
    """
    tolerance = _tolerance(sample)
    total = fsum(trade.volume for trade in new if trade.trade_ms < sample.trade_ms)
    included: list[int] = []
    if abs(grown - total) <= tolerance:
        return frozenset()
    for trade in new:
        if trade.trade_ms == sample.trade_ms:
            total += trade.volume
            included.append(trade.sequential_id)
            if abs(grown - total) <= tolerance:
                return frozenset(included)
    return None
