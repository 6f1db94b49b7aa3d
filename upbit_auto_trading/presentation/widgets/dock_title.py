"""The thin bar above a pane that can be taken hold of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QToolButton

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QWidget

    from upbit_auto_trading.presentation.theme import Theme

_HEIGHT: Final = 24
_ICON: Final = 14


class DockTitle(QFrame):
    """A grip, the pane's name, a button to let it float or dock, and one to hide it.

    It leaves the mouse to the dock below, which moves the pane.
    """

    float_pressed = pyqtSignal()
    hide_pressed = pyqtSignal()

    def __init__(self, theme: Theme, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._title = title
        self.setObjectName("dock-title")
        self.setFixedHeight(_HEIGHT)
        self.setCursor(Qt.CursorShape.SizeAllCursor)
        grip = Text(theme)
        grip.show_icon("grip-vertical", "text-3", _ICON)
        self._float = self._button("maximize-2")
        self._float.clicked.connect(self.float_pressed)
        hide = self._button("eye-off")
        hide.setToolTip(_("Hide this pane"))
        hide.setAccessibleName(_("Hide: {pane}").format(pane=title))
        hide.clicked.connect(self.hide_pressed)
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 0, 4, 0)
        row.setSpacing(5)
        row.addWidget(grip)
        row.addWidget(Text(theme, "small-strong", "text-2", title))
        row.addStretch(1)
        row.addWidget(self._float)
        row.addWidget(hide)
        self.show_floating(is_floating=False)

    def show_floating(self, *, is_floating: bool) -> None:
        """Say what the first button does now."""
        icon = "minimize-2" if is_floating else "maximize-2"
        words = _("Put back") if is_floating else _("Own window")
        self._float.setIcon(self._theme.icon(icon, "text-2", _ICON))
        self._float.setToolTip(words)
        self._float.setAccessibleName(f"{words}: {self._title}")

    def _button(self, icon: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName("dock-button")
        button.setIcon(self._theme.icon(icon, "text-2", _ICON))
        button.setIconSize(QSize(_ICON, _ICON))
        button.setCursor(Qt.CursorShape.ArrowCursor)
        return button
