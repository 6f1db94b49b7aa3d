"""Answers: a value, the way it took, why that way, and how old it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from upbit_auto_trading.domain.stream import Source

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Answer(Generic[T_co]):
    """One value asked for. `reason` is a code, `age_ms` counts from the value's arrival."""

    value: T_co
    channel: Source
    reason: str
    age_ms: float


@dataclass(frozen=True, slots=True)
class Answers(Generic[T_co]):
    """A list of values asked for, oldest first. `reason` is a code."""

    values: Sequence[T_co]
    channel: Source
    reason: str
    age_ms: float
