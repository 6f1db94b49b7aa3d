"""A strategy's way through a position: waiting, entering, holding, leaving."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QFontMetricsF, QPainter, QPolygonF
from PyQt6.QtWidgets import QSizePolicy, QWidget

from upbit_auto_trading.presentation.theme import font

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QPaintEvent

    from upbit_auto_trading.presentation.theme import Theme

_BOX_HEIGHT: Final = 48
_LOOP: Final = 26
_MARGIN: Final = 16
_ARROW: Final = 5.0
_CHIP_HEIGHT: Final = 22
_NODES: Final = 4
_ROOMY: Final = 220


@dataclass(frozen=True, slots=True)
class StateBox:
    """One state: its word, what is the case there, and whether it is the state now."""

    word: str
    detail: str = ""
    is_now: bool = False


@dataclass(frozen=True, slots=True)
class StateChip:
    """One thing the rules remember: `트레일링 스탑 켜짐`."""

    label: str
    value: str
    ink: str = "text-1"


@dataclass(frozen=True, slots=True)
class StateLook:
    """Four states from left to right and what leads from one to the next.

    `entry`, `adds` and `exits` name the rules that lead in, buy more and lead out; `back` says
    what a closing forgets. `block` is the state in which nothing may be bought, None where no
    rule blocks.
    """

    boxes: tuple[StateBox, StateBox, StateBox, StateBox]
    entry: str = ""
    filled: str = ""
    adds: str = ""
    exits: str = ""
    back: str = ""
    block: StateBox | None = None
    block_rules: str = ""
    chips: tuple[StateChip, ...] = ()


class StateDiagram(QWidget):
    """Passive: the state of now is lit."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._look: StateLook | None = None
        self.setMinimumHeight(196)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:  # noqa: N802 -- Qt's name
        return QSize(520, 230)

    def show_look(self, look: StateLook | None) -> None:
        """Show a strategy's state, or nothing."""
        if look == self._look:
            return
        self._look = look
        if look is None:
            self.setAccessibleName("")
        else:
            now = next((box for box in look.boxes if box.is_now), None)
            told = [] if now is None else [now.word, now.detail]
            told += [f"{chip.label} {chip.value}" for chip in look.chips]
            self.setAccessibleName(", ".join(part for part in told if part))
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        del event
        look = self._look
        if look is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        boxes = self._boxes()
        for box, area in zip(look.boxes, boxes, strict=True):
            self._box(painter, area, box)
        middle = boxes[0].center().y()
        between = [
            (look.entry, "entry", boxes[0], boxes[1]),
            (look.filled, "text-3", boxes[1], boxes[2]),
            (look.exits, "exit", boxes[2], boxes[3]),
        ]
        for label, ink, left, right in between:
            start, end = QPointF(left.right() + 3, middle), QPointF(right.left() - 3, middle)
            self._arrow(painter, [start, end], ink)
            self._label(painter, label, (start.x() + end.x()) / 2, middle - 10, ink)
        if look.adds:
            self._loop(painter, boxes[2], look.adds)
        self._back(painter, boxes, look)
        self._block(painter, boxes, look)
        self._chips(painter, boxes, look.chips, has_block=look.block is not None)
        painter.end()

    def _boxes(self) -> list[QRectF]:
        width = self.width() - 2 * _MARGIN
        gap = min(64.0, width / 9)
        size = (width - (_NODES - 1) * gap) / _NODES
        top = _LOOP + (30.0 if self.height() >= _ROOMY else 18.0)
        return [
            QRectF(_MARGIN + place * (size + gap), top, size, _BOX_HEIGHT)
            for place in range(_NODES)
        ]

    def _box(
        self,
        painter: QPainter,
        area: QRectF,
        box: StateBox,
        ink: str = "line2",
        *,
        dashed: bool = False,
    ) -> None:
        theme = self._theme
        dashes = (4.0, 3.0) if dashed else ()
        painter.setPen(theme.pen("acc" if box.is_now else ink, 2 if box.is_now else 1, dashes))
        painter.setBrush(theme.colour("acc-bg" if box.is_now else "bg2"))
        painter.drawRoundedRect(area, 5, 5)
        painter.setFont(font("control-strong"))
        painter.setPen(theme.colour("text-1" if box.is_now or ink == "line2" else ink))
        head = QRectF(area.left(), area.top() + 6, area.width(), 18)
        if not box.detail:
            head = area
        self._fitted(painter, head, box.word)
        if box.detail:
            painter.setFont(font("small"))
            painter.setPen(theme.colour("text-1" if box.is_now else "text-3"))
            self._fitted(
                painter, QRectF(area.left(), area.top() + 25, area.width(), 16), box.detail
            )

    def _fitted(self, painter: QPainter, area: QRectF, text: str) -> None:
        room = area.width() - 8
        elided = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, round(room))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, elided)

    def _arrow(
        self, painter: QPainter, points: Sequence[QPointF], ink: str, *, dashed: bool = False
    ) -> None:
        painter.setPen(self._theme.pen(ink, 1.5, (4.0, 3.0) if dashed else ()))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(list(points)))
        before, tip = points[-2], points[-1]
        along_x = abs(tip.x() - before.x()) > abs(tip.y() - before.y())
        sign = 1 if (tip.x() > before.x() if along_x else tip.y() > before.y()) else -1
        if along_x:
            wings = [(tip.x() - sign * _ARROW, tip.y() + side * 4) for side in (-1, 1)]
        else:
            wings = [(tip.x() + side * 4, tip.y() - sign * _ARROW) for side in (-1, 1)]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour(ink))
        painter.drawPolygon(QPolygonF([tip, *(QPointF(x, y) for x, y in wings)]))

    def _label(self, painter: QPainter, text: str, x: float, y: float, ink: str) -> None:
        if not text:
            return
        painter.setFont(font("small"))
        width = QFontMetricsF(font("small")).horizontalAdvance(text) + 4
        left = min(max(x - width / 2, 2.0), self.width() - width - 2)
        painter.setPen(self._theme.colour(ink))
        painter.drawText(QRectF(left, y - 9, width, 16), Qt.AlignmentFlag.AlignCenter, text)

    def _loop(self, painter: QPainter, box: QRectF, label: str) -> None:
        top = box.top() - _LOOP
        left, right = box.left() + box.width() * 0.3, box.left() + box.width() * 0.7
        points = [
            QPointF(left, box.top() - 2),
            QPointF(left, top),
            QPointF(right, top),
            QPointF(right, box.top() - 2),
        ]
        self._arrow(painter, points, "scale-in")
        self._label(painter, label, box.center().x(), top - 9, "scale-in")

    def _back(self, painter: QPainter, boxes: list[QRectF], look: StateLook) -> None:
        y = boxes[0].bottom() + 26
        start, end = boxes[3].center().x(), boxes[0].left() + boxes[0].width() * 0.65
        points = [
            QPointF(start, boxes[3].bottom() + 2),
            QPointF(start, y),
            QPointF(end, y),
            QPointF(end, boxes[0].bottom() + 3),
        ]
        self._arrow(painter, points, "text-3")
        self._label(painter, look.back, (start + end) / 2, y + 11, "text-3")

    def _block(self, painter: QPainter, boxes: list[QRectF], look: StateLook) -> None:
        if look.block is None:
            return
        first = boxes[0]
        area = QRectF(first.left(), self._lower(first), first.width() * 1.25, 34)
        self._box(painter, area, look.block, "risk", dashed=True)
        x = first.left() + first.width() * 0.3
        points = [QPointF(x, area.top() - 2), QPointF(x, first.bottom() + 3)]
        self._arrow(painter, points, "risk", dashed=True)
        self._label(painter, look.block_rules, x + 30, area.top() - 14, "risk")

    def _lower(self, first: QRectF) -> float:
        """Where the row below the states begins: nearer to them in a low pane."""
        return min(first.bottom() + 62, self.height() - 38.0)

    def _chips(
        self,
        painter: QPainter,
        boxes: list[QRectF],
        chips: Sequence[StateChip],
        *,
        has_block: bool,
    ) -> None:
        left = boxes[0].left() + (boxes[0].width() * 1.25 + 24 if has_block else 0)
        x, y = left, self._lower(boxes[0])
        labels, values = QFontMetricsF(font("small")), QFontMetricsF(font("small-strong"))
        for chip in chips:
            label_width = labels.horizontalAdvance(chip.label)
            width = label_width + values.horizontalAdvance(chip.value) + 20
            if x > left and x + width > self.width() - _MARGIN:
                x, y = left, y + _CHIP_HEIGHT + 6
            if y + _CHIP_HEIGHT > self.height():
                break
            area = QRectF(x, y, width, _CHIP_HEIGHT)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.colour("bg3"))
            painter.drawRoundedRect(area, 3, 3)
            painter.setFont(font("small"))
            painter.setPen(self._theme.colour("text-2"))
            painter.drawText(area.adjusted(8, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, chip.label)
            painter.setFont(font("small-strong"))
            painter.setPen(self._theme.colour(chip.ink))
            inside = area.adjusted(12 + label_width, 0, 0, 0)
            painter.drawText(inside, Qt.AlignmentFlag.AlignVCenter, chip.value)
            x += width + 6
