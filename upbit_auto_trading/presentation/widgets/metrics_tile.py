"""A tile with one judged figure: how it stands, its value, a line of detail, its last minute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PyQt6.QtGui import QFontMetrics, QPainter, QPolygonF
from PyQt6.QtWidgets import QAbstractButton, QSizePolicy

from upbit_auto_trading.presentation.theme import font

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QPaintEvent
    from PyQt6.QtWidgets import QWidget

    from upbit_auto_trading.presentation.theme import Theme

HEIGHT: Final = 78
_PAD: Final = 10
_GLYPH: Final = 14
_SPARK_WIDTH: Final = 46
_SPARK_HEIGHT: Final = 22
GLYPHS: Final = {
    "good": "circle-check",
    "warn": "triangle-alert",
    "bad": "octagon-alert",
    "off": "circle-dashed",
}


@dataclass(frozen=True, slots=True)
class TileLook:
    """What a tile shows. `state` is `good`, `warn`, `bad` or `off`; `spark` is oldest first."""

    label: str
    value: str
    detail: str = ""
    state: str = "off"
    spark: Sequence[float | None] = ()
    explanation: str = ""


class MetricsTile(QAbstractButton):
    """One figure; pressing it asks for what is behind it."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._look = TileLook("", "")
        self._is_compact = False
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def sizeHint(self) -> QSize:  # noqa: N802 -- Qt's name
        return QSize(150, HEIGHT)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 -- Qt's name
        return QSize(96, HEIGHT)

    def show_look(self, look: TileLook) -> None:
        """Show another figure."""
        if look == self._look:
            return
        if (look.label, look.value, look.detail) != (
            self._look.label,
            self._look.value,
            self._look.detail,
        ):
            self.setAccessibleName(f"{look.label}: {look.value}. {look.detail}")
        self._look = look
        self.setToolTip(look.explanation)
        self.update()

    def set_compact(self, *, compact: bool) -> None:
        """Leave the last minute's line out where there is little room."""
        if compact != self._is_compact:
            self._is_compact = compact
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        del event
        look, theme, painter = self._look, self._theme, QPainter(self)
        is_trouble = look.state in ("warn", "bad")
        painter.fillRect(self.rect(), theme.colour(f"{look.state}-bg" if is_trouble else "bg1"))
        if is_trouble:
            painter.setPen(theme.pen(f"{look.state}-line"))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        elif self.underMouse():
            painter.setPen(theme.pen("line2"))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        ratio = self.devicePixelRatioF()
        glyph = theme.pixmap(GLYPHS[look.state], look.state, _GLYPH, ratio, 2.1)
        painter.drawPixmap(_PAD, 10, glyph)
        room = self.width() - 2 * _PAD
        self._text(painter, QRect(_PAD + 19, 8, room - 19, 18), look.label, "small", "text-2")
        spark = self._spark_area()
        needed = QFontMetrics(font("title")).horizontalAdvance(look.value)
        fits = needed <= room - _SPARK_WIDTH - 6  # the line gives way to the figure
        has_spark = not self._is_compact and len(look.spark) > 1 and fits
        value_room = room - (_SPARK_WIDTH + 6 if has_spark else 0)
        ink = look.state if is_trouble else "text-1" if look.state == "good" else "text-3"
        name = "metric"
        if QFontMetrics(font(name)).horizontalAdvance(look.value) > value_room:
            name = "title"
        self._text(painter, QRect(_PAD, 26, value_room, 26), look.value, name, ink)
        detail_ink = "text-2" if is_trouble else "text-3"
        self._text(painter, QRect(_PAD, 54, room, 16), look.detail, "small", detail_ink)
        if has_spark:
            self._paint_spark(painter, spark)
        painter.end()

    def _spark_area(self) -> QRectF:
        left = self.width() - _PAD - _SPARK_WIDTH
        return QRectF(left, 28, _SPARK_WIDTH, _SPARK_HEIGHT)

    def _text(self, painter: QPainter, area: QRect, text: str, name: str, ink: str) -> None:
        chosen = font(name)
        painter.setFont(chosen)
        painter.setPen(self._theme.colour(ink))
        shown = QFontMetrics(chosen).elidedText(text, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)

    def _paint_spark(self, painter: QPainter, area: QRectF) -> None:
        values = self._look.spark
        known = [value for value in values if value is not None]
        if len(known) < 2:
            return
        low, high = min(known), max(known)
        span = (high - low) or 1.0
        state = self._look.state
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self._theme.pen("text-3" if state == "off" else state, 1.25))
        run: list[QPointF] = []
        for place, value in enumerate([*values, None]):
            if value is not None:
                x = area.left() + area.width() * place / max(1, len(values) - 1)
                share = (value - low) / span if high > low else 0.5
                run.append(QPointF(x, area.bottom() - area.height() * share))
            elif run:
                painter.drawPolyline(QPolygonF(run))
                run = []
