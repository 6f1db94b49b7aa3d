"""Asks, without stopping anything, what a closed window means while strategies run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QPushButton

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.elided_text import ElidedText
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from PyQt6.QtGui import QKeyEvent
    from PyQt6.QtWidgets import QWidget

    from upbit_auto_trading.presentation.theme import Theme


class CloseQuestion(QFrame):
    """A line across the window with three answers; Esc is the last of them."""

    tray_chosen = pyqtSignal()
    end_chosen = pyqtSignal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("close-question")
        icon = Text(theme)
        icon.show_icon("triangle-alert", "warn", 16)
        self._words = ElidedText(theme, "body").shrink()
        self.tray = QPushButton(_("Keep them running in the tray"))
        self.end = QPushButton(_("End; they go on with the next start"))
        self.stay = QPushButton(_("Cancel"))
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 7, 8, 7)
        row.setSpacing(8)
        row.addWidget(icon)
        row.addWidget(self._words, 1)
        for button in (self.tray, self.end, self.stay):
            row.addWidget(button)
        self.tray.clicked.connect(self._tray_clicked)
        self.end.clicked.connect(self.end_chosen)
        self.stay.clicked.connect(self.hide)
        self.hide()

    def ask(self, runs: int, *, has_tray: bool) -> None:
        """Ask; without a tray there are two answers."""
        self._words.show_text(
            _("{n} strategies are running on paper. What shall happen to them?").format(n=runs)
        )
        self.tray.setVisible(has_tray)
        self.show()
        (self.tray if has_tray else self.stay).setFocus()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 -- Qt's name
        if event is not None and event.key() == Qt.Key.Key_Escape:
            self.hide()
            return
        super().keyPressEvent(event)

    def _tray_clicked(self) -> None:
        self.hide()
        self.tray_chosen.emit()
