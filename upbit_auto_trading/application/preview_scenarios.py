"""Made-up markets a trigger is tried on: several seeded paths of each scenario."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from upbit_auto_trading.application.preview_job import (
    CANT_BE_JUDGED,
    PreviewJob,
    PreviewResult,
    preview,
    settling_ms,
)
from upbit_auto_trading.domain.candle_series import CandleColumns
from upbit_auto_trading.domain.market_generator import REGIMES, generated_candles

if TYPE_CHECKING:
    from upbit_auto_trading.domain.calculation import Report
    from upbit_auto_trading.domain.expression import Expression

SCENARIOS: Final = ("trend", "decline", "surge", "crash", "sideways", "moving-average-cross")
PATHS: Final = 10
"""How many seeded paths a scenario is tried on."""

NO_CANDLES: Final = CandleColumns(np.empty(0, np.int64), *[np.empty(0) for _ in range(6)])

_MINUTE_MS: Final = 60_000
_SHORTEST_PATH: Final = 600
_LONGEST_PATH: Final = 20_000
# Which share of a path is over before a short scenario begins.
_LEAD_IN: Final = 0.6


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """One scenario: on how many of its seeded paths the trigger fired, and how often in all.

    `candles` and `firings` are those of the first path.
    """

    name: str
    paths: int
    paths_fired: int
    fired: int
    candles: CandleColumns
    first: PreviewResult


def answer_scenarios(
    report: Report, job: PreviewJob, names: tuple[str, ...], seed: int
) -> tuple[ScenarioResult, ...]:
    """Return `scenarios`, nothing where the trigger can't be judged as it is."""
    try:
        return scenarios(report, job, names, seed)
    except CANT_BE_JUDGED:
        return ()


def scenarios(
    report: Report, job: PreviewJob, names: tuple[str, ...], seed: int
) -> tuple[ScenarioResult, ...]:
    """Try the trigger on `PATHS` seeded paths of each scenario; the job's candles don't matter.

    Raises: see `preview`.
    """
    results = []
    minutes = _path_minutes(job.trigger)
    for place, name in enumerate(names):
        counts = []
        kept: tuple[CandleColumns, PreviewResult] | None = None
        for number in range(PATHS):
            report((place + number / PATHS) / len(names))
            candles = scenario_candles(name, minutes, seed + number)
            path = replace(
                job, candles=candles, length_ms=_MINUTE_MS, counts_conditions=number == 0
            )
            told = preview(_silent, path)
            counts.append(told.fired)
            kept = kept or (candles, told)
        assert kept is not None  # noqa: S101 -- there is at least one path
        fired_on = sum(count > 0 for count in counts)
        results.append(ScenarioResult(name, PATHS, fired_on, sum(counts), *kept))
    return tuple(results)


def scenario_candles(name: str, minutes: int, seed: int) -> CandleColumns:
    """Return the minutes of one seeded path of a scenario, from the epoch on."""
    made = generated_candles(REGIMES[name], minutes, seed=seed)
    return CandleColumns(
        made.minute * _MINUTE_MS,
        made.open,
        made.high,
        made.low,
        made.close,
        made.volume,
        made.volume * made.close,
    )


def _path_minutes(trigger: Expression) -> int:
    """Return how long a path has to be so that indicators have settled before anything happens."""
    wanted = settling_ms(trigger) / _MINUTE_MS / _LEAD_IN
    return int(np.clip(wanted * 1.2, _SHORTEST_PATH, _LONGEST_PATH))


def _silent(_fraction: float) -> None:
    """Report nothing: the scenario does."""
