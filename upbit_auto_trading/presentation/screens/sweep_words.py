"""What a sweep says: its parameters' names, its values, its cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.backtest_service import Stage
from upbit_auto_trading.domain.document import DocumentProblem
from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens.backtest_words import ratio
from upbit_auto_trading.presentation.widgets.heat_grid import HeatCell, HeatLook

if TYPE_CHECKING:
    from upbit_auto_trading.application.sweep import SweepResult
    from upbit_auto_trading.domain.document import InvalidDocumentError
    from upbit_auto_trading.presentation.viewmodels.sweep import Sweep

MEASURES: Final = ("profit", "drawdown", "win")


def parameter_names() -> dict[str, str]:
    """What the template's numbers are called."""
    return {
        "rsi_level": _("Entry: RSI at most"),
        "rsi_period": _("Entry: RSI's candles"),
        "up_pct": _("Pyramid: every +%"),
        "up_max": _("Pyramid: times"),
        "tp_pct": _("Take profit: +%"),
        "trail_arm_pct": _("Trailing: from +%"),
        "trail_drop_pct": _("Trailing: fall %"),
        "down_pct": _("Average down: every −%"),
        "down_max": _("Average down: times"),
        "crash_pct": _("Crash: −% in the window"),
        "surge_pct": _("Surge: +% in the window"),
        "window_s": _("Crash and surge: window, s"),
        "crash_cooldown_s": _("Crash: no entry for, s"),
    }


def pair(names: tuple[str, str], values: tuple[float, float]) -> str:
    """A combination: `Entry: RSI at most 20, Trailing: drop % 0.5`."""
    called = parameter_names()
    return ", ".join(f"{called[name]} {value:g}" for name, value in zip(names, values, strict=True))


def usual_ranges() -> dict[str, tuple[float, float, int]]:
    """From, to and how many values one would try first."""
    return {
        "rsi_level": (15, 35, 5),
        "rsi_period": (7, 21, 3),
        "up_pct": (1, 5, 5),
        "up_max": (0, 4, 5),
        "tp_pct": (2, 10, 5),
        "trail_arm_pct": (1, 5, 5),
        "trail_drop_pct": (1, 5, 5),
        "down_pct": (2, 10, 5),
        "down_max": (0, 4, 5),
        "crash_pct": (2, 10, 5),
        "surge_pct": (2, 10, 5),
        "window_s": (30, 120, 4),
        "crash_cooldown_s": (600, 3600, 4),
    }


def measure_names() -> list[tuple[str, str]]:
    """What the cells can show."""
    return [
        ("profit", _("Profit %")),
        ("drawdown", _("Drawdown %")),
        ("win", _("Win rate %")),
    ]


def heat_look(sweep: Sweep, measure: str) -> HeatLook:
    """The grid, a cell for each pair; the best of the measure is marked."""
    names = parameter_names()
    values = {pair: _value(result, measure) for pair, result in sweep.results.items()}
    known = [value for value in values.values() if value is not None]
    best = max(known, default=None)
    cells = [
        [_cell(sweep.results.get((x, y)), values.get((x, y)), measure, best) for x in sweep.columns]
        for y in sweep.rows
    ]
    return HeatLook(
        names[sweep.names[0]],
        [f"{x:g}" for x in sweep.columns],
        names[sweep.names[1]],
        [f"{y:g}" for y in sweep.rows],
        cells,
    )


def _value(result: SweepResult, measure: str) -> float | None:
    if measure == "profit":
        return result.profit_percent
    return result.drawdown_percent if measure == "drawdown" else result.win_percent


def _cell(
    result: SweepResult | None, value: float | None, measure: str, best: float | None
) -> HeatCell | None:
    if result is None:
        return None
    if value is None:
        text, tone = formatting.NOTHING, 0.0
    elif measure == "win":
        # Half of the trades won is neither gain nor loss.
        text, tone = f"{formatting.number(value, 0)} %", value - 50
    else:
        text, tone = formatting.percent(value / 100), value
    return HeatCell(tone, text, result_words(result), value is not None and value == best)


def result_words(result: SweepResult) -> str:
    """Everything known of one combination."""
    win = result.win_percent
    return _(
        "Profit {profit}, drawdown {drawdown}, {trips} round trips, win rate {win}, profit factor "
        "{factor}, in the market {exposure} %"
    ).format(
        profit=formatting.percent(result.profit_percent / 100),
        drawdown=formatting.percent(result.drawdown_percent / 100),
        trips=result.trips,
        win=formatting.NOTHING if win is None else f"{formatting.number(win, 0)} %",
        factor=ratio(result.profit_factor),
        exposure=formatting.number(result.exposure_percent, 1),
    )


def progress(stage: Stage, fraction: float) -> str:
    """How far a sweep is."""
    percent = formatting.number(fraction * 100, 0)
    if stage is Stage.HISTORY:
        return _("Fetching history, {percent} %").format(percent=percent)
    return _("Trying combinations, {percent} %").format(percent=percent)


def problem(error: InvalidDocumentError, names: list[str]) -> str:
    """Why a grid can't be tried."""
    known = parameter_names()
    field = error.path.rpartition(".")[2]
    if error.problem is DocumentProblem.UNKNOWN_FIELD or field not in known:
        return _("This strategy doesn't have both numbers: {names}.").format(
            names=", ".join(known[name] for name in names)
        )
    words = _("{name} is out of its limits: {detail}")
    return words.format(name=known[field], detail=error.expected)
