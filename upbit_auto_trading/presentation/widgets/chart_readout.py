"""The lines of figures in the chart's corners."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PyQt6.QtCore import QPoint, QRect

from upbit_auto_trading.domain.market import base_of
from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.chart_panes import PixelItem
from upbit_auto_trading.presentation.widgets.label_painter import LabelPainter

if TYPE_CHECKING:
    from PyQt6.QtGui import QPainter
    from PyQt6.QtWidgets import QGraphicsItem

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.chart_data import CandleSlice
    from upbit_auto_trading.presentation.widgets.chart_viewport import ChartLayout

_LEFT: Final = 10
_FIRST_LINE: Final = 17
_SECOND_LINE: Final = 35
_COMPACT_BELOW: Final = 620


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


class ReadoutItems:
    """A readout, written into the corners of the panes."""

    def __init__(self, parent: QGraphicsItem, theme: Theme, z: float) -> None:
        self._prices, self._legend, self._volume, self._rsi = (
            _Line(parent, theme, z) for _place in range(4)
        )
        self._legend.has_strokes = True

    def show_readout(self, layout: ChartLayout, readout: Readout) -> None:
        """Write a readout's figures."""
        compact = layout.plot_width < _COMPACT_BELOW
        self._prices.write(QPoint(_LEFT, _FIRST_LINE), _prices(readout, compact=compact))
        self._legend.write(QPoint(_LEFT, _SECOND_LINE), _legend(readout))
        self._volume.write(QPoint(_LEFT, layout.volume.top() + 15), _volume(readout))
        self._rsi.write(QPoint(_LEFT, layout.rsi.top() + 15), _rsi(readout))

    def set_visible(self, *, is_visible: bool) -> None:
        for line in (self._prices, self._legend, self._volume, self._rsi):
            line.setVisible(is_visible)


class _Line(PixelItem):
    """A line of pieces of text, drawn again only when they change.

    `has_strokes` puts the stroke of the average before the first piece and that of slots
    without trades before the last one.
    """

    def __init__(self, parent: QGraphicsItem, theme: Theme, z: float) -> None:
        super().__init__(parent, z)
        self._labels = LabelPainter(theme)
        self._average = theme.pen("average-20", 2)
        self._idle = theme.pen("text-3", 1, (1, 2))
        self._at = QPoint()
        self._pieces: tuple[Piece, ...] = ()
        self.has_strokes = False

    def write(self, at: QPoint, pieces: tuple[Piece, ...]) -> None:
        """Write on a base line from `at`."""
        if (at, pieces) == (self._at, self._pieces):
            return
        self._at, self._pieces = at, pieces
        width = 40 if self.has_strokes else 0
        width += sum(self._advance(piece) for piece in pieces)
        self.place(QRect(at.x(), at.y() - 13, width + 4, 18))
        self.update()

    def paint(self, painter: Any, option: Any, widget: Any = None) -> None:
        del option, widget
        x, row = self._at.x(), self._at.y() - 4
        for place, piece in enumerate(self._pieces):
            if self.has_strokes and place in (0, len(self._pieces) - 1):
                x = self._stroke(painter, x, row, is_average=place == 0)
            text, ink, name = piece
            self._labels.draw(painter, QRect(x, self._at.y() - 13, 0, 18), text, name, ink)
            x += self._advance(piece)

    def _stroke(self, painter: QPainter, x: int, row: int, *, is_average: bool) -> int:
        if is_average:
            painter.setPen(self._average)
            painter.drawLine(x, row, x + 12, row)
            return x + 17
        painter.setPen(self._idle)
        painter.drawLine(x + 4, row, x + 18, row)
        return x + 23

    def _advance(self, piece: Piece) -> int:
        text, ink, name = piece
        return self._labels.width(text, name) + (4 if ink == "text-2" else 9)


def _prices(readout: Readout, *, compact: bool) -> tuple[Piece, ...]:
    pieces: list[Piece] = [(readout.time, "text-1", "value")]
    candle = readout.candle
    if candle is None:
        pieces.append((_("no trades"), "text-3", "control"))
        if readout.last_close is not None:
            text = formatting.price(readout.market, readout.last_close)
            pieces += [(_("Close"), "text-2", "control"), (text, "text-2", "control")]
        return tuple(pieces)
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
        text = f"{formatting.arrow(closed - opened)} {formatting.percent(change)}"
        pieces.append((text, ink, "control"))
    return tuple(pieces)


def _legend(readout: Readout) -> tuple[Piece, ...]:
    average = _known(readout.candle.average if readout.candle else None)
    text = formatting.NOTHING
    if average is not None:
        decimals = formatting.decimals_of(readout.market, average)
        text = formatting.price(readout.market, round(average, decimals))
    return (
        ("MA 20", "text-2", "control"),
        (text, "average-20", "control"),
        (_("no trades"), "text-3", "control"),
    )


def _volume(readout: Readout) -> tuple[Piece, ...]:
    volume = _known(readout.candle.volume if readout.candle else None)
    text = formatting.NOTHING if volume is None else formatting.quantity(volume)
    return (
        (_("Volume"), "text-2", "small"),
        (text, "text-1", "small-strong"),
        (base_of(readout.market), "text-2", "small"),
    )


def _rsi(readout: Readout) -> tuple[Piece, ...]:
    rsi = _known(readout.candle.rsi if readout.candle else None)
    text = formatting.NOTHING if rsi is None else f"{rsi:.1f}"
    return ("RSI 14", "text-2", "small"), (text, "rsi", "small-strong")


def _known(column: np.ndarray[tuple[int, ...], np.dtype[np.float64]] | None) -> float | None:
    if column is None or not np.isfinite(column[0]):
        return None
    return float(column[0])
