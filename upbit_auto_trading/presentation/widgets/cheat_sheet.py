"""Every key of the window on one card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QKeyEvent

    from upbit_auto_trading.presentation.theme import Theme

_COLUMNS: Final = 2


class CheatSheet(QFrame):
    """Groups of (keys, what they do). Esc, `?` or its button close it."""

    def __init__(
        self,
        theme: Theme,
        groups: Sequence[tuple[str, Sequence[tuple[str, str]]]],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("overlay")
        self.setProperty("draws-focus", True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(_("Keyboard"))
        self._before: QWidget | None = None
        close = QPushButton(_("Close"))
        close.setAccessibleName(_("Close the list of keys"))
        close.clicked.connect(self.close_sheet)
        head = QHBoxLayout()
        head.addWidget(Text(theme, "title", "text-1", _("Keyboard")))
        head.addStretch(1)
        head.addWidget(close)
        grid = QGridLayout()
        grid.setHorizontalSpacing(36)
        grid.setVerticalSpacing(16)
        for number, (title, keys) in enumerate(groups):
            row, column = divmod(number, _COLUMNS)
            grid.addLayout(_group(theme, title, keys), row, column, Qt.AlignmentFlag.AlignTop)
        body = QVBoxLayout(self)
        body.setContentsMargins(20, 16, 20, 20)
        body.setSpacing(14)
        body.addLayout(head)
        body.addLayout(grid)
        body.addWidget(Text(theme, "small", "text-3", _("No single key ever sends an order.")))
        self.hide()

    def open(self) -> None:
        """Show it in the middle; the keyboard goes to it."""
        window = self.window()
        self._before = window.focusWidget() if window is not None else None
        self.place()
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def close_sheet(self) -> None:
        """Hide it; the keyboard goes back to where it was."""
        self.hide()
        if self._before is not None and self._before.isVisible():
            self._before.setFocus(Qt.FocusReason.OtherFocusReason)
        self._before = None

    def place(self) -> None:
        """Stand in the middle."""
        parent = self.parentWidget()
        if parent is not None:
            self.adjustSize()
            self.move((parent.width() - self.width()) // 2, (parent.height() - self.height()) // 2)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 -- Qt's name
        if event is not None and event.key() == Qt.Key.Key_Escape:
            self.close_sheet()
            return
        super().keyPressEvent(event)


def _group(theme: Theme, title: str, keys: Sequence[tuple[str, str]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(14)
    grid.setVerticalSpacing(7)
    grid.addWidget(Text(theme, "card", "text-1", title), 0, 0, 1, 2)
    for row, (name, words) in enumerate(keys, start=1):
        cap = Text(theme, "small-strong", "text-1", name)
        cap.setObjectName("key-cap")
        grid.addWidget(cap, row, 0, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(Text(theme, "control", "text-2", words), row, 1)
    grid.setColumnStretch(1, 1)
    return grid
