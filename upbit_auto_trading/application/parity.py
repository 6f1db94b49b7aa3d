"""Parity: a recorded run judged again by the same engine must decide the same."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from upbit_auto_trading.application.decision_data import decision_data
from upbit_auto_trading.application.recorded_run import RecordedRun
from upbit_auto_trading.domain.recording import Decided, OrderIntended

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from upbit_auto_trading.domain.indicator import IndicatorPort
    from upbit_auto_trading.domain.recording import Recording

_MOST_LISTED: Final = 1_000


@dataclass(frozen=True, slots=True)
class Difference:
    """A place of a recording where the replay says something else; None where nothing."""

    segment: int
    place: int
    recorded: Mapping[str, Any] | None
    replayed: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Parity:
    """How far a replay agrees. `differences` lists the first thousand of `different`.

    `segments` were judged again; `unproven` ones were too old: their ticks aren't kept any more.
    """

    compared: int
    different: int
    differences: tuple[Difference, ...]
    segments: int = 0
    unproven: int = 0

    @property
    def agreement_percent(self) -> float:
        """The share of decisions that agree; 100 where there were none to differ."""
        if not self.compared:
            return 100.0
        return (self.compared - self.different) / self.compared * 100

    @property
    def holds(self) -> bool:
        """Whether nothing differs."""
        return not self.different


def check_parity(recordings: Iterable[Recording], indicators: IndicatorPort) -> Parity:
    """Feed recorded ticks and fills through a fresh engine per segment; compare every decision.

    Each segment starts from its own anchor and memory, as it did live. Decisions are compared
    with all their operands' values.
    """
    compared = different = segments = unproven = 0
    listed: list[Difference] = []
    for number, recording in enumerate(recordings):
        if not recording.has_ticks:
            unproven += 1
            continue
        segments += 1
        run = RecordedRun(recording.segment, indicators)
        told = _Pairs(number)
        for place, entry in enumerate(recording.entries):
            if isinstance(entry, Decided):
                told.recorded(place, dict(entry.data))
            elif not isinstance(entry, OrderIntended):
                told.settle()
                for decision in run.apply(entry):
                    told.replayed(place, _as_read(decision_data(decision)))
        told.settle()
        compared += told.compared
        different += len(told.differences)
        listed += told.differences[: _MOST_LISTED - len(listed)]
    return Parity(compared, different, tuple(listed), segments, unproven)


def _as_read(data: dict[str, Any]) -> dict[str, Any]:
    """Return the data as it comes back from JSON."""
    read: dict[str, Any] = json.loads(json.dumps(data))
    return read


class _Pairs:
    """Pairs what was recorded after one entry with what the replay says to it."""

    def __init__(self, segment: int) -> None:
        self.compared = 0
        self.differences: list[Difference] = []
        self._segment = segment
        self._recorded: list[tuple[int, dict[str, Any]]] = []
        self._replayed: list[tuple[int, dict[str, Any]]] = []

    def recorded(self, place: int, data: dict[str, Any]) -> None:
        self._recorded.append((place, data))

    def replayed(self, place: int, data: dict[str, Any]) -> None:
        self._replayed.append((place, data))

    def settle(self) -> None:
        """Compare what has come since the last time."""
        count = max(len(self._recorded), len(self._replayed))
        for n in range(count):
            there = self._recorded[n] if n < len(self._recorded) else None
            again = self._replayed[n] if n < len(self._replayed) else None
            self.compared += 1
            one, other = there and there[1], again and again[1]
            if one != other:
                place = (there or again or (0, {}))[0]
                self.differences.append(Difference(self._segment, place, one, other))
        self._recorded.clear()
        self._replayed.clear()
