"""Minutes of one market whose trades are kept because no plan makes them.

In them a scenario starts or ends, or recorded trades are played.
"""

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np

from upbit_auto_trading.domain.market_minutes import (
    MINUTE_MS,
    Flags,
    Ints,
    MinuteDrive,
    MinutePlanner,
    MinutePlans,
)
from upbit_auto_trading.domain.market_prints import (
    PrintColumns,
    PrintMaker,
    joined_prints,
    restate,
)
from upbit_auto_trading.domain.price_grid import PriceGrid
from upbit_auto_trading.simulator.market.listing import ListedMarket

Turn = tuple[int, float]
"""A moment in epoch milliseconds and the log price the course goes on from there."""


class TurnedMinutes:
    """Kept minutes by number, and how to make one whose course turns within it."""

    def __init__(self, listed: ListedMarket, seed: int, grid: PriceGrid) -> None:
        self._market = listed.market
        self._style = listed.style
        self._seed = seed
        self._grid = grid
        self._maker = PrintMaker(listed.market, seed, grid)
        self._kept: dict[int, PrintColumns] = {}

    def __bool__(self) -> bool:
        """Whether any minute is kept."""
        return bool(self._kept)

    def keep(self, minutes: Mapping[int, PrintColumns]) -> None:
        """Keep these minutes, in order of time, and none after the first of them."""
        first = min(minutes)
        self._kept = {minute: held for minute, held in self._kept.items() if minute < first}
        self._kept.update(sorted(minutes.items()))

    def within(self, first_minute: int, last_minute: int) -> list[tuple[int, PrintColumns]]:
        """Return the kept ones of these minutes, the last included, in order of time."""
        return [
            (minute, held)
            for minute, held in self._kept.items()
            if first_minute <= minute <= last_minute
        ]

    def among(self, minutes: Ints) -> Flags:
        """Return which of these minutes are kept."""
        return np.isin(minutes, list(self._kept))

    def restate(self, plans: MinutePlans) -> None:
        """Make plans, which are in order of time, say what the kept minutes hold."""
        if not self._kept or not len(plans):
            return
        for minute, held in self.within(int(plans.minute[0]), int(plans.minute[-1])):
            row = int(np.searchsorted(plans.minute, minute))
            if plans.minute[row] == minute:
                restate(plans, row, self._grid, self._style.lots, held)

    def turned(self, drive: MinuteDrive, turns: list[Turn], name: str) -> PrintColumns:
        """Return the trades of the one minute of `drive` from the first of `turns` on."""
        minute = int(drive.minute[0])
        points = [(moment_ms - minute * MINUTE_MS, level) for moment_ms, level in turns]
        points.append((MINUTE_MS, float(drive.end[0])))
        parts = []
        for place, ((begin, start), (end, stop)) in enumerate(pairwise(points)):
            stream = f"{self._market}/{name}/{minute}/{place}"
            planner = MinutePlanner(stream, self._seed, self._grid, self._style)
            piece = replace(drive, start=np.array([start]), end=np.array([stop]))
            if begin < end:
                parts.append(self._maker.prints(planner.plans(piece, (begin, end))))
        return joined_prints(parts)
