"""The tape's rows: newest on top; what the user scrolled to stays where it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QHelpEvent, QPainter
from PyQt6.QtWidgets import QToolTip

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets import coin_amount
from upbit_auto_trading.presentation.widgets.figure_painter import figure_font
from upbit_auto_trading.presentation.widgets.painted_rows import PaintedRows

if TYPE_CHECKING:
    from PyQt6.QtGui import QKeyEvent, QPaintEvent, QResizeEvent
    from PyQt6.QtWidgets import QWidget

    from upbit_auto_trading.presentation.theme import Theme

ROW_HEIGHT: Final = 21
_PAD: Final = 10
_GAP: Final = 6
_ROOM: Final = 13
_PRICE_SHARE: Final = 0.57


@dataclass(frozen=True, slots=True)
class TapeRowLook:
    """One trade, worded. `size` has all eight decimals; `number` is unique in the tape."""

    number: int
    time: str
    price: str
    size: str
    ink: str
    arrow: str
    spoken: str
    is_large: bool = False

    def sized(self, *, is_large: bool) -> TapeRowLook:
        """The same trade, marked as large or as usual."""
        return replace(self, is_large=is_large)


@dataclass(frozen=True, slots=True)
class TapeLook:
    """The tape, worded, newest trade first."""

    rows: tuple[TapeRowLook, ...] = ()
    spoken: str = ""
    is_stale: bool = False
    is_loading: bool = False


class TapeView(PaintedRows):
    """Paints the rows in sight. `top_changed` tells whether the newest row is among them."""

    top_changed = pyqtSignal(bool)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(_("Trades"), ROW_HEIGHT, parent)
        self._theme = theme
        self._look = TapeLook()
        self._current = -1
        self._is_at_top = True

    @property
    def is_at_top(self) -> bool:
        """Whether the newest trade is in sight."""
        return self._is_at_top

    @property
    def look(self) -> TapeLook:
        """What is shown."""
        return self._look

    def show_look(self, look: TapeLook) -> None:
        """Show other rows; rows that were scrolled to stay under the user's eyes."""
        value = 0 if self._is_at_top else self._value_after(look)
        current = self._row(self._current)
        self._look = look
        if current is not None:
            self._current = self._place_of(current.number)
        self._arrange(value)
        if (look.spoken or _("Trades")) != self.accessibleName():
            self.setAccessibleName(look.spoken or _("Trades"))
        self._surface.update()

    def to_top(self) -> None:
        """Show the newest trades again."""
        self._bar.setValue(0)

    def row_area(self, place: int) -> QRect:
        """Where a row is drawn on the viewport; 0 is the newest."""
        top = place * ROW_HEIGHT - self._bar.value()
        return QRect(0, top, self._surface.width(), ROW_HEIGHT)

    def rows_in_sight(self) -> range:
        """The places of the rows on the viewport."""
        first = self._bar.value() // ROW_HEIGHT
        last = (self._bar.value() + self._surface.height() - 1) // ROW_HEIGHT
        return range(first, min(len(self._look.rows), last + 1))

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        assert event is not None  # noqa: S101 -- Qt always passes one
        painter = QPainter(self._surface)
        painter.fillRect(event.rect(), self._theme.colour("bg1"))
        if self._look.is_loading:
            self._paint_skeleton(painter)
        self._paint_rows(painter)
        if self.hasFocus() and self._row(self._current) is not None:
            painter.setPen(self._theme.pen("acc"))
            painter.drawRect(self.row_area(self._current).adjusted(0, 0, -1, -1))
        painter.end()
        self.frames_painted += 1

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 -- Qt's name
        super().resizeEvent(event)
        self._arrange(self._bar.value())

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 -- Qt's name
        """Arrows move from trade to trade, Home returns to the newest."""
        assert event is not None  # noqa: S101 -- Qt always passes one
        if event.key() == Qt.Key.Key_Up:
            self._move(max(0, self._current - 1))
        elif event.key() == Qt.Key.Key_Down:
            self._move(self._current + 1)
        elif event.key() == Qt.Key.Key_Home:
            self._move(0)
        else:
            super().keyPressEvent(event)

    def viewportEvent(self, event: QEvent | None) -> bool:  # noqa: N802 -- Qt's name
        """Tell the whole trade under the cursor."""
        if isinstance(event, QHelpEvent):
            row = self._row((event.pos().y() + self._bar.value()) // ROW_HEIGHT)
            QToolTip.showText(event.globalPos(), row.spoken if row else "", self)
            return True
        return super().viewportEvent(event)

    def _row(self, place: int) -> TapeRowLook | None:
        return self._look.rows[place] if 0 <= place < len(self._look.rows) else None

    def _place_of(self, number: int) -> int:
        return next((n for n, row in enumerate(self._look.rows) if row.number == number), -1)

    def _value_after(self, look: TapeLook) -> int:
        """Where the bar stands when the first row in sight keeps its place on screen."""
        value = self._bar.value()
        places = {row.number: place for place, row in enumerate(look.rows)}
        for place in self.rows_in_sight():
            moved_to = places.get(self._look.rows[place].number)
            if moved_to is not None:
                return value + (moved_to - place) * ROW_HEIGHT
        return value

    def _arrange(self, value: int) -> None:
        self._set_scroll(len(self._look.rows) * ROW_HEIGHT, value)
        self._scrolled()

    def _scrolled(self) -> None:
        is_at_top = self._bar.value() == 0
        if is_at_top != self._is_at_top:
            self._is_at_top = is_at_top
            self.top_changed.emit(is_at_top)

    def _move(self, place: int) -> None:
        row = self._row(place)
        if row is None:
            return
        self._current = place
        self._bring_into_sight(self.row_area(place))
        self.setAccessibleDescription(row.spoken)
        self._surface.update()

    def _paint_skeleton(self, painter: QPainter) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour("bg2"))
        width = self._surface.width()
        for top in range(0, self._surface.height() - ROW_HEIGHT, ROW_HEIGHT):
            for left, length in (
                (_PAD, 52),
                (width * _PRICE_SHARE - 84, 84),
                (width - _PAD - 72, 72),
            ):
                painter.drawRoundedRect(QRectF(left, top + 6, length, ROW_HEIGHT - 12), 2, 2)

    def _paint_rows(self, painter: QPainter) -> None:
        theme, stale = self._theme, self._look.is_stale
        figures = figure_font("control", ROW_HEIGHT, italic=stale)
        painter.setFont(figures.font)
        shown = [(self.row_area(place), self._look.rows[place]) for place in self.rows_in_sight()]
        width = self._surface.width()
        right, time_right = width - _PAD, _PAD + figures.number_width("00.00.00")
        longest = max((f"{row.arrow} {row.price}" for _, row in shown), key=len, default="")
        price_right = max(width * _PRICE_SHARE, time_right + _GAP + figures.width(longest))
        room = min(_ROOM, int((right - price_right - _GAP) / figures.number_width("0")))
        faint = theme.colour("trailing-zero")
        ink = theme.colour("text-3" if stale else "text-1")
        for area, row in shown:
            top = area.top()
            if row.is_large:
                painter.fillRect(area, theme.colour(f"{row.ink}-bg"))
            painter.setPen(theme.colour("text-2" if row.is_large and not stale else "text-3"))
            figures.draw_kept(painter, time_right, top, row.time)
            painter.setPen(theme.colour("text-3" if stale else row.ink))
            figures.draw_kept(painter, price_right, top, f"{row.arrow} {row.price}")
            significant, zeros = coin_amount.split(row.size, room)
            left = right - figures.number_width(zeros)
            if zeros:
                painter.setPen(faint)
                painter.drawText(QPointF(left, top + figures.baseline), zeros)
            painter.setPen(ink)
            left -= figures.number_width(significant)
            painter.drawText(QPointF(left, top + figures.baseline), significant)
