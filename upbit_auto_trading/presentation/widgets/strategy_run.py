"""Whether a strategy runs, on which market, and what starts, holds and ends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.elided_text import ElidedText
from upbit_auto_trading.presentation.widgets.market_picker import MarketPicker
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from upbit_auto_trading.presentation.theme import Theme

_HEIGHT: Final = 36
_WIDE: Final = 190
_NARROW: Final = 132


@dataclass(frozen=True, slots=True)
class RunLook:
    """What a run does, in words, and what can be done with it.

    `action` is `start` or `stop`; `holds` whether it can be suspended (`suspend`) or let go on
    (`resume`), empty for neither. `change` asks how a saved change is to be applied.
    """

    words: str
    ink: str
    icon: str
    action: str = "start"
    may_act: bool = True
    hint: str = ""
    holds: str = ""
    change: str = ""


class StrategyRunBar(QFrame):
    """Passive; tells what is asked for."""

    market_chosen = pyqtSignal(str)
    start_asked = pyqtSignal()
    stop_asked = pyqtSignal()
    suspend_asked = pyqtSignal(bool)
    apply_asked = pyqtSignal(bool)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._look: RunLook | None = None
        self.market = MarketPicker()
        self._mark = Text(theme)
        self._words = ElidedText(theme, "control-strong", "text-2")
        self.action = QPushButton()
        self._hold = QPushButton()
        self._change = QFrame()
        self._change.setObjectName("finding")
        self._change.setProperty("tone", "warn")
        self._question = Text(theme, "control", "text-1")
        self._question.setWordWrap(True)
        self._now = QPushButton(_("Apply now"))
        self._later = QPushButton(_("From the next entry"))
        self._assemble()
        self.market.market_chosen.connect(self.market_chosen)
        self.action.clicked.connect(self._acted)
        self._hold.clicked.connect(self._held)
        self._now.clicked.connect(lambda: self.apply_asked.emit(False))
        self._later.clicked.connect(lambda: self.apply_asked.emit(True))

    def show_look(self, look: RunLook) -> None:
        """Show what the run does."""
        if look == self._look:
            return
        self._look = look
        self._mark.show_icon(look.icon, look.ink, 15)
        self._words.show_text(look.words, look.ink)
        self._words.setToolTip(look.words)
        is_start = look.action == "start"
        self.action.setText(_("Start on paper") if is_start else _("Stop"))
        self.action.setAccessibleName(self.action.text())
        icon = "play" if is_start else "square"
        self.action.setIcon(self._theme.icon(icon, "text-1" if look.may_act else "text-3", 13))
        self._enable(may_act=look.may_act)
        self.action.setToolTip(look.hint)
        self._hold.setVisible(bool(look.holds))
        self._hold.setText(_("Suspend") if look.holds == "suspend" else _("Resume"))
        self._hold.setAccessibleName(self._hold.text())
        self._change.setVisible(bool(look.change))
        self._question.show_text(look.change)

    def _enable(self, *, may_act: bool) -> None:
        """Enable the action; while it can't be pressed the bar keeps the keyboard for it.

        Otherwise the keyboard would move on to a control nobody asked for.
        """
        if not may_act and self.action.hasFocus():
            self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.action.setEnabled(may_act)
        if may_act and self.hasFocus():
            self.action.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_compact(self, *, compact: bool) -> None:
        """Give way to a narrow window."""
        self.market.setFixedWidth(_NARROW if compact else _WIDE)

    def _acted(self) -> None:
        if self._look is not None:
            (self.start_asked if self._look.action == "start" else self.stop_asked).emit()

    def _held(self) -> None:
        if self._look is not None:
            self.suspend_asked.emit(self._look.holds == "suspend")

    def _assemble(self) -> None:
        self.setObjectName("pane")
        line = QFrame()
        line.setFixedHeight(_HEIGHT)
        row = QHBoxLayout(line)
        row.setContentsMargins(6, 0, 6, 0)
        row.setSpacing(7)
        row.addWidget(self.market)
        row.addWidget(self._mark)
        row.addWidget(self._words, 1)
        row.addWidget(self._hold)
        row.addWidget(self.action)
        choice = QHBoxLayout(self._change)
        choice.setContentsMargins(12, 6, 6, 6)
        choice.setSpacing(6)
        choice.addWidget(self._question, 1)
        choice.addWidget(self._now)
        choice.addWidget(self._later)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(line)
        column.addWidget(self._change)
        self._change.hide()
