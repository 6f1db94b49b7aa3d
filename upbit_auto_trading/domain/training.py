"""What a simulated exchange can be told to do: faults to bring, scenarios to play."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ArgumentValue = int | float | str | bool


@dataclass(frozen=True, slots=True)
class ArgumentOffer:
    """One argument of a fault. `kind` is boolean, choice, market, text, integer or number."""

    name: str
    kind: str
    default: ArgumentValue
    unit: str = ""
    meaning: str = ""
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class FaultOffer:
    """A fault by name; `area` is connection, stream, market, rest or order.

    A momentary one is over once it has acted.
    """

    name: str
    area: str
    title: str
    summary: str
    is_momentary: bool = False
    arguments: tuple[ArgumentOffer, ...] = ()

    @property
    def may_end_by_itself(self) -> bool:
        """Whether it can be told how many seconds to last."""
        return any(argument.name == "seconds" for argument in self.arguments)


@dataclass(frozen=True, slots=True)
class ScenarioOffer:
    """A course of the market that can be played."""

    name: str
    title: str
    summary: str


@dataclass(frozen=True, slots=True)
class RunningFault:
    """A fault in force. `seconds_left` is None where it lasts until it is ended."""

    name: str
    arguments: Mapping[str, ArgumentValue]
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True)
class RunningScenario:
    """A scenario that is being played. `market` is None where it moves every market."""

    name: str
    market: str | None
    seconds_left: float
