"""What the command palette and the list of keys say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upbit_auto_trading.domain.timeframe import parse_timeframe
from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens.registry import screen_entries
from upbit_auto_trading.presentation.screens.trading_guard import STOP_KEYS
from upbit_auto_trading.presentation.viewmodels.command_palette import PaletteEntry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.presentation.widgets.layout_button import LayoutRow


def palette_actions(timeframes: Sequence[str]) -> list[PaletteEntry]:
    """Everything that can be done, markets left out."""
    lengths = [
        PaletteEntry(
            "timeframe",
            code,
            "clock",
            _("Candles of {length}").format(
                length=formatting.timeframe_name(parse_timeframe(code))
            ),
            _("Timeframe"),
            code,
        )
        for code in timeframes
    ]
    screens = [
        PaletteEntry("screen", one.name, one.icon, one.words, one.keys or _("Screen"), one.search)
        for one in screen_entries()
    ]
    return [
        *screens,
        *lengths,
        PaletteEntry(
            "stop",
            "",
            "octagon-x",
            _("Stop everything"),
            STOP_KEYS,
            "stop everything emergency halt suspend",
        ),
        PaletteEntry(
            "target",
            "rules",
            "layers",
            _("Load the seven rules"),
            _("Strategy"),
            "seven rules template",
        ),
        PaletteEntry(
            "target",
            "trigger",
            "git-branch",
            _("Make a new trigger"),
            _("Trigger"),
            "make new trigger",
        ),
        PaletteEntry(
            "target", "order", "wallet", _("Order by hand"), _("Account"), "order buy sell ticket"
        ),
        PaletteEntry("theme", "dark", "moon", _("Dark"), _("Theme"), "dark theme"),
        PaletteEntry("theme", "light", "sun", _("Light"), _("Theme"), "light theme"),
        PaletteEntry("language", "ko", "languages", "한국어", _("Language"), "korean language"),
        PaletteEntry("language", "en", "languages", "English", _("Language"), "language 언어 영어"),
        PaletteEntry(
            "favourite", "", "star", _("Star the market shown, or no longer"), _("Markets"), "star"
        ),
        PaletteEntry(
            "metrics",
            "bundle",
            "download",
            _("Save diagnostics"),
            _("Subscriptions"),
            "diagnostics bundle zip report",
        ),
        PaletteEntry("search", "", "search", _("Find a market"), "Ctrl+F", "search find"),
        PaletteEntry("refresh", "", "refresh-cw", _("Load again"), "F5", "refresh reconnect"),
        PaletteEntry(
            "first-steps", "", "graduation-cap", _("First steps"), _("Help"), "coach help"
        ),
        PaletteEntry("help", "", "keyboard", _("Keyboard"), "?", "help keys shortcuts"),
    ]


def layout_actions(rows: Sequence[LayoutRow]) -> list[PaletteEntry]:
    """The arrangements of the chart's panes, and what can be done with them."""
    words = "layout panes"
    return [
        *(
            PaletteEntry("layout", row.key, "columns-2", row.name, _("Layout"), words)
            for row in rows
        ),
        PaletteEntry("layout-edit", "", "move", _("Move panes"), _("Layout"), "move panes layout"),
        PaletteEntry("layout-save", "", "save", _("Save as…"), _("Layout"), "save as layout"),
        PaletteEntry(
            "layout-reset", "", "rotate-ccw", _("Reset the layout"), _("Layout"), "reset layout"
        ),
    ]


def training_actions() -> list[PaletteEntry]:
    """What only a simulated exchange can be asked for."""
    return [
        PaletteEntry(
            "metrics",
            "training",
            "flask-conical",
            _("Faults and scenarios"),
            _("Training"),
            "fault scenario training demo crash surge " + _("crash, surge, listing day"),
        )
    ]


def chart_actions() -> list[PaletteEntry]:
    """What can be done with the chart besides its candle length."""
    where = _("Chart")
    return [
        PaletteEntry("chart", "indicators", "chart-line", _("Indicators"), "Alt+I", "indicators"),
        PaletteEntry(
            "chart", "horizontal", "minus", _("Draw a horizontal line"), "Alt+H", "draw line level"
        ),
        PaletteEntry(
            "chart", "trend", "trending-up", _("Draw a trend line"), "Alt+T", "draw line trend"
        ),
        PaletteEntry("chart", "log", "scale", _("Logarithmic price scale"), where, "log scale"),
        PaletteEntry(
            "chart", "fit", "maximize-2", _("Fit the price scale to what is in sight"), "A", "auto"
        ),
        PaletteEntry(
            "chart", "copy", "copy", _("Copy the picture"), "Ctrl+Shift+C", "screenshot picture"
        ),
        PaletteEntry("chart", "save", "download", _("Save the picture…"), where, "screenshot png"),
    ]


def key_groups() -> list[tuple[str, list[tuple[str, str]]]]:
    """Every key of the window, by what it is for."""
    return [
        (
            _("Everywhere"),
            [
                ("Ctrl+K", _("Command palette")),
                ("Ctrl+F", _("Find a market")),
                ("Ctrl+,", _("Settings")),
                ("Ctrl+1…9", _("Layouts of the chart's panes")),
                ("Ctrl+Shift+X", _("Stop everything")),
                ("F5", _("Load again, or try to reconnect")),
                ("?", _("This list")),
                ("Esc", _("Close what is open")),
            ],
        ),
        (
            _("Market list"),
            [
                ("↑ ↓", _("Move through the markets")),
                ("Enter", _("Show the market")),
                ("S", _("Star the market, or no longer")),
                ("Esc", _("Clear the search")),
            ],
        ),
        (
            _("Chart"),
            [
                ("← →", _("Move through time")),
                ("+ −", _("Zoom")),
                ("End", _("Return to the newest candle")),
                ("A", _("Fit the price scale to what is in sight")),
                ("Alt+I", _("Indicators")),
                ("Alt+H", _("Draw a horizontal line")),
                ("Alt+T", _("Draw a trend line")),
                ("D", _("Choose the next line that was drawn")),
                ("↑ ↓", _("Move the chosen line by a price step")),
                ("Del", _("Delete the chosen line")),
                ("Esc", _("Put the tool away, choose nothing")),
                ("Ctrl+Shift+C", _("Copy the picture")),
            ],
        ),
        (
            _("Log"),
            [
                ("Ctrl+C", _("Copy the chosen lines")),
                ("End", _("To the newest line")),
            ],
        ),
        (
            _("Trigger"),
            [
                ("↑ ↓ ← →", _("Move through conditions and their parts")),
                ("Space", _("Edit the chosen part")),
                ("G · U", _("Put into a group · take the group away")),
                ("O · N", _("Change ALL and ANY · negate")),
                ("Alt+↑ ↓", _("Move the condition")),
                ("Ctrl+D · Del", _("Duplicate · delete")),
                ("Ctrl+Z · Ctrl+Y", _("Undo · redo")),
                ("Ctrl+C · Ctrl+V", _("Copy · paste as JSON")),
                ("Ctrl+/", _("Find a variable")),
                ("Ctrl+L", _("Type a condition")),
                ("F2 · Ctrl+S · Ctrl+N", _("Name · save · new trigger")),
                ("Alt+← →", _("Previous · next firing of the preview")),
            ],
        ),
        (
            _("Strategy"),
            [
                ("↑ ↓", _("Move through the rules, or count a number")),
                ("Enter", _("Edit the rule's first number")),
                ("Esc", _("Bring back the number before typing")),
                ("Space", _("Switch the rule on or off")),
                ("Ctrl+↑ ↓", _("Move the rule")),
                ("Del", _("Delete the rule")),
                ("Ctrl+Z · Ctrl+Y", _("Undo · redo")),
                ("F2 · Ctrl+S", _("Rename · save the strategy")),
                ("Ctrl+T", _("Load the seven rules, where nothing is open")),
                ("Ctrl+Shift+T", _("Go to the first rule")),
            ],
        ),
    ]
