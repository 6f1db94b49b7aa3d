"""A pane with its head: icon, title, a quiet line beside it, and room for controls at the right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from upbit_auto_trading.presentation.widgets.elided_text import ElidedText
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from upbit_auto_trading.presentation.theme import Theme

_HEAD: Final = 30


class Pane(QFrame):
    """A surface with a title; `body` takes what it shows."""

    def __init__(
        self, theme: Theme, icon: str, title: str, detail: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("pane")
        self.setAccessibleName(title)
        head = QFrame()
        head.setObjectName("pane-head")
        head.setFixedHeight(_HEAD)
        self._row = QHBoxLayout(head)
        self._row.setContentsMargins(10, 0, 6, 0)
        self._row.setSpacing(7)
        mark = Text(theme)
        mark.show_icon(icon, "text-2", 15)
        self._title = Text(theme, "control-strong", "text-1", title)
        self._detail = ElidedText(theme, "small", "text-3", detail).shrink()
        self._row.addWidget(mark)
        self._row.addWidget(self._title)
        self._row.addWidget(self._detail, 1)
        self.body = QVBoxLayout()
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(head)
        column.addLayout(self.body, 1)

    def add_control(self, control: QWidget) -> None:
        """Put a control at the right end of the head."""
        self._row.addWidget(control)

    def show_detail(self, detail: str) -> None:
        """Change the quiet line beside the title."""
        self._detail.show_text(detail)
        self._detail.setToolTip(detail)
