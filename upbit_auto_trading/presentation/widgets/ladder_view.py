"""The ladder's rows: scrolling around the spread, keyboard, clicks, explanations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QEvent, QPoint, QRect, Qt, pyqtSignal
from PyQt6.QtGui import QHelpEvent, QPainter
from PyQt6.QtWidgets import QToolTip

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.ladder_painter import (
    ROW_HEIGHT,
    SPREAD_HEIGHT,
    LadderLook,
    LadderPainter,
    LadderRowLook,
)
from upbit_auto_trading.presentation.widgets.painted_rows import PaintedRows

if TYPE_CHECKING:
    from PyQt6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent
    from PyQt6.QtWidgets import QWidget

    from upbit_auto_trading.presentation.theme import Theme

_CHOOSING: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


class LadderView(PaintedRows):
    """Rows are numbered from the spread: −1 is the best ask, 1 the best bid.

    It stays centred on the spread until the user scrolls, and then keeps its distance to it.
    """

    price_chosen = pyqtSignal(float)
    centred_changed = pyqtSignal(bool)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(_("Order book"), ROW_HEIGHT, parent)
        self._theme = theme
        self._painter = LadderPainter(theme)
        self._look = LadderLook()
        self._current = 0
        self._is_centred = True
        self.provenance = ""
        self._surface.setMouseTracking(True)
        self._surface.setCursor(Qt.CursorShape.PointingHandCursor)

    @property
    def is_centred(self) -> bool:
        """Whether the spread is kept in the middle."""
        return self._is_centred

    @property
    def change_width(self) -> int:
        """The width of the column of changes."""
        return self._painter.change_width

    @property
    def bar_width(self) -> int:
        """The width of the scroll bar."""
        return self._bar.sizeHint().width()

    @property
    def current(self) -> int:
        """The keyboard's row, 0 for none."""
        return self._current

    @property
    def look(self) -> LadderLook:
        """What is shown."""
        return self._look

    def show_look(self, look: LadderLook) -> None:
        """Show other rows."""
        distance = self._bar.value() - self._centre_value()
        self._look = look
        self._current = max(-len(look.asks), min(self._current, len(look.bids)))
        self._arrange(distance)
        spoken = look.spoken or _("Order book")
        if spoken != self.accessibleName():
            self.setAccessibleName(spoken)
        self._surface.update()

    def centre(self) -> None:
        """Keep the spread in the middle again."""
        self._set_centred(is_centred=True)
        self._arrange(0)
        self._surface.update()

    def row_area(self, number: int) -> QRect:
        """Where a row is drawn on the viewport."""
        below = ROW_HEIGHT * number if number < 0 else SPREAD_HEIGHT + ROW_HEIGHT * (number - 1)
        return QRect(0, self._spread_top() + below, self._surface.width(), ROW_HEIGHT)

    def row_at(self, y: int) -> int:
        """The number of the row at a height of the viewport, 0 for none."""
        from_spread = y - self._spread_top()
        if from_spread < 0:
            number = from_spread // ROW_HEIGHT
            return number if number >= -len(self._look.asks) else 0
        number = (from_spread - SPREAD_HEIGHT) // ROW_HEIGHT + 1
        return max(0, number) if number <= len(self._look.bids) else 0

    def explanation(self, number: int) -> str:
        """A row in words, with its exact figures."""
        row = self._row(number)
        if row is None:
            return ""
        side = _("Ask") if number < 0 else _("Bid")
        lines = [f"{side} {row.price_text}  {row.change}"]
        at_least = _("at least {n}") if row.is_partial else "{n}"
        lines.append(_("Size: {n}").format(n=at_least.format(n=row.size)))
        lines.append(_("Up to here: {n}").format(n=at_least.format(n=row.cumulative_exact)))
        if row.is_partial:
            lines.append(_("The exchange sends 30 levels; this row may go on beyond them."))
        if self.provenance:
            lines.append(self.provenance)
        return "\n".join(lines)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        assert event is not None  # noqa: S101 -- Qt always passes one
        painter = QPainter(self._surface)
        look, exposed = self._look, event.rect()
        painter.fillRect(exposed, self._theme.colour("bg1"))
        self._painter.measure(self._surface.width(), look)
        for side, rows, sign in (("ask", look.asks, -1), ("bid", look.bids, 1)):
            shown = [
                (area, row)
                for place, row in enumerate(rows, 1)
                if (area := self.row_area(sign * place)).intersects(exposed)
            ]
            self._painter.paint_side(painter, shown, side, stale=look.is_stale)
        if look.is_loading:
            self._painter.paint_skeleton(painter, self._surface.rect())
        elif look.asks or look.bids:
            area = QRect(0, self._spread_top(), self._surface.width(), SPREAD_HEIGHT)
            if area.intersects(exposed):
                self._painter.paint_spread(painter, area, look)
        if self._current and self.hasFocus():
            self._painter.paint_frame(painter, self.row_area(self._current), "acc")
        painter.end()
        self.frames_painted += 1

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 -- Qt's name
        distance = self._bar.value() - self._centre_value()
        super().resizeEvent(event)
        self._arrange(distance)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 -- Qt's name
        """Arrows move from row to row, Enter chooses its price, Home returns to the spread."""
        assert event is not None  # noqa: S101 -- Qt always passes one
        key = event.key()
        if key == Qt.Key.Key_Up:
            self._move(-1)
        elif key == Qt.Key.Key_Down:
            self._move(1)
        elif key == Qt.Key.Key_Home:
            self._current = 0
            self.centre()
        elif key in _CHOOSING and self._current:
            self._choose(self._current)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 -- Qt's name
        assert event is not None  # noqa: S101 -- Qt always passes one
        if event.button() is Qt.MouseButton.LeftButton:
            self._choose(self.row_at(event.pos().y()))

    def viewportEvent(self, event: QEvent | None) -> bool:  # noqa: N802 -- Qt's name
        """Explain what is under the cursor."""
        if isinstance(event, QHelpEvent):
            number = self.row_at(event.pos().y())
            text = self.explanation(number) if number else self._explained_spread(event.pos())
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().viewportEvent(event)

    def _row(self, number: int) -> LadderRowLook | None:
        rows = self._look.asks if number < 0 else self._look.bids
        place = abs(number) - 1
        return rows[place] if 0 <= place < len(rows) else None

    def _height(self) -> int:
        return ROW_HEIGHT * (len(self._look.asks) + len(self._look.bids)) + SPREAD_HEIGHT

    def _spread_top(self) -> int:
        """The spread row's top on the viewport; a short book stands in the middle."""
        above, below = (ROW_HEIGHT * len(side) for side in (self._look.asks, self._look.bids))
        room = self._surface.height() - SPREAD_HEIGHT
        if above + below <= room:
            return min(max(above, room // 2), room - below)
        return above - int(self._bar.value())

    def _centre_value(self) -> int:
        above = ROW_HEIGHT * len(self._look.asks) + SPREAD_HEIGHT // 2
        return above - self._surface.height() // 2

    def _arrange(self, distance: int) -> None:
        """Set the scroll bar's range, and its value to `distance` from the centre."""
        value = self._centre_value() + (0 if self._is_centred else distance)
        self._set_scroll(self._height(), value)

    def _scrolled(self) -> None:
        self._set_centred(is_centred=False)

    def _set_centred(self, *, is_centred: bool) -> None:
        if is_centred != self._is_centred:
            self._is_centred = is_centred
            self.centred_changed.emit(is_centred)

    def _move(self, step: int) -> None:
        number = self._current + step
        if number == 0 and self._current:
            number += step
        if self._row(number) is None:
            return
        self._current = number
        self._bring_into_sight(self.row_area(number))
        self.setAccessibleDescription(self.explanation(number))
        self._surface.update()

    def _choose(self, number: int) -> None:
        row = self._row(number) if number else None
        if row is not None:
            self._current = number
            self.price_chosen.emit(row.price)
            self._surface.update()

    def _explained_spread(self, place: QPoint) -> str:
        area = QRect(0, self._spread_top(), self._surface.width(), SPREAD_HEIGHT)
        return self._look.spread_explained if area.contains(place) else ""
