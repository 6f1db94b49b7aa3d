"""What a fault is: a name, what it does, and arguments with types and ranges."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

FaultValue = int | float | str | bool


class FaultError(ValueError):
    """A fault that doesn't exist or an argument it can't have; the text says what is allowed."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument: its default gives its type; numbers lie within `low` and `high`.

    An empty `unit` is a plain number; shares are fractions of 1.
    """

    default: FaultValue
    meaning: str
    choices: tuple[str, ...] = ()
    low: float = 0
    high: float = 1e9
    unit: str = ""

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
                known = ", ".join(filter(None, self.choices))
                empty = " or empty" if "" in self.choices else ""
                raise FaultError(f"must be one of {known}{empty}, not {text!r}")
            return text
        return self._number(text)

    def described(self, name: str) -> dict[str, Any]:
        """Return everything a form needs to ask for it under this name.

        `type` is boolean, choice, market, text, integer or number; `low` and `high` come with
        numbers. An empty text among the choices means that nothing is chosen.
        """
        row: dict[str, Any] = {
            "name": name,
            "type": self._type(name),
            "default": self.default,
            "unit": self.unit,
            "meaning": self.meaning,
        }
        if self.choices:
            row["choices"] = list(self.choices)
        if row["type"] in ("integer", "number"):
            row |= {"low": self.low, "high": self.high}
        return row

    def _type(self, name: str) -> str:
        if isinstance(self.default, bool):
            return "boolean"
        if isinstance(self.default, str):
            if self.choices:
                return "choice"
            return "market" if name == "market" else "text"
        return "integer" if isinstance(self.default, int) else "number"

    def _number(self, text: str) -> int | float:
        is_whole = isinstance(self.default, int)
        try:
            number = float(text)
        except ValueError:
            raise FaultError(f"must be a number, not {text!r}") from None
        if is_whole and not number.is_integer():
            raise FaultError(f"must be a whole number, not {text!r}")
        if not self.low <= number <= self.high:
            raise FaultError(f"must lie between {self.low:g} and {self.high:g}, not {text}")
        return int(number) if is_whole else number


@dataclass(frozen=True, slots=True)
class FaultKind:
    """A named fault.

    `area` groups what belongs together: connection, stream, market, rest, order. `title` is two to
    six words; `rows` of the fault matrix it serves; `is_momentary`: over once it has acted.
    """

    name: str
    area: str
    title: str
    summary: str
    rows: tuple[int, ...]
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    is_momentary: bool = False

    def described(self) -> dict[str, Any]:
        """Return everything a form needs to offer it."""
        return {
            "name": self.name,
            "area": self.area,
            "title": self.title,
            "summary": self.summary,
            "rows": list(self.rows),
            "is_momentary": self.is_momentary,
            "args": [argument.described(name) for name, argument in self.arguments.items()],
        }
