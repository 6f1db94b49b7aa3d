"""A row of buttons of which one is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QSize, pyqtSignal
from PyQt6.QtGui import QFontMetrics
from PyQt6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from upbit_auto_trading.presentation.theme import font

if TYPE_CHECKING:
    from collections.abc import Sequence


class _Segment(QPushButton):
    """A button with room for its words when they are bold: Qt measures them unchecked."""

    def sizeHint(self) -> QSize:  # noqa: N802 -- Qt's name
        hint = super().sizeHint()
        usual, bold = (QFontMetrics(font(name)) for name in ("control", "control-strong"))
        more = bold.horizontalAdvance(self.text()) - usual.horizontalAdvance(self.text())
        return hint + QSize(max(0, more), 0)


class Segmented(QWidget):
    """Passive: shows which value holds, tells which one is asked for.

    `choices` are each value with its word; every button is named "`label`: word".
    """

    chosen = pyqtSignal(str)

    def __init__(
        self, label: str, choices: Sequence[tuple[str, str]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._values = [value for value, _words in choices]
        self._group = QButtonGroup(self)
        self.setAccessibleName(label)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for number, (_value, words) in enumerate(choices):
            button = _Segment(words)
            button.setObjectName("segment")
            button.setCheckable(True)
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            button.setAccessibleName(f"{label}: {words}")
            self._group.addButton(button, number)
            row.addWidget(button)
        self._group.idClicked.connect(self._clicked)

    def show_value(self, value: str) -> None:
        """Mark the value that holds."""
        button = self._group.button(self._values.index(value))
        if button is not None:
            button.setChecked(True)

    def _clicked(self, number: int) -> None:
        self.chosen.emit(self._values[number])
