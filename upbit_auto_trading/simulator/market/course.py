"""The course of a market's price: which seeded paths make it, minute by minute.

Every base has one path in won: its own and a share of the whole market's. A BTC or USDT market is
its base's path less its quote's, so that rates across markets agree but for a small gap of its own.
"""

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from upbit_auto_trading.domain.market_generator import Regime
from upbit_auto_trading.domain.market_minutes import MINUTE_MS, Flags, Floats, Ints, MinuteDrive
from upbit_auto_trading.domain.market_path import (
    BLOCK,
    CoarsePath,
    PathSlice,
    SeededPath,
    daily_rhythm,
)
from upbit_auto_trading.simulator.market.listing import ListedMarket, base_figures, recorded_minute
from upbit_auto_trading.simulator.market.scenarios import Bend

_WHOLE_SIGMA: Final = 0.022
_GAP_SIGMA: Final = 0.004
_ROOT_DAY: Final = 1440**0.5
_LONGEST: Final = 1 << 19
_PEGGED_LONGEST: Final = 1 << 9
_GAP_LONGEST: Final = 1 << 8
_MOST_PACE: Final = 5.0
_MOST_STIR: Final = 4.0
_MEAN_BUSINESS: Final = 0.94
_KEPT_SLICES: Final = 64
_KEPT_COARSE: Final = 8
_LONGEST_KEPT: Final = 2 * 1440 + BLOCK


@dataclass(frozen=True, slots=True)
class _Weighted:
    path: SeededPath
    weight: float
    reference: float


@dataclass(frozen=True, slots=True)
class CoarseCourse:
    """A course at the ends of consecutive blocks, and what holds within each block.

    `pace` is the highest in the block; `reach` how far it can be off the line between its ends,
    except where a scenario is at work (`bent`). `pieces` are the paths it is made of.
    """

    first_block: int
    log_price: Floats
    pace: Floats
    reach: Floats
    bent: Flags
    pieces: tuple[CoarsePath, ...]


class Courses:
    """Makes the course of every market of one exchange; paths are shared between markets."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        whole = SeededPath("whole", seed, _WHOLE_SIGMA / _ROOT_DAY, _LONGEST)
        self._whole_part = self._part(whole, 1.0)
        self._bases: dict[str, tuple[_Weighted, ...]] = {}
        self._slices: OrderedDict[tuple[SeededPath, int, int], PathSlice] = OrderedDict()
        self._coarse: OrderedDict[tuple[SeededPath, int, int], CoarsePath] = OrderedDict()

    def course(self, listed: ListedMarket) -> "Course":
        """Return the course of a market."""
        parts = list(self._base(listed.base))
        level = float(np.log(listed.base_price_krw))
        if listed.quote != "KRW":
            gap = SeededPath(listed.market, self._seed, _GAP_SIGMA / _ROOT_DAY, _GAP_LONGEST)
            parts += [
                _Weighted(part.path, -part.weight, part.reference)
                for part in self._base(listed.quote)
            ]
            parts.append(_Weighted(gap, 1.0, 0.0))
            level -= float(np.log(base_figures(listed.quote).price_krw))
        return Course(self, tuple(parts), level)

    def slice(self, path: SeededPath, first_minute: int, count: int) -> PathSlice:
        """Return a path's minutes, remembering short stretches that several markets ask for."""
        if count > _LONGEST_KEPT:
            return path.minutes(first_minute, count)
        key = (path, first_minute, count)
        found = self._slices.get(key)
        if found is None:
            found = path.minutes(first_minute, count)
            self._slices[key] = found
            if len(self._slices) > _KEPT_SLICES:
                self._slices.popitem(last=False)
        else:
            self._slices.move_to_end(key)
        return found

    def coarse(self, path: SeededPath, first_block: int, last_block: int) -> CoarsePath:
        """Return a path's blocks, remembering the few that were asked for last."""
        key = (path, first_block, last_block)
        found = self._coarse.get(key)
        if found is None:
            found = path.coarse(first_block, last_block)
            self._coarse[key] = found
            if len(self._coarse) > _KEPT_COARSE:
                self._coarse.popitem(last=False)
        else:
            self._coarse.move_to_end(key)
        return found

    def _base(self, base: str) -> tuple[_Weighted, ...]:
        found = self._bases.get(base)
        if found is None:
            found = self._bases[base] = tuple(self._made(base))
        return found

    def _made(self, base: str) -> list[_Weighted]:
        figures = base_figures(base)
        sigma = figures.day_sigma
        if figures.pegged:
            return [self._part(SeededPath(base, self._seed, sigma / _ROOT_DAY, _PEGGED_LONGEST), 1)]
        share = min(1.0, 0.75 * sigma / _WHOLE_SIGMA)
        own = (sigma**2 - (share * _WHOLE_SIGMA) ** 2) ** 0.5
        path = SeededPath(base, self._seed, own / _ROOT_DAY, _LONGEST)
        return [self._part(path, 1.0), replace(self._whole_part, weight=share)]

    def _part(self, path: SeededPath, weight: float) -> _Weighted:
        block = recorded_minute() // BLOCK
        reference = path.coarse(block, block + 1).log_price[0]
        return _Weighted(path, weight, float(reference))


class Course:
    """The price course of one market, with the scenarios it was put on."""

    def __init__(self, courses: Courses, parts: tuple[_Weighted, ...], level: float) -> None:
        self._courses = courses
        self._parts = parts
        self._level = level
        sizes = [part.path.volatility * part.weight for part in parts]
        self._volatility = float(np.sqrt(np.sum(np.square(sizes))))
        self._bends: list[Bend] = []

    def drive(self, first_minute: int, count: int, usual_trades: float) -> MinuteDrive:
        """Return what drives the trading of `count` minutes; `usual_trades` are those a minute."""
        log_price, pace = self._combined(first_minute, count)
        minute = np.arange(first_minute, first_minute + count, dtype=np.int64)
        if self._bends and self._bends[0].start_ms < (first_minute + count) * MINUTE_MS:
            start, end = self._bent(minute, log_price[:-1], log_price[1:])
        else:
            start, end = log_price[:-1], log_price[1:]
        return self._driven(minute, start, end, pace, usual_trades)

    def coarse(self, first_block: int, last_block: int) -> CoarseCourse:
        """Return the course at the ends of blocks of minutes."""
        size = last_block - first_block + 1
        below, pace = np.full(size, self._level), np.zeros(size)
        reach = np.zeros(size - 1)
        pieces = []
        for part, share in self._shares():
            piece = self._courses.coarse(part.path, first_block, last_block)
            below += part.weight * (piece.log_price - part.reference)
            pace += share * piece.pace
            width = part.path.reach() * abs(part.weight)
            reach += width * np.maximum(piece.pace[:-1], piece.pace[1:])
            pieces.append(piece)
        ends = np.arange(first_block, last_block + 1, dtype=np.int64) * (BLOCK * MINUTE_MS)
        log_price = below
        bent = np.zeros(size - 1, dtype=np.bool_)
        for bend in self._bends:
            log_price = bend.bent(ends, log_price)
            bent |= (ends[:-1] <= bend.end_ms) & (ends[1:] >= bend.start_ms)
        return CoarseCourse(
            first_block, log_price, np.maximum(pace[:-1], pace[1:]), reach, bent, tuple(pieces)
        )

    def picked(self, coarse: CoarseCourse, places: Ints, usual_trades: float) -> MinuteDrive:
        """Return what drives all minutes of picked blocks, by their places in `coarse`."""
        log_price = np.full((len(places), BLOCK + 1), self._level)
        pace = np.zeros((len(places), BLOCK))
        # Base and quote have the whole market's path in common.
        refined: dict[SeededPath, tuple[Floats, Floats]] = {}
        for (part, share), piece in zip(self._shares(), coarse.pieces, strict=True):
            if part.path not in refined:
                refined[part.path] = part.path.refined(piece, places)
            points, paces = refined[part.path]
            log_price += part.weight * (points - part.reference)
            pace += share * paces
        number = (places + coarse.first_block)[:, None] * BLOCK
        ends = number + np.arange(BLOCK + 1, dtype=np.int64)
        minute = ends[:, :-1].ravel()
        start, end = self._bent(minute, log_price[:, :-1].ravel(), log_price[:, 1:].ravel())
        return self._driven(minute, start, end, pace.ravel(), usual_trades)

    def _bent(self, minute: Ints, start: Floats, end: Floats) -> tuple[Floats, Floats]:
        """Return log prices at both ends of minutes under the scenarios."""
        for bend in self._bends:
            start = bend.bent(minute * MINUTE_MS, start)
            end = bend.bent((minute + 1) * MINUTE_MS, end, ending=True)
        return start, end

    def at(self, moment_ms: int) -> float:
        """Return the log price at a moment, on the line between the minute's ends."""
        drive = self.drive(moment_ms // MINUTE_MS, 1, 1.0)
        start, end = float(drive.start[0]), float(drive.end[0])
        return start + (end - start) * (moment_ms % MINUTE_MS) / MINUTE_MS

    def bend(self, regime: Regime, start_ms: int, level: float) -> Bend:
        """Put the market on a regime from `start_ms` on, at log price `level`.

        A regime that is still running ends there; one that was to come doesn't.
        """
        bends, self._bends = self._bends, []
        for bend in bends:
            if bend.start_ms > start_ms:
                break
            self._bends.append(bend.ended_at(start_ms, self.at(start_ms)))
        end_ms = start_ms + round(regime.minutes * MINUTE_MS)
        new = Bend(regime, start_ms, end_ms, level, self.at(start_ms), self.at(end_ms))
        self._bends.append(new)
        return new

    def _driven(
        self, minute: Ints, start: Floats, end: Floats, pace: Floats, usual_trades: float
    ) -> MinuteDrive:
        stir = np.minimum(np.abs(end - start) / (self._volatility * pace), _MOST_STIR)
        business = daily_rhythm(minute) * np.minimum(pace, _MOST_PACE) * (0.7 + 0.4 * stir)
        business /= _MEAN_BUSINESS
        for bend in self._bends:
            held = bend.holds(minute)
            regime = bend.regime
            pace = np.where(held, pace * regime.pace, pace)
            least = regime.least_trades / usual_trades
            business = np.where(held, np.maximum(business * regime.business, least), business)
        return MinuteDrive(minute, start, end, pace, business)

    def _shares(self) -> list[tuple[_Weighted, float]]:
        """Return the parts with their shares of the pace."""
        sizes = [part.path.volatility * abs(part.weight) for part in self._parts]
        total = sum(sizes)
        return [(part, size / total) for part, size in zip(self._parts, sizes, strict=True)]

    def _combined(self, first_minute: int, count: int) -> tuple[Floats, Floats]:
        log_price = np.full(count + 1, self._level)
        pace = np.zeros(count)
        for part, share in self._shares():
            piece = self._courses.slice(part.path, first_minute, count)
            log_price += part.weight * (piece.log_price - part.reference)
            pace += share * piece.pace
        return log_price, pace
