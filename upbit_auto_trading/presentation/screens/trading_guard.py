"""Stopping everything, from anywhere: a button always in sight, keys that always work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QObject, Qt, pyqtSignal
from PyQt6.QtGui import QKeySequence, QShortcut
from PyQt6.QtWidgets import QPushButton

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QWidget

    from upbit_auto_trading.application.paper_service import PaperTrading
    from upbit_auto_trading.application.paper_views import StopReport
    from upbit_auto_trading.presentation.theme import Theme

STOP_KEYS: Final = "Ctrl+Shift+X"


class TradingGuard(QObject):
    """Stops every run of the account attached; `told` says what that did."""

    told = pyqtSignal(str)

    def __init__(self, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self._trading: PaperTrading | None = None
        self._tasks = TaskOwner("trading-guard")
        self.button = QPushButton(" " + _("Stop everything"))
        self.button.setObjectName("stop-button")
        self.button.setIcon(theme.icon("octagon-x", "bad", 14))
        self.button.setAccessibleName(_("Stop everything"))
        self.button.setToolTip(
            _("Cancels open orders and suspends every strategy at once ({keys})").format(
                keys=STOP_KEYS
            )
        )
        self.button.clicked.connect(self.stop_everything)
        keys = QShortcut(QKeySequence(STOP_KEYS), window)
        keys.setContext(Qt.ShortcutContext.ApplicationShortcut)
        keys.setAutoRepeat(False)
        keys.activated.connect(self.stop_everything)

    @property
    def live_runs(self) -> int:
        """How many strategies run."""
        if self._trading is None:
            return 0
        return sum(view.is_live for view in self._trading.runs.views())

    def attach(self, trading: PaperTrading | None) -> None:
        """Guard this account."""
        self._trading = trading
        self._tasks = TaskOwner("trading-guard")

    async def detach(self) -> None:
        """Guard none; a stop underway is waited for."""
        self._trading = None
        await self._tasks.close()

    def stop_everything(self) -> None:
        """Stop everything now. Harmless when repeated."""
        if self._trading is None:
            self.told.emit(_("There is nothing to stop: no account is open."))
            return
        self._tasks.start(self._stop(self._trading), "stop-everything")

    async def _stop(self, trading: PaperTrading) -> None:
        report = await trading.stop_everything()
        self.told.emit(stop_words(report))


def stop_words(report: StopReport) -> str:
    """What stopping everything did."""
    text = _(
        "Everything is stopped: {runs} strategies suspended, {orders} orders cancelled."
    ).format(runs=len(report.suspended), orders=len(report.cancelled))
    if report.failed:
        text += " " + _("{n} couldn't be kept on disk yet; they are stopped all the same.").format(
            n=len(report.failed)
        )
    return f"{text} {_('Allow orders again on the account screen.')}"
