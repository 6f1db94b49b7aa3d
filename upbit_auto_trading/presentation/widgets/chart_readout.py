"""The lines of figures in the chart's corners, and which of them belongs to which indicator."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from PyQt6.QtCore import QPoint, QRect, Qt
from PyQt6.QtGui import QPainter, QPixmap

from upbit_auto_trading.domain.market import base_of
from upbit_auto_trading.domain.variable import Unit
from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.chart_panes import PixelItem
from upbit_auto_trading.presentation.widgets.chart_plan import (
    PRICE_PANE,
    VOLUME_PANE,
    value_text,
)
from upbit_auto_trading.presentation.widgets.label_painter import LabelPainter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QPen
    from PyQt6.QtWidgets import QGraphicsItem

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.chart_data import CandleSlice
    from upbit_auto_trading.presentation.widgets.chart_plan import ChartPlan
    from upbit_auto_trading.presentation.widgets.chart_viewport import ChartLayout

_LEFT: Final = 10
_FIRST_LINE: Final = 17
_LINE_HEIGHT: Final = 18
_MOST_LEGENDS: Final = 4
_COMPACT_BELOW: Final = 620
_FEWEST: Final = 3  # time, label and figure
_SMALL: Final = {"value": "small-strong", "control": "small"}


@dataclass(frozen=True, slots=True)
class Readout:
    """What the corners tell: a slot's time, its candle if it has one, and whether one is read.

    `candle` is None for a slot without trades; `last_close` is then the price that stood.
    Outside the time the chart knows, `is_known` is false.
    """

    market: str
    time: str
    plan: ChartPlan
    candle: CandleSlice | None
    last_close: float | None
    is_stale: bool = False
    is_known: bool = True


@dataclass(frozen=True, slots=True)
class Piece:
    """A text, its colour ink and its font; what it is a label of is told by `owner`.

    `stroke` is the colour of the stroke before it: a line's ink, or `idle` for the dotted one.
    """

    text: str
    ink: str
    font: str
    owner: str = ""
    stroke: str = ""

    @property
    def lead(self) -> int:
        """The pixels its stroke takes."""
        return 0 if not self.stroke else 23 if self.stroke == _IDLE else 17


_IDLE: Final = "idle"


class ReadoutItems:
    """A readout, written into the corners of the panes."""

    def __init__(self, parent: QGraphicsItem, theme: Theme, z: float) -> None:
        self._parent, self._theme, self._z = parent, theme, z
        self._prices = _Line(parent, theme, z)
        self._legends = [_Line(parent, theme, z) for _place in range(_MOST_LEGENDS)]
        self._panes: list[_Line] = []
        self._is_visible = True

    def show_readout(self, layout: ChartLayout, readout: Readout) -> None:
        """Write a readout's figures."""
        self._prices.write(QPoint(_LEFT, _FIRST_LINE), self._fitting(readout, layout))
        rows = self._wrapped(_legend(readout), layout.plot_width - 2 * _LEFT)
        for number, line in enumerate(self._legends):
            at = QPoint(_LEFT, _FIRST_LINE + (number + 1) * _LINE_HEIGHT)
            line.write(at, rows[number] if number < len(rows) else ())
        panes = [(layout.volume, _volume(readout))] if layout.volume.height() else []
        panes += [
            (area, _pane(readout, look.key, look.unit))
            for area, look in zip(layout.subplots, readout.plan.panes, strict=False)
        ]
        while len(self._panes) < len(panes):
            line = _Line(self._parent, self._theme, self._z)
            line.setVisible(self._is_visible)
            self._panes.append(line)
        for number, line in enumerate(self._panes):
            area, pieces = panes[number] if number < len(panes) else (QRect(), ())
            line.write(QPoint(_LEFT, area.top() + 15), pieces)

    def corner(self) -> list[QRect]:
        """Where the lines at the top of the prices stand."""
        lines = (self._prices, *self._legends)
        return [line.area for line in lines if line.isVisible() and not line.area.isEmpty()]

    def owner_at(self, point: QPoint) -> tuple[str, QRect] | None:
        """Whose label lies under a point, and where it lies."""
        for line in (*self._legends, *self._panes):
            found = line.owner_at(point)
            if found is not None:
                return found
        return None

    def is_figures(self, point: QPoint) -> bool:
        """Whether figures of a candle stand under a point."""
        lines = (self._prices, *self._legends, *self._panes)
        return any(line.has(point) for line in lines)

    def set_visible(self, *, is_visible: bool) -> None:
        self._is_visible = is_visible
        for line in (self._prices, *self._legends, *self._panes):
            line.setVisible(is_visible)

    def _fitting(self, readout: Readout, layout: ChartLayout) -> tuple[Piece, ...]:
        """The candle's figures, fewer or smaller ones where they would run into the axis."""
        compact = layout.plot_width < _COMPACT_BELOW
        pieces = _prices(readout, compact=compact)
        room = layout.plot_width - 2 * _LEFT
        if sum(map(self._prices.advance, pieces)) <= room:
            return pieces
        small = tuple(replace(piece, font=_SMALL[piece.font]) for piece in pieces)
        while len(small) > _FEWEST and sum(map(self._prices.advance, small)) > room:
            small = (small[0], *small[3:])  # the open goes first, then high and low
        return small

    def _wrapped(self, pieces: Sequence[Piece], width: int) -> list[tuple[Piece, ...]]:
        """Break a row of pieces before those that begin with a stroke."""
        rows: list[list[Piece]] = [[]]
        used = 0
        for group in _groups(pieces):
            taken = sum(self._prices.advance(piece) for piece in group)
            if used and used + taken > width and len(rows) < _MOST_LEGENDS:
                rows.append([])
                used = 0
            rows[-1] += group
            used += taken
        return [tuple(row) for row in rows]


class _Line(PixelItem):
    """A line of pieces of text, drawn again only when they change."""

    def __init__(self, parent: QGraphicsItem, theme: Theme, z: float) -> None:
        super().__init__(parent, z)
        self._theme = theme
        self._labels = LabelPainter(theme)
        self._pens: dict[str, QPen] = {_IDLE: theme.pen("text-3", 1, (1, 2))}
        self._at = QPoint()
        self._pieces: tuple[Piece, ...] = ()
        self._picture: QPixmap | None = None

    def write(self, at: QPoint, pieces: tuple[Piece, ...]) -> None:
        """Write on a base line from `at`."""
        if (at, pieces) == (self._at, self._pieces):
            return
        self._at, self._pieces = at, pieces
        self._picture = None
        width = sum(self.advance(piece) for piece in pieces)
        self.place(QRect(at.x(), at.y() - 13, width + 4 if pieces else 0, _LINE_HEIGHT))
        self.update()

    def owner_at(self, point: QPoint) -> tuple[str, QRect] | None:
        """Whose piece lies under a point, and where it lies."""
        x = self._at.x()
        for piece in self._pieces:
            area = QRect(x, self._at.y() - 13, self.advance(piece), _LINE_HEIGHT)
            if piece.owner and area.contains(point):
                return piece.owner, area
            x += area.width()
        return None

    @property
    def area(self) -> QRect:
        """Where it stands."""
        return self._area.toRect()

    def has(self, point: QPoint) -> bool:
        """Whether something is written under a point."""
        return bool(self._pieces) and self._area.toRect().contains(point)

    def advance(self, piece: Piece) -> int:
        """How far the next piece is to the right of this one."""
        space = 4 if piece.ink == "text-2" else 9
        return piece.lead + self._labels.width(piece.text, piece.font) + space

    def paint(self, painter: Any, option: Any, widget: Any = None) -> None:
        del option, widget
        if not self._pieces:
            return
        ratio = painter.device().devicePixelRatioF()
        if self._picture is None or self._picture.devicePixelRatio() != ratio:
            self._picture = self._drawn(ratio)
        painter.drawPixmap(self._area.topLeft(), self._picture)

    def _drawn(self, ratio: float) -> QPixmap:
        """The line as a picture: it is uncovered far more often than it changes."""
        size = self._area.size() * ratio
        picture = QPixmap(math.ceil(size.width()), math.ceil(size.height()))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.translate(-self._area.topLeft())
        x, row = self._at.x(), self._at.y() - 4
        for piece in self._pieces:
            if piece.stroke:
                self._draw_stroke(painter, piece.stroke, x, row)
            area = QRect(x + piece.lead, self._at.y() - 13, 0, _LINE_HEIGHT)
            self._labels.draw(painter, area, piece.text, piece.font, piece.ink)
            x += self.advance(piece)
        painter.end()
        return picture

    def _draw_stroke(self, painter: QPainter, stroke: str, x: int, row: int) -> None:
        if stroke not in self._pens:
            self._pens[stroke] = self._theme.pen(stroke, 2)
        painter.setPen(self._pens[stroke])
        left, right = (x + 4, x + 18) if stroke == _IDLE else (x, x + 12)
        painter.drawLine(left, row, right, row)


def _groups(pieces: Sequence[Piece]) -> list[list[Piece]]:
    groups: list[list[Piece]] = []
    for piece in pieces:
        if piece.stroke or not groups:
            groups.append([])
        groups[-1].append(piece)
    return groups


def _prices(readout: Readout, *, compact: bool) -> tuple[Piece, ...]:
    pieces = [Piece(readout.time, "text-1", "value")]
    candle = readout.candle
    if not readout.is_known:
        return tuple(pieces)
    if candle is None:
        pieces.append(Piece(_("no trades"), "text-3", "control"))
        if readout.last_close is not None:
            text = formatting.price(readout.market, readout.last_close)
            pieces.append(Piece(_("Close"), "text-2", "control"))
            pieces.append(Piece(text, "text-2", "control"))
        return tuple(pieces)
    opened, closed = float(candle.open[0]), float(candle.close[0])
    ink = "text-3" if readout.is_stale else formatting.direction(closed - opened)
    for label, value in (
        (_("O"), opened),
        (_("H"), float(candle.high[0])),
        (_("L"), float(candle.low[0])),
        (_("C"), closed),
    ):
        pieces.append(Piece(label, "text-2", "control"))
        pieces.append(Piece(formatting.price(readout.market, value), ink, "control"))
    if not compact:
        change = closed / opened - 1 if opened else 0.0
        text = f"{formatting.arrow(closed - opened)} {formatting.percent(change)}"
        pieces.append(Piece(text, ink, "control"))
        pieces.append(Piece(_("Volume"), "text-2", "control"))
        pieces.append(Piece(formatting.quantity(float(candle.volume[0])), "text-1", "control"))
    return tuple(pieces)


def _legend(readout: Readout) -> tuple[Piece, ...]:
    pieces = _lines(readout, PRICE_PANE, Unit.PRICE, "control", "control")
    return (*pieces, Piece(_("no trades"), "text-3", "control", stroke=_IDLE))


def _volume(readout: Readout) -> tuple[Piece, ...]:
    volume = None if readout.candle is None else float(readout.candle.volume[0])
    text = formatting.NOTHING if volume is None else formatting.quantity(volume)
    return (
        Piece(_("Volume"), "text-2", "small"),
        Piece(text, "text-1", "small-strong"),
        Piece(base_of(readout.market), "text-2", "small"),
        *_lines(readout, VOLUME_PANE, Unit.QUANTITY, "small", "small-strong"),
    )


def _pane(readout: Readout, key: str, unit: Unit) -> tuple[Piece, ...]:
    return _lines(readout, key, unit, "small", "small-strong")


def _lines(
    readout: Readout, pane: str, unit: Unit, label_font: str, value_font: str
) -> tuple[Piece, ...]:
    """The labels and values of a pane's lines; what belongs together has one label."""
    pieces: list[Piece] = []
    owner = None
    for place in readout.plan.places_in(pane):
        line = readout.plan.lines[place]
        if line.owner != owner or not line.owner:
            owner = line.owner
            stroke = line.ink if pane == PRICE_PANE else ""
            pieces.append(Piece(line.label, "text-2", label_font, line.owner, stroke))
        value = math.nan if readout.candle is None else float(readout.candle.lines[place, 0])
        text = formatting.NOTHING
        if math.isfinite(value):
            text = value_text(readout.market, unit, value)
        ink = "text-1" if line.ink.startswith("volume-") else line.ink
        pieces.append(Piece(text, ink, value_font, line.owner))
    return tuple(pieces)
