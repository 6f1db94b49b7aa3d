"""The help button: first steps and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QMenu, QToolButton

from upbit_auto_trading.presentation.i18n import _

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QWidget

    from upbit_auto_trading.presentation.theme import Theme


class HelpButton(QToolButton):
    """Passive: tells what is asked for."""

    first_steps_pressed = pyqtSignal()
    keys_pressed = pyqtSignal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bar-button")
        self.setIcon(theme.icon("circle-question-mark", "text-2", 14))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolTip(_("Help"))
        self.setAccessibleName(_("Help"))
        menu = QMenu(self)
        for words, icon, told in (
            (_("First steps"), "graduation-cap", self.first_steps_pressed),
            (_("Keyboard") + "\t?", "keyboard", self.keys_pressed),
        ):
            action = QAction(theme.icon(icon, "text-2", 14), words, menu)
            action.triggered.connect(told)
            menu.addAction(action)
        self.setMenu(menu)
