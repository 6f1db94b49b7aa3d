"""Which trouble the metrics screen tells, and where its log lines are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upbit_auto_trading.application.metrics_grades import Grade
from upbit_auto_trading.presentation.screens import metrics_trouble_words as trouble_words
from upbit_auto_trading.presentation.viewmodels.stakes import stakes_of
from upbit_auto_trading.presentation.widgets.metrics_trouble import TroublePanel

if TYPE_CHECKING:
    from upbit_auto_trading.application.metrics_reading import Readings, Trouble
    from upbit_auto_trading.application.paper_service import PaperTrading
    from upbit_auto_trading.presentation.screens.log_screen import LogTarget
    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.viewmodels.metrics_overview import MetricsOverview
    from upbit_auto_trading.presentation.widgets.metrics_head import MetricsHead


class MetricsTroubles:
    """Shows the trouble the user chose while it is told, else the gravest that is bad now.

    What has ended and still shows in a figure is told in the head, and in the panel when chosen.
    """

    def __init__(self, theme: Theme, head: MetricsHead) -> None:
        self._head = head
        self.panel = TroublePanel(theme)
        self.trading: PaperTrading | None = None
        self._chosen: Trouble | None = None
        self._shown: Trouble | None = None

    def choose(self, trouble: Trouble | None) -> None:
        """Tell that trouble from now on, while it is there."""
        self._chosen = trouble

    def show(self, overview: MetricsOverview, readings: Readings) -> None:
        """Bring panel and summary up to date."""
        grades = {trouble: grade for trouble, _metric, grade in readings.troubles}
        if self._chosen not in grades:
            self._chosen = None
        shown, worst = self._chosen, next(iter(grades), None)
        is_bad = worst is not None and grades[worst] is Grade.BAD
        if shown is None and is_bad and worst not in readings.over:
            shown = worst
        self._shown = shown
        self._head.show_summary("" if shown is not None else trouble_words.summary(readings))
        if shown is None:
            self.panel.show_look(None)
            return
        stakes = None if self.trading is None else stakes_of(self.trading.runs.views())
        since = overview.since(shown)
        self.panel.show_look(trouble_words.look(shown, grades[shown], readings, since, stakes))

    def hide(self) -> None:
        """Tell nothing: what is shown belongs to an exchange that is let go."""
        self._shown = None
        self.panel.show_look(None)

    def log_target(self) -> LogTarget:
        """The log lines behind the trouble shown; all of them while none is."""
        from upbit_auto_trading.presentation.screens.log_screen import (  # noqa: PLC0415 -- only when asked for
            LogTarget,
        )

        if self._shown is None:
            return LogTarget()
        return LogTarget(words=trouble_words.log_words(self._shown))
