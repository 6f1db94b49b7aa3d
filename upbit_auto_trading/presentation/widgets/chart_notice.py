"""What the chart shows in place of candles, and beyond its oldest one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final

from PyQt6.QtCore import QRect, Qt

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.theme import font
from upbit_auto_trading.presentation.widgets.chart_panes import PixelItem

if TYPE_CHECKING:
    from PyQt6.QtGui import QPainter
    from PyQt6.QtWidgets import QGraphicsItem

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.chart_viewport import ChartLayout

_SKELETON_STEP: Final = 22
_SKELETON_WIDTH: Final = 9


class OlderEdge(Enum):
    """What lies before the oldest candle shown."""

    UNKNOWN = auto()
    LOADING = auto()
    FAILED = auto()
    FIRST_CANDLE = auto()


@dataclass(frozen=True, slots=True)
class ChartNotice:
    """Words in the middle of a chart without candles."""

    title: str
    detail: str = ""


def paint_notice(painter: QPainter, layout: ChartLayout, notice: ChartNotice, theme: Theme) -> None:
    """Fill empty panes: a flat skeleton that can't be taken for prices, and the words."""
    middle = layout.price.center()
    for x in range(_SKELETON_STEP, layout.plot_width - _SKELETON_STEP, _SKELETON_STEP):
        painter.fillRect(x, middle.y() - 40, _SKELETON_WIDTH, 80, theme.colour("bg2"))
        painter.fillRect(x, layout.volume.bottom() - 24, _SKELETON_WIDTH, 25, theme.colour("bg2"))
    if not notice.title:
        return
    box = QRect(0, 0, min(520, layout.plot_width - 40), 92 if notice.detail else 84)
    box.moveCenter(middle)
    painter.fillRect(box, theme.colour("bg1"))
    painter.setPen(theme.colour("text-1"))
    painter.setFont(font("title"))
    centre = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
    painter.drawText(box.adjusted(0, 18 if notice.detail else 30, 0, 0), centre, notice.title)
    painter.setPen(theme.colour("text-2"))
    painter.setFont(font("body"))
    painter.drawText(box.adjusted(0, 48, 0, 0), centre, notice.detail)


def older_text(edge: OlderEdge) -> str:
    """What is written at the oldest candle."""
    return {
        OlderEdge.UNKNOWN: "",
        OlderEdge.LOADING: _("Loading older candles…"),
        OlderEdge.FAILED: _("Older candles didn't come. Scroll to try again."),
        OlderEdge.FIRST_CANDLE: _("This is the first candle"),
    }[edge]


def paint_older_edge(
    painter: QPainter, layout: ChartLayout, x: int, edge: OlderEdge, theme: Theme
) -> None:
    """Draw what lies left of pixel `x`, the oldest candle."""
    text = older_text(edge)
    area = QRect(0, 0, x - 4, layout.panes_height)
    if edge is OlderEdge.LOADING:
        first = area.right() - (area.right() - 6) % _SKELETON_STEP
        for left in range(first - _SKELETON_STEP, -_SKELETON_STEP, -_SKELETON_STEP):
            painter.fillRect(
                left,
                layout.price.center().y() - 40,
                _SKELETON_WIDTH,
                80,
                theme.colour("bg2"),
            )
    painter.setPen(theme.pen("line2", 1, (4, 4)))
    painter.drawLine(x - 3, 0, x - 3, layout.panes_height)
    painter.setFont(font("small"))
    painter.setPen(theme.colour("warn" if edge is OlderEdge.FAILED else "text-2"))
    flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap
    words = QRect(8, layout.price.center().y() - 100, max(60, area.width() - 16), 48)
    words.setRight(area.right() - 6)
    painter.drawText(words, flags, text)


class NoticeItem(PixelItem):
    """Stands in for the candles while there are none."""

    def __init__(self, parent: QGraphicsItem, theme: Theme, z: float) -> None:
        super().__init__(parent, z)
        self._theme = theme
        self._layout: ChartLayout | None = None
        self._notice = ChartNotice("")

    def show_layout(self, layout: ChartLayout) -> None:
        """Fill the panes of a layout."""
        self._layout = layout
        self.place(QRect(0, 0, layout.plot_width, layout.panes_height))
        self.update()

    def show_notice(self, notice: ChartNotice) -> None:
        """Say something else."""
        if notice != self._notice:
            self._notice = notice
            self.update()

    def paint(self, painter: Any, option: Any, widget: Any = None) -> None:
        del option, widget
        if self._layout is not None:
            paint_notice(painter, self._layout, self._notice, self._theme)


class OlderItem(PixelItem):
    """What lies left of the oldest candle, while that is in sight."""

    def __init__(self, parent: QGraphicsItem, theme: Theme, z: float) -> None:
        super().__init__(parent, z, is_cached=True)
        self._theme = theme
        self._layout: ChartLayout | None = None
        self._edge = OlderEdge.UNKNOWN
        self._x = 0

    @property
    def edge(self) -> OlderEdge:
        return self._edge

    def place_before(self, layout: ChartLayout, x: int) -> None:
        """Stand left of column `x`, the oldest candle's."""
        self._layout, self._x = layout, x
        self._show()

    def show_edge(self, edge: OlderEdge) -> None:
        """Say what lies there."""
        if edge is not self._edge:
            self._edge = edge
            self._show()

    def paint(self, painter: Any, option: Any, widget: Any = None) -> None:
        del option, widget
        if self._layout is not None:
            paint_older_edge(painter, self._layout, self._x, self._edge, self._theme)

    def _show(self) -> None:
        layout = self._layout
        is_shown = layout is not None and self._x > 8 and self._edge is not OlderEdge.UNKNOWN
        self.setVisible(is_shown)
        if layout is not None and is_shown:
            self.place(QRect(0, 0, min(self._x - 2, layout.plot_width), layout.panes_height))
            self.update()
