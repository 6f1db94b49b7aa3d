"""What the chart shows in place of candles, and beyond its oldest one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QRect, Qt

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.theme import font

if TYPE_CHECKING:
    from PyQt6.QtGui import QPainter

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
    """Draw the empty panes: a flat skeleton that can't be taken for prices, and the words."""
    painter.setPen(theme.pen("line"))
    right = layout.price_axis.right()
    for pane in (layout.volume, layout.rsi, layout.time_axis):
        painter.drawLine(0, pane.top(), right, pane.top())
    painter.drawLine(layout.plot_width, 0, layout.plot_width, layout.time_axis.bottom())
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
    if x <= 8 or edge is OlderEdge.UNKNOWN:
        return
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
