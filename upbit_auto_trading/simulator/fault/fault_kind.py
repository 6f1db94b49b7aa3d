"""What a fault is: a name, what it does, and arguments with types and ranges."""

from collections.abc import Mapping
from dataclasses import dataclass, field

FaultValue = int | float | str | bool


class FaultError(ValueError):
    """A fault that doesn't exist or an argument it can't have; the text says what is allowed."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument: its default gives its type; numbers lie within `low` and `high`."""

    default: FaultValue
    meaning: str
    choices: tuple[str, ...] = ()
    low: float = 0
    high: float = 1e9

    def parse(self, text: str) -> FaultValue:
        """Return the value in `text`.

        Raises:
            FaultError: not of this argument's type, or out of its range.
        """
        if isinstance(self.default, bool):
            if text.lower() not in ("true", "false"):
                raise FaultError(f"must be true or false, not {text!r}")
            return text.lower() == "true"
        if isinstance(self.default, str):
            if self.choices and text not in self.choices:
                raise FaultError(f"must be one of {', '.join(self.choices)}, not {text!r}")
            return text
        return self._number(text)

    def _number(self, text: str) -> int | float:
        try:
            number = int(text) if isinstance(self.default, int) else float(text)
        except ValueError:
            raise FaultError(f"must be a number, not {text!r}") from None
        if not self.low <= number <= self.high:
            raise FaultError(f"must lie between {self.low:g} and {self.high:g}, not {text}")
        return number


@dataclass(frozen=True, slots=True)
class FaultKind:
    """A named fault. `rows` of the matrix it serves; `is_momentary`: over once it has acted."""

    name: str
    summary: str
    rows: tuple[int, ...]
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    is_momentary: bool = False
