"""What a strategy may spend at worst, stacked up against what is allocated to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QPainter
from PyQt6.QtWidgets import QSizePolicy, QWidget

from upbit_auto_trading.presentation.theme import font

if TYPE_CHECKING:
    from PyQt6.QtGui import QPaintEvent

    from upbit_auto_trading.presentation.theme import Theme

_TUBE: Final = 56
_TOP: Final = 14
_ROW: Final = 20


@dataclass(frozen=True, slots=True)
class CapitalSegment:
    """One rule's part, a share of the whole bar from 0 to 1."""

    label: str
    amount: str
    share: float
    role: str


@dataclass(frozen=True, slots=True)
class CapitalLook:
    """Shares are of the larger one of need and allocation."""

    allocated: str
    spare: str
    spare_ink: str
    needed: str
    needed_share: float
    allocated_share: float
    segments: tuple[CapitalSegment, ...] = ()


class CapitalBar(QWidget):
    """Passive: the entry at the bottom, adds above it, a line where the worst case ends."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._look: CapitalLook | None = None
        self.setMinimumHeight(210)
        self.setMinimumWidth(200)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_look(self, look: CapitalLook | None) -> None:
        """Show a strategy's capital, or nothing."""
        if look == self._look:
            return
        self._look = look
        if look is None:
            self.setAccessibleName("")
        else:
            parts = [f"{part.label} {part.amount}" for part in look.segments]
            self.setAccessibleName(", ".join([look.allocated, look.needed, look.spare, *parts]))
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        del event
        look = self._look
        if look is None:
            return
        theme = self._theme
        painter = QPainter(self)
        tube = QRectF(8, _TOP, _TUBE, self.height() - 2 * _TOP)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.pen("line2", 1))
        painter.setBrush(theme.colour("bg0"))
        painter.drawRoundedRect(tube, 4, 4)
        bottom = tube.bottom() - 1
        height = tube.height() - 2
        middles = []
        for segment in look.segments:
            part = height * segment.share
            area = QRectF(tube.left() + 1, bottom - part, tube.width() - 2, part)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour(f"{segment.role}-line"))
            painter.drawRect(area.adjusted(0, 1, 0, 0))
            middles.append(area.center().y())
            bottom -= part
        self._line(painter, tube, look)
        self._labels(painter, tube, look, middles)
        painter.end()

    def _line(self, painter: QPainter, tube: QRectF, look: CapitalLook) -> None:
        theme = self._theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        is_over = look.needed_share > look.allocated_share
        y = tube.bottom() - 1 - (tube.height() - 2) * look.needed_share
        painter.setPen(theme.pen("bad" if is_over else "warn", 2))
        painter.drawLine(QPointF(0, y), QPointF(self.width() - 8, y))
        if is_over:
            top = tube.bottom() - 1 - (tube.height() - 2) * look.allocated_share
            painter.setPen(theme.pen("text-1", 2, (3, 3)))
            painter.drawLine(QPointF(4, top), QPointF(tube.right() + 4, top))

    def _labels(
        self, painter: QPainter, tube: QRectF, look: CapitalLook, middles: list[float]
    ) -> None:
        theme = self._theme
        left, right = tube.right() + 12, self.width() - 8.0
        is_over = look.needed_share > look.allocated_share
        needed_y = tube.bottom() - 1 - (tube.height() - 2) * look.needed_share
        painter.setFont(font("small-strong"))
        painter.setPen(theme.colour("bad" if is_over else "warn"))
        below = needed_y + 3 if needed_y < _TOP + 2 * _ROW + 4 else needed_y - _ROW
        right_top = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(left, below, right - left, _ROW), right_top, look.needed)
        if below > _TOP + 2 * _ROW:
            painter.setPen(theme.colour("text-2"))
            painter.drawText(QRectF(left, _TOP, right - left, _ROW), right_top, look.allocated)
            painter.setPen(theme.colour(look.spare_ink))
            painter.drawText(QRectF(left, _TOP + _ROW, right - left, _ROW), right_top, look.spare)
        lowest = tube.bottom() - _ROW / 2
        floor = below + _ROW * 1.5
        for segment, middle in zip(look.segments, middles, strict=True):
            y = min(middle, lowest)
            lowest = y - _ROW
            if y < floor:
                break
            area = QRectF(left, y - _ROW / 2, right - left, _ROW)
            painter.setPen(theme.pen(segment.role, 1))
            painter.drawLine(QPointF(tube.right() + 2, middle), QPointF(left - 4, y))
            metrics = painter.fontMetrics()
            room = round(area.width()) - metrics.horizontalAdvance(segment.amount) - 8
            label = metrics.elidedText(segment.label, Qt.TextElideMode.ElideRight, room)
            painter.setPen(theme.colour("text-2"))
            painter.drawText(
                area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, label
            )
            painter.setPen(theme.colour("text-1"))
            painter.drawText(area, right_top, segment.amount)
