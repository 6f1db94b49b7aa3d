"""The line on top of the metrics screen: title, how many figures are good, range, actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton

from upbit_auto_trading.presentation.widgets.elided_text import ElidedText
from upbit_auto_trading.presentation.widgets.metrics_tile import GLYPHS
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtWidgets import QWidget

    from upbit_auto_trading.presentation.theme import Theme

HEIGHT: Final = 38


class _Chip(QFrame):
    """A glyph, a word and a number."""

    def __init__(self, theme: Theme, state: str) -> None:
        super().__init__()
        self._state = state
        self.setObjectName("state-chip")
        self.setProperty("state", state)
        self.setFixedHeight(22)
        self._icon = Text(theme)
        self._icon.show_icon(GLYPHS[state], state, 13)
        self._text = Text(theme, "control-strong", state)
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 1, 8, 1)
        row.setSpacing(4)
        row.addWidget(self._icon)
        row.addWidget(self._text)

    def show_count(self, word: str, count: int) -> None:
        self.setVisible(bool(count))
        self._text.show_text(f"{word} {count}")


class MetricsHead(QFrame):
    """Passive: shows counts and a sentence, tells which range and which action is asked for."""

    span_chosen = pyqtSignal(str)
    action_chosen = pyqtSignal(str)

    def __init__(
        self,
        theme: Theme,
        title: str,
        spans: Sequence[tuple[str, str]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setObjectName("pane")
        self.setFixedHeight(HEIGHT)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 0, 8, 0)
        self._row.setSpacing(8)
        self._row.addWidget(Text(theme, "card", "text-1", title))
        self._chips = {state: _Chip(theme, state) for state in ("good", "warn", "bad")}
        for chip in self._chips.values():
            chip.hide()
            self._row.addWidget(chip)
        self._summary = ElidedText(theme, "body", "text-2").shrink()
        self._row.addWidget(self._summary, 1)
        self._spans = QButtonGroup(self)
        self._values = [value for value, _words in spans]
        for place, (_value, words) in enumerate(spans):
            button = QPushButton(words)
            button.setObjectName("choice")
            button.setCheckable(True)
            button.setChecked(place == 0)
            button.setAccessibleName(words)
            self._spans.addButton(button, place)
            self._row.addWidget(button)
        self._spans.idClicked.connect(lambda place: self.span_chosen.emit(self._values[place]))
        self._buttons: dict[str, tuple[QPushButton, str]] = {}

    def add_action(self, name: str, icon: str, words: str) -> QPushButton:
        """Put a button at the right end."""
        button = QPushButton(f" {words}")
        button.setIcon(self._theme.icon(icon, "text-2", 14))
        button.setAccessibleName(words)
        button.clicked.connect(lambda: self.action_chosen.emit(name))
        self._buttons[name] = (button, words)
        self._row.addWidget(button)
        return button

    def show_action(self, name: str, *, is_shown: bool) -> None:
        """Offer an action, or don't."""
        self._buttons[name][0].setVisible(is_shown)

    def choose_span(self, value: str) -> None:
        """Mark a range as the one shown."""
        button = self._spans.button(self._values.index(value))
        if button is not None:
            button.setChecked(True)

    def show_counts(self, counts: Sequence[tuple[str, str, int]]) -> None:
        """Show how many figures have which state: (state, word, number)."""
        for state, word, count in counts:
            self._chips[state].show_count(word, count)

    def show_summary(self, sentence: str) -> None:
        """Show the sentence beside the counts."""
        self._summary.show_text(sentence)
        self._summary.setToolTip(sentence)

    def set_compact(self, *, compact: bool) -> None:
        """Leave the buttons' words to their tooltips where there is little room."""
        for button, words in self._buttons.values():
            button.setText("" if compact else f" {words}")
            button.setToolTip(words)
