"""What a result rests on, read before the result: one row each, with a mark where care is due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.presentation.theme import Theme


@dataclass(frozen=True, slots=True)
class AssumptionLook:
    """One row; `tone` is `good`, `warn` or `bad`."""

    icon: str
    label: str
    text: str
    tone: str = "good"


_MARKS: Final = {"good": "check", "warn": "triangle-alert", "bad": "octagon-alert"}


class AssumptionList(QScrollArea):
    """Passive: shows rows."""

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setObjectName("pane")
        self.setAccessibleName(name)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def show_rows(self, rows: Sequence[AssumptionLook]) -> None:
        """Show these rows in place of those before."""
        inside = QWidget()
        inside.setObjectName("pane")
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for row in rows:
            column.addWidget(self._row(row))
        column.addStretch(1)
        self.setWidget(inside)

    def _row(self, look: AssumptionLook) -> QFrame:
        theme = self._theme
        frame = QFrame()
        frame.setObjectName("assumption")
        frame.setProperty("tone", look.tone)
        frame.setAccessibleName(f"{look.label}: {look.text}")
        icon, mark = Text(theme), Text(theme)
        icon.show_icon(look.icon, "text-3" if look.tone == "good" else look.tone, 15)
        mark.show_icon(_MARKS[look.tone], look.tone, 14)
        label = Text(theme, "small", "text-3" if look.tone == "good" else look.tone, look.label)
        words = Text(theme, "control", "text-1", look.text)
        words.setWordWrap(True)
        middle = QVBoxLayout()
        middle.setSpacing(1)
        middle.addWidget(label)
        middle.addWidget(words)
        row = QHBoxLayout(frame)
        row.setContentsMargins(10, 6, 10, 6)
        row.setSpacing(9)
        row.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(middle, 1)
        row.addWidget(mark)
        return frame
