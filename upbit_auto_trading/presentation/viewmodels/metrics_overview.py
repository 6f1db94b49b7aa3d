"""What the metrics screen shows of the service: a range, a filter, and the figures for them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QObject

from upbit_auto_trading.application.metrics_grades import Grade, grade_age
from upbit_auto_trading.application.metrics_history import DAY, MINUTE, TEN_MINUTES
from upbit_auto_trading.application.metrics_reading import Trouble
from upbit_auto_trading.domain.subscription import StreamState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from upbit_auto_trading.application.metrics_history import Band
    from upbit_auto_trading.application.metrics_reading import Readings
    from upbit_auto_trading.application.subscription_metrics import SubscriptionMetricsService
    from upbit_auto_trading.domain.feed_sample import StreamRow
    from upbit_auto_trading.domain.stream import Stream

_URGENT: Final = ("chart", "trigger")
_ORDER: Final = {"chart": 0, "trigger": 1, "caller": 2, "prediction": 4}


_TOLD_BY: Final = {
    Trouble.LOST: "down",
    Trouble.STALLED: "stalled",
    Trouble.STREAM_STALLED: "stalled",
    Trouble.DIFFERS: "differs",
    Trouble.FILLING: "gaps_open",
    Trouble.BANNED: "banned",
}
"""The figure of the history that isn't 0 while a trouble lasts."""


class Span(StrEnum):
    """How far back the charts reach."""

    MINUTE = "minute"
    TEN_MINUTES = "ten_minutes"
    DAY = "day"


LENGTHS: Final = {Span.MINUTE: MINUTE, Span.TEN_MINUTES: TEN_MINUTES, Span.DAY: DAY}


class Shown(StrEnum):
    """Which streams the table lists."""

    ALL = "all"
    TROUBLED = "troubled"
    RELIED_ON = "relied_on"
    PREDICTED = "predicted"


@dataclass(frozen=True, slots=True)
class StreamView:
    """One stream as it is listed: its row, how its age is judged, its rate, its last change."""

    row: StreamRow
    grade: Grade
    per_s: float | None
    swap_ms: float | None


class MetricsOverview(QObject):
    """Reads the service when it is asked; keeps what the user chose."""

    def __init__(
        self,
        service: SubscriptionMetricsService,
        name_of: Callable[[str], str],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.service = service
        self._name_of = name_of
        self._since: dict[Trouble, float] = {}
        self.span = Span.MINUTE
        self.shown = Shown.ALL
        self.query = ""
        self.readings: Readings | None = None
        self.streams: Sequence[StreamView] = ()
        self._read: tuple[Sequence[StreamRow], Mapping[Stream, float]] = ((), {})

    @property
    def band(self) -> Band:
        """The bins of the range chosen."""
        return self.service.history.bands[LENGTHS[self.span]]

    @property
    def span_s(self) -> float:
        """The length of the range chosen."""
        step, count = LENGTHS[self.span]
        return step * count

    @property
    def now(self) -> float:
        """The moment of the newest reading, wall-clock seconds."""
        return self.readings.sample.at if self.readings is not None else 0.0

    def judge(self) -> None:
        """Judge everything now, and note since when what is wrong has been."""
        self.readings = self.service.readings()
        if self.readings is not None:
            troubles = {trouble for trouble, _metric, _grade in self.readings.troubles}
            at = self.readings.sample.at
            self._since = {
                trouble: self._since.get(trouble) or self._began(trouble, at)
                for trouble in troubles
            }

    def _began(self, trouble: Trouble, at: float) -> float:
        """Since when a trouble noticed now has been there: it may be older than this look at it."""
        name = _TOLD_BY.get(trouble)
        if name is None:
            return at
        for length in (MINUTE, TEN_MINUTES):
            values = self.service.history.bands[length].series(name, at)
            while values and values[-1] is None:
                values.pop()  # this moment's bin may be empty yet
            lasting = 0
            while lasting < len(values) and values[-1 - lasting]:
                lasting += 1
            if lasting < len(values):
                break
        return at - max(0, lasting - 1) * length[0]

    def since(self, trouble: Trouble) -> float:
        """When a trouble began that is there now, wall-clock seconds."""
        return self._since.get(trouble, self.now)

    def series(self, name: str) -> list[float | None]:
        """A figure over the range chosen, oldest first."""
        return self.band.series(name, self.now)

    def read_streams(self) -> None:
        """Read every held stream now; `view_streams` makes them the ones that are listed."""
        self._read = self.service.rows()

    def view_streams(self) -> None:
        """Judge the streams read last and order them, those somebody relies on first."""
        rows, rates = self._read
        swaps = self.service.swap_ms
        views = [
            StreamView(row, graded(row), rates.get(row.stream), swaps.get(row.stream))
            for row in rows
        ]
        views.sort(key=lambda view: (_rank(view.row), view.row.stream.market))
        self.streams = views

    def way_of(self, view: StreamView) -> tuple[str, str]:
        """Which way a value of a stream would come now, and why."""
        return self.service.way_of(view.row.stream)

    def listed(self) -> list[StreamView]:
        """The streams that the filter and the search let through."""
        return [view for view in self.streams if self._fits(view)]

    def _fits(self, view: StreamView) -> bool:
        row = view.row
        if self.shown is Shown.TROUBLED and view.grade <= Grade.GOOD and row.is_complete:
            return False
        if self.shown is Shown.RELIED_ON and not is_relied_on(row):
            return False
        if self.shown is Shown.PREDICTED and "prediction" not in row.holders:
            return False
        if not self.query:
            return True
        market = row.stream.market
        texts = (market, self._name_of(market), row.stream.channel, *row.holders)
        return any(self.query.casefold() in text.casefold() for text in texts)


def is_relied_on(row: StreamRow) -> bool:
    """Whether a chart or a trigger holds the stream."""
    return any(holder.startswith(_URGENT) for holder in row.holders)


def graded(row: StreamRow) -> Grade:
    """How a stream stands now."""
    age = row.age
    if age.state in (StreamState.STALLED, StreamState.DOWN):
        return Grade.BAD
    if age.state in (StreamState.HELD, StreamState.SENT):
        return Grade.NONE
    is_quiet = age.state is StreamState.QUIET
    return grade_age(age.age_s, age.usual_s, age.limit_s, is_quiet=is_quiet)


def freshest_columns(
    views: Sequence[StreamView], count: int
) -> tuple[list[str], list[str], Mapping[tuple[int, int], StreamView]]:
    """Channels, the `count` markets that matter most, and the streams by (channel, market).

    Markets somebody relies on come first, then those in trouble, then those held most.
    """
    by_market: dict[str, list[StreamView]] = {}
    for view in views:
        by_market.setdefault(view.row.stream.market, []).append(view)
    markets = sorted(
        by_market,
        key=lambda market: (
            not any(is_relied_on(view.row) for view in by_market[market]),
            -max(view.grade for view in by_market[market]) // Grade.BAD,
            -len(by_market[market]),
            -sum(view.row.received for view in by_market[market]),
        ),
    )[:count]
    usual = ("ticker", "trade", "orderbook")
    channels = [c for c in usual if any(v.row.stream.channel == c for v in views)]
    channels += sorted({v.row.stream.channel for v in views} - set(usual))
    places = {market: column for column, market in enumerate(markets)}
    cells = {
        (channels.index(view.row.stream.channel), places[market]): view
        for market in markets
        for view in by_market[market]
    }
    return channels, markets, cells


def _rank(row: StreamRow) -> tuple[int, int]:
    holder = row.holders[0].partition(":")[0] if row.holders else ""
    kinds = ("ticker", "trade", "orderbook")
    channel = row.stream.channel
    return _ORDER.get(holder, 3), kinds.index(channel) if channel in kinds else len(kinds)
