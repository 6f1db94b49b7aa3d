"""Paints rows of the order book ladder: tint, bars, size, cumulative size, price, change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QPointF, QRect, QRectF, Qt
from PyQt6.QtGui import QFontMetrics, QPainter

from upbit_auto_trading.presentation.theme import font
from upbit_auto_trading.presentation.widgets import coin_amount
from upbit_auto_trading.presentation.widgets.figure_painter import figure_font

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.presentation.theme import Theme

ROW_HEIGHT: Final = 21
SPREAD_HEIGHT: Final = 26
_PAD: Final = 9
_GAP: Final = 7
_SUM_GAP: Final = 4
_BAR_SHARE: Final = 0.5
_FULL_ROOM: Final = 10
_SHORT_ROOM: Final = 6
_LEFT: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class LadderRowLook:
    """One row, worded.

    `size` and `cumulative_exact` have all eight decimals; the shares, 0 to 1, are of the
    largest size and the largest sum of the ladder. `price` is what a click on the row tells.
    """

    price: float
    price_text: str
    change: str
    ink: str
    size: str
    cumulative: str
    cumulative_exact: str
    size_share: float
    cumulative_share: float
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class LadderLook:
    """The ladder, worded; both sides best row first. Empty texts where nothing is known."""

    asks: tuple[LadderRowLook, ...] = ()
    bids: tuple[LadderRowLook, ...] = ()
    last_price: str = ""
    last_arrow: str = ""
    last_ink: str = "even"
    spread: str = ""
    spread_short: str = ""
    spread_explained: str = ""
    spoken: str = ""
    is_stale: bool = False
    is_loading: bool = False


class LadderPainter:
    """Draws rows into a painter; measures its columns once per width and price length."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._metrics = {
            name: QFontMetrics(font(name))
            for name in ("control", "value", "small", "micro", "card")
        }
        self._control, self._value = self._metrics["control"], self._metrics["value"]
        self._small, self._micro = self._metrics["small"], self._metrics["micro"]
        self._change_width = self._small.horizontalAdvance("+88.88%")
        self._sum_width = self._micro.horizontalAdvance("88.888")
        self._digit = self._control.horizontalAdvance("0")
        self._columns: tuple[int, int] = (0, 0)
        self._price_right = 0
        self._price_left = 0
        self._room = _FULL_ROOM

    @property
    def change_width(self) -> int:
        """The width of the column of changes."""
        return self._change_width

    def measure(self, width: int, look: LadderLook) -> None:
        """Lay the columns out for rows `width` pixels wide."""
        prices = [row.price_text for side in (look.asks, look.bids) for row in side]
        longest = max(prices, key=len, default="")
        if (width, len(longest)) == self._columns:
            return
        self._columns = width, len(longest)
        self._price_right = width - _PAD - self._change_width - _GAP
        self._price_left = self._price_right - self._value.horizontalAdvance(longest)
        free = self._price_left - 2 * _PAD - self._sum_width
        self._room = max(_SHORT_ROOM, min(_FULL_ROOM, int(free / self._digit)))

    def paint_side(
        self,
        painter: QPainter,
        rows: Sequence[tuple[QRect, LadderRowLook]],
        side: str,
        *,
        stale: bool,
    ) -> None:
        """Draw rows of one side, `ask` or `bid`, each into its rectangle."""
        if not rows:
            return
        theme = self._theme
        top, bottom = rows[0][0], rows[-1][0]
        painter.fillRect(top.united(bottom), theme.colour("down-bg" if side == "ask" else "up-bg"))
        self._paint_bars(painter, rows, side)
        self._paint_prices(painter, rows, stale=stale)
        self._paint_sizes(painter, rows, stale=stale)

    def paint_spread(self, painter: QPainter, area: QRect, look: LadderLook) -> None:
        """Draw the row between the sides: last price, spread."""
        theme = self._theme
        painter.fillRect(area, theme.colour("bg2"))
        painter.setPen(theme.pen("line2"))
        painter.drawLine(area.topLeft(), area.topRight())
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        inner = area.adjusted(_PAD, 0, -_PAD, 0)
        painter.setFont(font("card", italic=look.is_stale))
        painter.setPen(theme.colour("text-3" if look.is_stale else look.last_ink))
        last = f"{look.last_price} {look.last_arrow}"
        painter.drawText(inner, _LEFT, last)
        used = self._metrics["card"].horizontalAdvance(last)
        painter.setFont(font("small", italic=look.is_stale))
        painter.setPen(theme.colour("text-3"))
        free = inner.adjusted(used + _GAP, 0, 0, 0)
        fits = self._small.horizontalAdvance(look.spread) <= free.width()
        painter.drawText(free, _RIGHT, look.spread if fits else look.spread_short)

    def paint_skeleton(self, painter: QPainter, surface: QRect) -> None:
        """Draw where rows will be."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour("bg2"))
        right = surface.width() - _PAD
        for top in range(0, surface.height() - ROW_HEIGHT, ROW_HEIGHT):
            for left, width in (
                (_PAD, 64),
                (right - self._change_width - 92, 84),
                (right - 34, 34),
            ):
                painter.drawRoundedRect(left, top + 6, width, ROW_HEIGHT - 12, 2, 2)

    def paint_frame(self, painter: QPainter, area: QRect, ink: str) -> None:
        """Mark a row with a border."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(self._theme.pen(ink))
        painter.drawRect(area.adjusted(0, 0, -1, -1))

    def _paint_bars(
        self, painter: QPainter, rows: Sequence[tuple[QRect, LadderRowLook]], side: str
    ) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        widest = rows[0][0].width() * _BAR_SHARE
        painter.setBrush(self._theme.colour(f"{side}-sum-bar"))
        painter.drawRects(
            *[
                QRectF(0, area.top(), widest * row.cumulative_share, ROW_HEIGHT)
                for area, row in rows
            ]
        )
        painter.setBrush(self._theme.colour(f"{side}-bar"))
        painter.drawRects(
            *[
                QRectF(0, area.top() + 3, max(1.0, widest * row.size_share), ROW_HEIGHT - 6)
                for area, row in rows
            ]
        )

    def _paint_prices(
        self, painter: QPainter, rows: Sequence[tuple[QRect, LadderRowLook]], *, stale: bool
    ) -> None:
        theme = self._theme
        prices, changes = (
            figure_font(name, ROW_HEIGHT, italic=stale) for name in ("value", "small")
        )
        end = rows[0][0].width() - _PAD
        painter.setFont(prices.font)
        for area, row in rows:
            painter.setPen(theme.colour("text-3" if stale else row.ink))
            prices.draw_kept(painter, self._price_right, area.top(), row.price_text)
        painter.setFont(changes.font)
        for area, row in rows:
            painter.setPen(theme.colour("text-3" if stale else row.ink))
            changes.draw_kept(painter, end, area.top(), row.change)

    def _paint_sizes(
        self, painter: QPainter, rows: Sequence[tuple[QRect, LadderRowLook]], *, stale: bool
    ) -> None:
        theme = self._theme
        ink = theme.colour("text-3" if stale else "text-1")
        faint, quiet = theme.colour("trailing-zero"), theme.colour("text-3" if stale else "text-2")
        sizes, sums = (figure_font(name, ROW_HEIGHT, italic=stale) for name in ("control", "micro"))
        painter.setFont(sizes.font)
        painter.setPen(ink)
        ends: list[tuple[float, str]] = []
        for area, row in rows:
            significant, zeros = coin_amount.split(row.size, self._room)
            painter.drawText(QPointF(_PAD, area.top() + sizes.baseline), significant)
            ends.append((_PAD + sizes.number_width(significant), zeros))
        painter.setPen(faint)
        for place, (area, _row) in enumerate(rows):
            end, zeros = ends[place]
            if zeros:
                painter.drawText(QPointF(end, area.top() + sizes.baseline), zeros)
                ends[place] = end + sizes.number_width(zeros), zeros
        painter.setFont(sums.font)
        painter.setPen(quiet)
        for (area, row), (end, _zeros) in zip(rows, ends, strict=True):
            text, gap = (
                (f"+ {row.cumulative}+", 1) if row.is_partial else (row.cumulative, _SUM_GAP)
            )
            if end + gap + sums.number_width(text) <= self._price_left - 2:
                painter.drawText(QPointF(end + gap, area.top() + sums.baseline), text)
