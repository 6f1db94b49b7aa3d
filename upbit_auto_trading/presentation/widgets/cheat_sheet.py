"""Every key of the window on one card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QKeyEvent

    from upbit_auto_trading.presentation.theme import Theme

_COLUMNS: Final = 3
_EDGE: Final = 20
_STEP: Final = 40
_STEPS: Final = (Qt.Key.Key_Down, Qt.Key.Key_Up)


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
        page = QWidget()
        page.setObjectName("overlay-page")
        columns = QHBoxLayout(page)
        columns.setContentsMargins(0, 0, 8, 0)
        columns.setSpacing(34)
        for filled in _shared_out(groups):
            column = QVBoxLayout()
            column.setSpacing(16)
            for title, keys in filled:
                column.addLayout(_group(theme, title, keys))
            column.addStretch(1)
            columns.addLayout(column)
        self._scroll = QScrollArea()
        self._scroll.setObjectName("overlay-page")
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(page)
        self._page = page
        body = QVBoxLayout(self)
        body.setContentsMargins(20, 16, 20, 20)
        body.setSpacing(14)
        body.addLayout(head)
        body.addWidget(self._scroll, 1)
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
            page, chrome = self._page.sizeHint(), self.sizeHint() - self._scroll.sizeHint()
            self.resize(
                min(page.width() + 48, parent.width() - _EDGE),
                min(page.height() + chrome.height(), parent.height() - _EDGE),
            )
            self.move((parent.width() - self.width()) // 2, (parent.height() - self.height()) // 2)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 -- Qt's name
        if event is not None and event.key() == Qt.Key.Key_Escape:
            self.close_sheet()
            return
        bar = self._scroll.verticalScrollBar()
        if event is not None and bar is not None and event.key() in _STEPS:
            bar.setValue(bar.value() + (_STEP if event.key() == Qt.Key.Key_Down else -_STEP))
            return
        super().keyPressEvent(event)


def _shared_out(
    groups: Sequence[tuple[str, Sequence[tuple[str, str]]]],
) -> list[list[tuple[str, Sequence[tuple[str, str]]]]]:
    """Share the groups out to columns, in their order, each to the one that is shortest."""
    columns: list[list[tuple[str, Sequence[tuple[str, str]]]]] = [[] for _ in range(_COLUMNS)]
    heights = [0] * _COLUMNS
    for title, keys in groups:
        place = heights.index(min(heights))
        columns[place].append((title, keys))
        heights[place] += len(keys) + 2
    return columns


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
