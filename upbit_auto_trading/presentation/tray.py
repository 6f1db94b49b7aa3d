"""The icon in the system's tray: the window back, everything stopped, the program ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QMenu, QSystemTrayIcon

from upbit_auto_trading.presentation.i18n import _

if TYPE_CHECKING:
    from upbit_auto_trading.presentation.theme import Theme


class Tray(QObject):
    """Present where the desktop has a tray; shown while the window is hidden or alerts come."""

    window_wanted = pyqtSignal()
    stop_wanted = pyqtSignal()
    end_wanted = pyqtSignal()

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._icon = QSystemTrayIcon(theme.icon("chart-candlestick", "acc", 32), self)
        self._icon.setToolTip(_("Upbit Auto Trading"))
        self._menu = QMenu()
        for words, signal in (
            (_("Open the window"), self.window_wanted),
            (_("Stop everything"), self.stop_wanted),
            (_("End the program"), self.end_wanted),
        ):
            action = QAction(words, self._menu)
            action.triggered.connect(signal)
            self._menu.addAction(action)
        self._icon.setContextMenu(self._menu)
        self._icon.activated.connect(self._activated)

    @staticmethod
    def is_available() -> bool:
        """Whether this desktop has a tray."""
        return QSystemTrayIcon.isSystemTrayAvailable()

    def show(self) -> None:
        """Show the icon."""
        self._icon.show()

    def tell(self, title: str, text: str) -> None:
        """Let the desktop show a notice; nothing where it has no tray."""
        if self.is_available():
            self._icon.show()
            self._icon.showMessage(title, text, self._icon.icon())

    def hide(self) -> None:
        """Take the icon away."""
        self._icon.hide()

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason is not QSystemTrayIcon.ActivationReason.Context:
            self.window_wanted.emit()
