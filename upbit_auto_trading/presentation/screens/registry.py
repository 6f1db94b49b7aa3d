"""The screens of the window, in the order of the rail."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from upbit_auto_trading.presentation.i18n import _

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


def _later(module: str, name: str) -> Callable[[ScreenContext], Screen]:
    """Return what makes a screen; its module is imported at the latest when it is opened first.

    All of them together would hold up the first price on screen by a third of a second.
    """

    def make(context: ScreenContext) -> Screen:
        found = getattr(import_module(f"{__package__}.{module}"), name)
        made: Screen = found(context)
        return made

    return make


def screen_modules() -> list[str]:
    """Every module that screens are made of, those first that others are built on.

    Imported one at a time while nothing else is to be done, a screen's first opening needn't.
    """
    base = __package__.rpartition(".")[0]
    return [
        f"{base}.{part}.{module.name}"
        for part in ("widgets", "viewmodels", "screens")
        for module in iter_modules(import_module(f"{base}.{part}").__path__)
    ]


def screen_entries() -> tuple[ScreenEntry, ...]:
    """Every screen, worded in the language of now."""
    return (
        ScreenEntry(
            "market",
            "store",
            _("Market"),
            _later("market_screen", "MarketScreen"),
            search="market table",
        ),
        ScreenEntry("chart", "chart-candlestick", _("Chart"), search="chart"),
        ScreenEntry(
            "trigger",
            "git-branch",
            _("Trigger"),
            _later("trigger_screen", "TriggerScreen"),
            search="trigger builder",
        ),
        ScreenEntry(
            "strategy",
            "layers",
            _("Strategy"),
            _later("strategy_screen", "StrategyScreen"),
            search="strategy rules",
        ),
        ScreenEntry(
            "backtest",
            "history",
            _("Backtest"),
            _later("backtest_screen", "BacktestScreen"),
            search="backtest history",
        ),
        ScreenEntry(
            "account",
            "wallet",
            _("Account"),
            _later("account_screen", "AccountScreen"),
            search="account paper position journal",
        ),
        ScreenEntry(
            "metrics",
            "activity",
            _("Subscriptions"),
            _later("metrics_screen", "MetricsScreen"),
            search="subscription metrics latency swap",
        ),
        ScreenEntry(
            "log",
            "scroll-text",
            _("Log"),
            _later("log_screen", "LogScreen"),
            search="log errors warnings",
        ),
        ScreenEntry(
            "settings", "settings", _("Settings"), keys="Ctrl+,", search="settings", is_last=True
        ),
    )
