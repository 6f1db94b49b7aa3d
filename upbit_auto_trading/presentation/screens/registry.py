"""The screens of the window, in the order of the rail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens.account_screen import AccountScreen
from upbit_auto_trading.presentation.screens.backtest_screen import BacktestScreen
from upbit_auto_trading.presentation.screens.log_screen import LogScreen
from upbit_auto_trading.presentation.screens.market_screen import MarketScreen
from upbit_auto_trading.presentation.screens.metrics_screen import MetricsScreen
from upbit_auto_trading.presentation.screens.strategy_screen import StrategyScreen
from upbit_auto_trading.presentation.screens.trigger_screen import TriggerScreen

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_auto_trading.presentation.screens.screen import Screen, ScreenContext


@dataclass(frozen=True, slots=True)
class ScreenEntry:
    """One screen: its name in the program and on the command line, its icon, word and keys.

    `make` is None for the two screens that the window itself holds. `search` are further words
    under which the command palette finds it.
    """

    name: str
    icon: str
    words: str
    make: Callable[[ScreenContext], Screen] | None = None
    keys: str = ""
    search: str = ""
    is_last: bool = False


def screen_entries() -> tuple[ScreenEntry, ...]:
    """Every screen, worded in the language of now."""
    return (
        ScreenEntry("market", "store", _("Market"), MarketScreen, search="market table"),
        ScreenEntry("chart", "chart-candlestick", _("Chart"), search="chart"),
        ScreenEntry("trigger", "git-branch", _("Trigger"), TriggerScreen, search="trigger builder"),
        ScreenEntry("strategy", "layers", _("Strategy"), StrategyScreen, search="strategy rules"),
        ScreenEntry(
            "backtest", "history", _("Backtest"), BacktestScreen, search="backtest history"
        ),
        ScreenEntry(
            "account",
            "wallet",
            _("Account"),
            AccountScreen,
            search="account paper position journal",
        ),
        ScreenEntry(
            "metrics",
            "activity",
            _("Subscriptions"),
            MetricsScreen,
            search="subscription metrics latency swap",
        ),
        ScreenEntry("log", "scroll-text", _("Log"), LogScreen, search="log errors warnings"),
        ScreenEntry(
            "settings", "settings", _("Settings"), keys="Ctrl+,", search="settings", is_last=True
        ),
    )
