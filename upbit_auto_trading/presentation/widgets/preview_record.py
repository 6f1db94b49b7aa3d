"""One firing's evaluation: which conditions held, with every number behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from upbit_auto_trading.presentation.widgets.condition_card import TruthGlyph
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from upbit_auto_trading.presentation.theme import Theme

_WIDTH: Final = 300


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One condition: its letter, its truth (`true`, `false`, `unknown`), its numbers."""

    letter: str
    truth: str
    words: str
    numbers: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class RecordLook:
    """A firing in words."""

    title: str
    ink: str
    time: str
    price: str
    note: str = ""
    rows: tuple[RecordRow, ...] = ()
    footer: str = ""


class PreviewRecord(QFrame):
    """Passive: a card that lies over the chart."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._look: RecordLook | None = None
        self.setObjectName("overlay")
        self.setFixedWidth(_WIDTH)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._title = Text(theme, "control-strong", "text-1")
        self._time = Text(theme, "control", "text-2")
        self._price = Text(theme, "value", "text-1")
        self._note = Text(theme, "small", "warn")
        self._note.setWordWrap(True)
        self._footer = Text(theme, "small", "text-3")
        self._footer.setWordWrap(True)
        self._rows = QWidget()
        self._grid = QGridLayout(self._rows)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(6)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnStretch(2, 1)
        head = QHBoxLayout()
        head.addWidget(self._title)
        head.addStretch(1)
        head.addWidget(self._time)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(4)
        column.addLayout(head)
        for part in (self._price, self._note, self._rows, self._footer):
            column.addWidget(part)
        self.hide()

    def show_look(self, look: RecordLook | None) -> None:
        """Show a firing, or nothing."""
        if look == self._look:
            return
        self._look = look
        if look is None:
            self.hide()
            return
        self._title.show_text(look.title, look.ink)
        self._time.show_text(look.time)
        self._price.show_text(look.price)
        self._note.show_text(look.note)
        self._note.setVisible(bool(look.note))
        self._footer.show_text(look.footer)
        self._footer.setVisible(bool(look.footer))
        self._show_rows(look)
        self.setAccessibleName(
            " ".join([look.title, look.time, look.price, *(row.words for row in look.rows)])
        )
        self.adjustSize()
        self.show()
        self.raise_()

    def _show_rows(self, look: RecordLook) -> None:
        while self._grid.count():
            item = self._grid.takeAt(0)
            part = None if item is None else item.widget()
            if part is not None:
                part.hide()
                part.deleteLater()
        for number, row in enumerate(look.rows):
            glyph = TruthGlyph(self._theme)
            glyph.show_truth(row.truth)
            ink = "warn" if row.truth == "unknown" else "text-1"
            words = Text(self._theme, "small", "text-2", row.words).shrink()
            words.setToolTip(row.words)
            self._grid.addWidget(glyph, number, 0)
            self._grid.addWidget(Text(self._theme, "small-strong", "text-3", row.letter), number, 1)
            self._grid.addWidget(words, number, 2)
            self._grid.addWidget(Text(self._theme, "small-strong", ink, row.numbers), number, 3)
