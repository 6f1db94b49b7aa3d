"""What the ladder and the tape have in common: their heads, column heads and the source line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction, QActionGroup, QPalette
from PyQt6.QtWidgets import (
    QAbstractScrollArea,
    QFrame,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from upbit_auto_trading.presentation.widgets.status_strip import StatusDot
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.market_header import SourceLook

HEAD_HEIGHT = 30
_COLUMNS_HEIGHT = 24
_SOURCE_HEIGHT = 24


class PaneHead(QFrame):
    """Icon and title, then whatever the pane adds. Beside tabs the title gives way."""

    def __init__(self, theme: Theme, icon: str, title: str) -> None:
        super().__init__()
        self.setObjectName("pane-head")
        self.setFixedHeight(HEAD_HEIGHT)
        self._icon = Text(theme)
        self._icon.show_icon(icon, "text-2", 15)
        self._title = Text(theme, "control-strong", "text-1", title)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(10, 0, 6, 0)
        self.row.setSpacing(7)
        self.row.addWidget(self._icon)
        self.row.addWidget(self._title)

    def show_title(self, *, is_shown: bool) -> None:
        self._icon.setVisible(is_shown)
        self._title.setVisible(is_shown)


class ColumnHeads(QWidget):
    """Names of columns in one line, the first at the left, the others right-aligned."""

    def __init__(self, theme: Theme, names: Sequence[str], margins: tuple[int, int]) -> None:
        super().__init__()
        self.setFixedHeight(_COLUMNS_HEIGHT)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(margins[0], 0, margins[1], 0)
        self.row.setSpacing(7)
        self.labels = [Text(theme, "small", "text-3", name) for name in names]
        self.row.addWidget(self.labels[0])
        self.row.addStretch(1)
        for label in self.labels[1:]:
            self.row.addWidget(label)


class SourceLine(QWidget):
    """A dot, the channel and the age at the left, a button at the right."""

    def __init__(self, theme: Theme, button: QPushButton) -> None:
        super().__init__()
        self.setFixedHeight(_SOURCE_HEIGHT)
        self._dot = StatusDot(theme)
        self._text = Text(theme, "small", "text-3")
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 0, 6, 0)
        row.setSpacing(6)
        row.addWidget(self._dot)
        row.addWidget(self._text)
        row.addStretch(1)
        row.addWidget(button)

    @property
    def text(self) -> str:
        """What it says."""
        return self._text.text()

    def show_look(self, look: SourceLook) -> None:
        """Show where the values come from, in italics when they aren't live."""
        ink = look.tone if look.tone in ("warn", "bad") else "text-3"
        self._text.show_text(look.text, ink, italic=look.tone in ("warn", "bad", "off"))
        self._dot.show_ink(look.tone)
        self.setToolTip(look.explanation)
        self.setAccessibleName(look.text)


class Choice(QToolButton):
    """A flat button that shows the chosen one of a few options and drops their list down."""

    def __init__(self, name: str, chosen: Callable[[int], None]) -> None:
        super().__init__()
        self._name = name
        self._chosen = chosen
        self._options: tuple[tuple[int, str], ...] = ()
        self.setObjectName("sort")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setMenu(QMenu(self))
        self.setAccessibleName(name)

    def show_options(self, options: Sequence[tuple[int, str]], chosen: int, text: str) -> None:
        """Offer `options` (value, words), mark the chosen one, and write `text` on the button."""
        if text != self.text():
            self.setText(text)
            self.setAccessibleName(f"{self._name} {text}")
        menu = self.menu()
        if menu is None:
            return
        if tuple(options) != self._options:
            self._options = tuple(options)
            menu.clear()
            group = QActionGroup(menu)
            for value, words in options:
                action = QAction(words, menu)
                action.setCheckable(True)
                action.setData(value)
                group.addAction(action)
                menu.addAction(action)
            group.triggered.connect(lambda action: self._chosen(int(action.data())))
        for action in menu.actions():
            action.setChecked(action.data() == chosen)


def message_over(theme: Theme, view: QAbstractScrollArea) -> Text:
    """Return a hidden label that stands over a view's rows, on the pane's own ground."""
    surface = view.viewport()
    label = Text(theme, "body", "text-2", parent=surface)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setWordWrap(True)
    label.setMargin(12)
    label.setAutoFillBackground(True)
    palette = label.palette()
    palette.setColor(QPalette.ColorRole.Window, theme.colour("bg1"))
    label.setPalette(palette)
    label.hide()
    column = QVBoxLayout(surface)
    column.setContentsMargins(0, 24, 0, 0)
    column.addWidget(label)
    column.addStretch(1)
    return label


def small_button(theme: Theme, icon: str, name: str) -> QPushButton:
    """A button with an icon alone and a name that is read out and shown on hovering."""
    button = QPushButton()
    button.setObjectName("segment")
    button.setIcon(theme.icon(icon, "text-2", 14))
    button.setAccessibleName(name)
    button.setToolTip(name)
    return button
