"""The lines of figures in the chart's corners."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from PyQt6.QtCore import QPoint, QRect

from upbit_auto_trading.domain.market import base_of
from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.label_painter import LabelPainter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PyQt6.QtGui import QPainter

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.chart_data import CandleSlice
    from upbit_auto_trading.presentation.widgets.chart_viewport import ChartLayout

_LEFT: Final = 10
_FIRST_LINE: Final = 17
_SECOND_LINE: Final = 35


@dataclass(frozen=True, slots=True)
class Readout:
    """What the corners tell: a slot's time, its candle if it has one, and whether one is read.

    `candle` is None for a slot without trades; `last_close` is then the price that stood.
    """

    market: str
    time: str
    candle: CandleSlice | None
    last_close: float | None
    is_stale: bool = False


Piece = tuple[str, str, str]
"""A text, its colour ink and its font."""


class ReadoutPainter:
    """Writes a readout into the corners of the panes."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._labels = LabelPainter(theme)

    def areas(self, layout: ChartLayout) -> tuple[QRect, ...]:
        """Where it writes."""
        width = min(layout.plot_width, 640)
        return (
            QRect(0, 2, width, 40),
            QRect(0, layout.volume.top() + 1, 220, 18),
            QRect(0, layout.rsi.top() + 1, 120, 18),
        )

    def paint(self, painter: QPainter, layout: ChartLayout, readout: Readout) -> None:
        compact = layout.plot_width < 620
        self._write(painter, QPoint(_LEFT, _FIRST_LINE), self._prices(readout, compact=compact))
        self._write_legend(painter, readout)
        volume = _known(readout.candle.volume if readout.candle else None)
        self._write(
            painter,
            QPoint(_LEFT, layout.volume.top() + 15),
            (
                (_("Volume"), "text-2", "small"),
                (formatting.NOTHING if volume is None else formatting.quantity(volume),
                 "text-1", "small-strong"),
                (base_of(readout.market), "text-2", "small"),
            ),
        )  # fmt: skip
        rsi = _known(readout.candle.rsi if readout.candle else None)
        text = formatting.NOTHING if rsi is None else f"{rsi:.1f}"
        self._write(
            painter,
            QPoint(_LEFT, layout.rsi.top() + 15),
            (("RSI 14", "text-2", "small"), (text, "rsi", "small-strong")),
        )

    def _prices(self, readout: Readout, *, compact: bool) -> list[Piece]:
        pieces: list[Piece] = [(readout.time, "text-1", "value")]
        candle = readout.candle
        if candle is None:
            pieces.append((_("no trades"), "text-3", "control"))
            if readout.last_close is not None:
                text = formatting.price(readout.market, readout.last_close)
                pieces += [(_("Close"), "text-2", "control"), (text, "text-2", "control")]
            return pieces
        opened, closed = float(candle.open[0]), float(candle.close[0])
        ink = "text-3" if readout.is_stale else formatting.direction(closed - opened)
        for label, value in (
            (_("O"), opened),
            (_("H"), float(candle.high[0])),
            (_("L"), float(candle.low[0])),
            (_("C"), closed),
        ):
            pieces.append((label, "text-2", "control"))
            pieces.append((formatting.price(readout.market, value), ink, "control"))
        if not compact:
            change = closed / opened - 1 if opened else 0.0
            pieces.append(
                (
                    f"{formatting.arrow(closed - opened)} {formatting.percent(change)}",
                    ink,
                    "control",
                )
            )
        return pieces

    def _write_legend(self, painter: QPainter, readout: Readout) -> None:
        average = _known(readout.candle.average if readout.candle else None)
        painter.setPen(self._theme.pen("average-20", 2))
        row = _SECOND_LINE - 4
        painter.drawLine(_LEFT, row, _LEFT + 12, row)
        text = (
            formatting.NOTHING
            if average is None
            else formatting.price(
                readout.market, round(average, formatting.decimals_of(readout.market, average))
            )
        )
        end = self._write(
            painter,
            QPoint(_LEFT + 17, _SECOND_LINE),
            (("MA 20", "text-2", "control"), (text, "average-20", "control")),
        )
        painter.setPen(self._theme.pen("text-3", 1, (1, 2)))
        painter.drawLine(end + 6, row, end + 20, row)
        self._write(
            painter, QPoint(end + 25, _SECOND_LINE), ((_("no trades"), "text-3", "control"),)
        )

    def _write(self, painter: QPainter, at: QPoint, pieces: Iterable[Piece]) -> int:
        x = at.x()
        for text, ink, name in pieces:
            line = QRect(x, at.y() - 13, 0, 18)
            self._labels.draw(painter, line, text, name, ink)
            x += self._labels.width(text, name) + (4 if ink == "text-2" else 9)
        return x


def _known(column: np.ndarray[tuple[int, ...], np.dtype[np.float64]] | None) -> float | None:
    if column is None or not np.isfinite(column[0]):
        return None
    return float(column[0])
