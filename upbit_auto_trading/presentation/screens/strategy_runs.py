"""A strategy's paper run: what the bar above its rules says and does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject

from upbit_auto_trading.presentation.screens import strategy_run_words

if TYPE_CHECKING:
    from upbit_auto_trading.application.services import Services
    from upbit_auto_trading.presentation.screens.strategy_outlook import StrategyOutlook
    from upbit_auto_trading.presentation.viewmodels.strategy_editor import StrategyEditor
    from upbit_auto_trading.presentation.widgets.strategy_run import StrategyRunBar


class StrategyRuns(QObject):
    """Joins the bar to the run of what is open; only saved versions are run."""

    def __init__(
        self,
        bar: StrategyRunBar,
        outlook: StrategyOutlook,
        editor: StrategyEditor,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._bar, self._outlook, self._editor = bar, outlook, editor
        bar.start_asked.connect(self._start)
        bar.stop_asked.connect(self._stop)
        bar.suspend_asked.connect(self._suspend)
        bar.apply_asked.connect(self._apply)

    def show(self, services: Services | None) -> None:
        """Show what the run does now."""
        trouble = "" if services is None else services.trading_trouble
        look = strategy_run_words.run_look(self._editor, self._outlook.live, trouble)
        self._bar.show_look(look)

    def _start(self) -> None:
        live, saved = self._outlook.live, self._editor.saved
        if live is not None and saved is not None:
            live.start(saved)

    def _stop(self) -> None:
        if self._outlook.live is not None:
            self._outlook.live.stop()

    def _suspend(self, is_suspended: bool) -> None:
        if self._outlook.live is not None:
            self._outlook.live.suspend(is_suspended=is_suspended)

    def _apply(self, when_flat: bool) -> None:
        live, saved = self._outlook.live, self._editor.saved
        if live is not None and saved is not None:
            live.apply(saved, when_flat=when_flat)
