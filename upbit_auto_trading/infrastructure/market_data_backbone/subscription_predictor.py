"""What the user opens next, and whether guessing pays. Sans-I/O.

A guess is a market. Its score joins how often, how recently, after which market and after which
screen it was opened, and what the pointer rests on. What a right guess saves is a round trip;
what a guess costs is a message and the frames of a stream nobody looks at. Guesses are made while
the hits of the recent past pay, from one to three at a time; when they don't, guessing stops
itself and a rare trial finds out whether that has changed.
"""

from collections import Counter, OrderedDict, deque
from dataclasses import dataclass, field
from typing import Any, Final

_MOST: Final = 3
_HALF_LIFE_S: Final = 3 * 24 * 3600.0
_HINT_S: Final = 2.0
_JUDGED: Final = 20
_NEEDED: Final = 5
_WORTH_IT: Final = 0.25
_GOOD: Final = 0.5
_TRIAL_EVERY: Final = 25
_REMEMBERED: Final = 400
_MARKETS_KEPT: Final = 50
_SCREENS_KEPT: Final = 30
_SEQUENCE_WEIGHT: Final = 4.0


@dataclass(slots=True)
class PredictorFigures:
    """What guessing brought: opened markets that were guessed, and guesses nobody opened."""

    made: int = 0
    hits: int = 0
    misses: int = 0
    wasted: int = 0
    saved_ms: float = 0.0
    switched_off: int = 0


@dataclass(slots=True)
class MarketFigures:
    """What guessing one market brought."""

    guesses: int = 0
    hits: int = 0
    saved_ms: float = 0.0


@dataclass(slots=True)
class _Habit:
    weight: float = 0.0
    at: float = 0.0
    after: Counter[str] = field(default_factory=Counter)


class SubscriptionPredictor:
    """Learns from the markets that are opened; times are wall-clock seconds."""

    def __init__(self) -> None:
        self._habits: OrderedDict[str, _Habit] = OrderedDict()
        self._screens: dict[str, Counter[str]] = {}
        self._visited: list[str] = []
        self._current: str | None = None
        self._hinted: tuple[str, float] | None = None
        self._standing: frozenset[str] = frozenset()
        self._order: tuple[str, ...] = ()
        self._judged: deque[bool] = deque(maxlen=_JUDGED)
        self._opened = 0
        self._is_off = False
        self.figures = PredictorFigures()
        self.by_market: OrderedDict[str, MarketFigures] = OrderedDict()
        """What came of guessing each market, those judged last at the end."""

    @property
    def standing(self) -> tuple[str, ...]:
        """The markets guessed now, the likeliest first."""
        return self._order

    @property
    def recent_rate(self) -> float | None:
        """The share of the newest guesses that were right, None before the first."""
        return sum(self._judged) / len(self._judged) if self._judged else None

    @property
    def judged(self) -> int:
        """How many of the newest guesses that share is of."""
        return len(self._judged)

    @property
    def is_off(self) -> bool:
        """Whether guessing has stopped itself."""
        return self._is_off

    def opened(self, market: str, now: float, swap_ms: float | None = None) -> bool:
        """Learn that the user opened `market`; tell whether it had been guessed.

        `swap_ms` is what a change of subscription usually takes: what a hit saves.
        """
        was_guessed = market in self._standing
        visited, self._visited = self._visited, []
        if market == self._current:
            return was_guessed
        self._opened += 1
        if self._standing:
            self._judge(market, was_guessed=was_guessed, swap_ms=swap_ms)
        habit = self._habits.setdefault(market, _Habit())
        habit.weight = self._faded(habit, now) + 1.0
        habit.at = now
        self._habits.move_to_end(market)
        if self._current is not None and (previous := self._habits.get(self._current)):
            previous.after[market] += 1
        for screen in visited:
            self._screens.setdefault(screen, Counter())[market] += 1
        self._current = market
        self._hinted = None
        while len(self._habits) > _REMEMBERED:
            self._habits.popitem(last=False)
        return was_guessed

    def went_to(self, screen: str) -> None:
        """Learn that the user changed to another screen; what is opened next follows from it."""
        if screen in self._visited:
            self._visited.remove(screen)
        self._visited.append(screen)

    def hinted(self, market: str, now: float) -> None:
        """Learn that the pointer or the keyboard rests on `market`."""
        self._hinted = (market, now)

    def guesses(self, now: float, *, strained: bool = False) -> tuple[str, ...]:
        """Return the markets worth subscribing ahead, the likeliest first.

        Under strain only what the pointer rests on is worth a message.
        """
        found = self._ranked(now)[: self._allowed(strained=strained)]
        if strained:
            hint = self._fresh_hint(now)
            found = [market for market in found if market == hint]
        chosen = tuple(found)
        fresh = frozenset(chosen) - self._standing
        self.figures.made += len(fresh)
        self._standing = frozenset(chosen)
        self._order = chosen
        return chosen

    def state(self) -> dict[str, Any]:
        """Return what was learnt as plain data, to be kept for the next run."""
        return {
            "habits": {
                market: [habit.weight, habit.at, dict(habit.after.most_common(8))]
                for market, habit in self._habits.items()
            },
            "screens": {
                screen: dict(after.most_common(8)) for screen, after in self._screens.items()
            },
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take what an earlier run learnt; what isn't of that form is left out."""
        for market, kept in dict(state.get("habits", {})).items():
            try:
                weight, at, after = kept
                habit = _Habit(
                    float(weight), float(at), Counter({str(k): int(v) for k, v in after.items()})
                )
            except (TypeError, ValueError, AttributeError):
                continue
            self._habits[str(market)] = habit
        for screen, after in list(dict(state.get("screens", {})).items())[:_SCREENS_KEPT]:
            try:
                self._screens[str(screen)] = Counter({str(k): int(v) for k, v in after.items()})
            except (TypeError, ValueError, AttributeError):
                continue

    def _allowed(self, *, strained: bool) -> int:
        if strained:
            return 1
        if self._is_off:
            return 1 if self._opened % _TRIAL_EVERY == 0 else 0
        if len(self._judged) < _NEEDED:
            return 1
        rate = sum(self._judged) / len(self._judged)
        return _MOST if rate >= _GOOD else 2 if rate >= _WORTH_IT else 1

    def _judge(self, market: str, *, was_guessed: bool, swap_ms: float | None) -> None:
        self._judged.append(was_guessed)
        figures = self.figures
        figures.wasted += len(self._standing - {market})
        for guess in self._standing:
            one = self.by_market.setdefault(guess, MarketFigures())
            self.by_market.move_to_end(guess)
            one.guesses += 1
            if guess == market:
                one.hits += 1
                one.saved_ms += swap_ms or 0.0
        while len(self.by_market) > _MARKETS_KEPT:
            self.by_market.popitem(last=False)
        if was_guessed:
            figures.hits += 1
            figures.saved_ms += swap_ms or 0.0
        else:
            figures.misses += 1
        rate = sum(self._judged) / len(self._judged)
        if not self._is_off and len(self._judged) == _JUDGED and rate < _WORTH_IT:
            self._is_off = True
            figures.switched_off += 1
        elif self._is_off and sum(list(self._judged)[-_NEEDED:]) >= _NEEDED - 1:
            self._is_off = False

    def _ranked(self, now: float) -> list[str]:
        following = []
        if self._current is not None and self._current in self._habits:
            following.append(self._habits[self._current].after)
        if self._visited:
            following.append(self._screens.get(self._visited[-1], Counter()))
        totals = [(after, after.total()) for after in following]
        scores: dict[str, float] = {}
        for market, habit in self._habits.items():
            score = self._faded(habit, now)
            for after, total in totals:
                if total:
                    score *= 1 + _SEQUENCE_WEIGHT * after[market] / total * min(total, 4)
            scores[market] = score
        hint = self._fresh_hint(now)
        if hint is not None:
            scores[hint] = float("inf")  # nothing tells more than the pointer
        scores.pop(self._current or "", None)
        return sorted(scores, key=lambda market: (-scores[market], market))

    def _fresh_hint(self, now: float) -> str | None:
        if self._hinted is None or now - self._hinted[1] > _HINT_S:
            return None
        return self._hinted[0]

    @staticmethod
    def _faded(habit: _Habit, now: float) -> float:
        return habit.weight * float(2.0 ** (-max(0.0, now - habit.at) / _HALF_LIFE_S))
