"""Documents from outside: read field by field, every wrong field named by its path."""

from collections.abc import Mapping
from enum import StrEnum
from math import isfinite
from typing import Final, TypeVar

E = TypeVar("E", bound=StrEnum)

_MISSING: Final = object()


class DocumentProblem(StrEnum):
    """What is wrong with a field."""

    NOT_JSON = "not_json"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    TOO_MANY = "too_many"
    TOO_LONG = "too_long"
    DUPLICATE = "duplicate"
    NOT_FINITE = "not_finite"
    MISSING = "missing"
    UNKNOWN_FIELD = "unknown_field"
    UNKNOWN_VERSION = "unknown_version"
    UNKNOWN_NAME = "unknown_name"
    WRONG_TYPE = "wrong_type"
    OUT_OF_RANGE = "out_of_range"


class InvalidDocumentError(ValueError):
    """A document that can't be taken in.

    `path` is like `rules[2].trigger.left.offset`, `$` for the whole; `expected` says in a few
    words what could stand there.
    """

    def __init__(self, path: str, problem: DocumentProblem, expected: str) -> None:
        super().__init__(f"{path or '$'}: {problem.value}, expected {expected}")
        self.path = path or "$"
        self.problem = problem
        self.expected = expected


class Fields:
    """One table, read field by field; `finish` refuses what nobody asked for.

    Every method raises InvalidDocumentError with the field's path.
    """

    def __init__(self, path: str, table: object) -> None:
        if not isinstance(table, Mapping):
            raise InvalidDocumentError(path, DocumentProblem.WRONG_TYPE, "a table of fields")
        self.path = path
        self._left = dict(table)

    def __contains__(self, name: str) -> bool:
        return name in self._left

    def at(self, name: str) -> str:
        """Return the path of a field."""
        return f"{self.path}.{name}" if self.path else name

    def refuse(self, name: str, problem: DocumentProblem, expected: str) -> InvalidDocumentError:
        """Return the error to raise about a field."""
        return InvalidDocumentError(self.at(name), problem, expected)

    def take(self, name: str, default: object = _MISSING) -> object:
        """Return a field's value whatever it is."""
        value = self._left.pop(name, default)
        if value is _MISSING:
            raise self.refuse(name, DocumentProblem.MISSING, "a value")
        return value

    def text(self, name: str, default: str | None = None, longest: int = 2000) -> str:
        """Return a text that isn't blank, unless the default is."""
        value = self.take(name, _MISSING if default is None else default)
        if not isinstance(value, str):
            raise self.refuse(name, DocumentProblem.WRONG_TYPE, "a text")
        if not value.strip() and value != default:
            raise self.refuse(name, DocumentProblem.OUT_OF_RANGE, "a text that isn't empty")
        if len(value) > longest:
            raise self.refuse(name, DocumentProblem.TOO_LONG, f"at most {longest} characters")
        return value

    def optional_text(self, name: str) -> str | None:
        """Return a text, None where the field is absent."""
        return self.text(name) if name in self._left else None

    def number(
        self,
        name: str,
        default: float | None = None,
        *,
        lowest: float = float("-inf"),
        highest: float = float("inf"),
    ) -> float:
        """Return a finite number within the bounds, ends included."""
        value = self.take(name, _MISSING if default is None else default)
        return checked_number(self.at(name), value, lowest, highest)

    def whole(self, name: str, default: int | None = None, *, lowest: int, highest: int) -> int:
        """Return a whole number within the bounds, ends included."""
        value = self.number(name, default, lowest=lowest, highest=highest)
        if not isinstance(value, int):
            raise self.refuse(name, DocumentProblem.WRONG_TYPE, "a whole number")
        return value

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        """Return true or false."""
        value = self.take(name, _MISSING if default is None else default)
        if not isinstance(value, bool):
            raise self.refuse(name, DocumentProblem.WRONG_TYPE, "true or false")
        return value

    def one_of(self, name: str, kind: type[E], default: E | None = None) -> E:
        """Return the member of `kind` that the text names."""
        value = self.take(name, _MISSING if default is None else default)
        return checked_member(self.at(name), value, kind)

    def items(self, name: str, most: int | None = None) -> list[tuple[str, object]]:
        """Return a list's items with their paths; an absent list is empty."""
        value = self.take(name, [])
        if not isinstance(value, list):
            raise self.refuse(name, DocumentProblem.WRONG_TYPE, "a list")
        if most is not None and len(value) > most:
            raise self.refuse(name, DocumentProblem.TOO_MANY, f"at most {most} items")
        return [(f"{self.at(name)}[{place}]", item) for place, item in enumerate(value)]

    def version(self, known: int) -> None:
        """Refuse every version but the known one."""
        value = self.take("version")
        if isinstance(value, bool) or value != known:
            raise self.refuse("version", DocumentProblem.UNKNOWN_VERSION, str(known))

    def finish(self) -> None:
        """Refuse the fields that nobody asked for."""
        for name in self._left:
            raise self.refuse(str(name)[:80], DocumentProblem.UNKNOWN_FIELD, "no such field")


def checked_number(
    path: str, value: object, lowest: float = float("-inf"), highest: float = float("inf")
) -> float:
    """Return `value` if it is a finite number within the bounds."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidDocumentError(path, DocumentProblem.WRONG_TYPE, "a number")
    if isinstance(value, float) and not isfinite(value):
        raise InvalidDocumentError(path, DocumentProblem.NOT_FINITE, "a finite number")
    if not lowest <= value <= highest:
        expected = f"a number from {lowest:g} to {highest:g}"
        raise InvalidDocumentError(path, DocumentProblem.OUT_OF_RANGE, expected)
    return value


def checked_member(path: str, value: object, kind: type[E]) -> E:
    """Return the member of `kind` whose value it is."""
    if not isinstance(value, str):
        raise InvalidDocumentError(path, DocumentProblem.WRONG_TYPE, "a text")
    try:
        return kind(value)
    except ValueError:
        expected = "one of " + ", ".join(kind)
        raise InvalidDocumentError(path, DocumentProblem.UNKNOWN_NAME, expected) from None
