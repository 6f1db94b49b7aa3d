"""The market screen's RSI column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.market_rsi import CANDLES, PERIOD, MarketRsi
from upbit_auto_trading.domain.timeframe import parse_timeframe
from upbit_auto_trading.presentation import formatting, wording
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.market_row import MarketCell
from upbit_auto_trading.presentation.viewmodels.market_addition import MarketAddition

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PyQt6.QtCore import QObject

    from upbit_auto_trading.application.services import Services

TIMEFRAMES: Final = ("1m", "15m", "1h", "1d")
_WAITING: Final = "…"
_LOW: Final = 30.0
_HIGH: Final = 70.0


class RsiColumn(MarketAddition):
    """RSI(14) of closed candles: of the rows in sight, or of all where they are sorted by it."""

    def __init__(self, wall_clock: Callable[[], float], parent: QObject | None = None) -> None:
        super().__init__("rsi", 108, parent)
        self._wall_clock = wall_clock
        self._rsi: MarketRsi | None = None
        self._wanted: frozenset[str] = frozenset()
        self._known = 0
        self.timeframe = "15m"

    @property
    def heading(self) -> str:
        length = formatting.timeframe_name(parse_timeframe(self.timeframe))
        return f"RSI({PERIOD}) {length}"

    @property
    def explanation(self) -> str:
        text = _(
            "Of the newest {n} candles at most, the running one left out. Asked for row by row, "
            "so that charts keep their share of the exchange's limits."
        ).format(n=CANDLES)
        known, wanted = self.progress
        if wanted and known < wanted:
            text += "\n" + _("{known} of {wanted} known").format(known=known, wanted=wanted)
        return text

    @property
    def progress(self) -> tuple[int, int]:
        """How many of the wanted rows are known, and how many are wanted."""
        return self._rsi.progress if self._rsi else (0, 0)

    def use_timeframe(self, code: str) -> None:
        """Judge candles of another length, one of `TIMEFRAMES`."""
        self.timeframe = code
        if self._rsi is not None:
            self._rsi.use_timeframe(code)
        self.heading_changed.emit()

    def cell(self, market: str) -> MarketCell:
        rsi = self._rsi
        figure = rsi.figure(market) if rsi else None
        failure = rsi.failure(market) if rsi else None
        if figure is None:
            if failure is not None:
                return MarketCell(formatting.NOTHING, "text-3", None, wording.failure(failure))
            if market not in self._wanted:
                return MarketCell(formatting.NOTHING, "text-3", None, _("not asked for yet"))
            return MarketCell(_WAITING, "text-3", None, _("being loaded"))
        when = ""
        if figure.candle_start_ms is not None:
            timeframe = parse_timeframe(self.timeframe)
            when = _("Closed candle of {time}").format(
                time=formatting.full_candle_time(figure.candle_start_ms, timeframe)
            )
        if figure.value is None:
            why = wording.unknown(figure.reason) if figure.reason else ""
            lines = [line for line in (why, when) if line]
            return MarketCell(formatting.NOTHING, "text-3", None, "\n".join(lines))
        if not figure.is_current:
            when += "\n" + _("A newer candle has closed; it is being asked for.")
        is_edge = figure.value <= _LOW or figure.value >= _HIGH
        return MarketCell(
            f"{figure.value:.1f}",
            "rsi" if is_edge else "text-1",
            figure.value,
            when,
            is_stale=not figure.is_current,
        )

    def attach(self, services: Services) -> None:
        self._rsi = MarketRsi(services.feed, self._tell, self._wall_clock, self.timeframe)

    async def detach(self) -> None:
        rsi, self._rsi = self._rsi, None
        self._wanted = frozenset()
        if rsi is not None:
            await rsi.close()

    def want(self, markets: Sequence[str]) -> None:
        before, self._wanted = self._wanted, frozenset(markets)
        if self._rsi is not None:
            self._rsi.want(markets)
        if before != self._wanted:
            self.changed.emit(before | self._wanted)

    def refresh(self) -> None:
        if self._rsi is None:
            return
        before, self._known = self._known, self._rsi.progress[0]
        if self._known < before:  # candles have closed: what is shown isn't of the newest any more
            self.changed.emit(self._wanted)
        self._rsi.refresh()

    def _tell(self, market: str) -> None:
        self.changed.emit(frozenset({market}))
