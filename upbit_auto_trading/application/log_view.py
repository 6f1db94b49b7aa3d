"""Which lines of the log are listed: by level, component, text and what belongs together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from upbit_auto_trading.domain.log_line import LogLevel, LogLine

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class LogSource(Protocol):
    """The newest lines of the log."""

    @property
    def last_serial(self) -> int:
        """The number of the newest line, 0 before the first."""
        ...

    def after(self, serial: int) -> Sequence[LogLine]:
        """Return the lines kept that came after number `serial`, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class LogFilter:
    """What a line must be to be listed; empty texts let everything through.

    `component` is the beginning of a component's name. `words` are alternatives: a line fits
    with any of them in its text, code, component or correlation.
    """

    level: LogLevel = LogLevel.DEBUG
    component: str = ""
    words: tuple[str, ...] = ()
    correlation: str = ""

    def fits(self, line: LogLine) -> bool:
        """Whether `line` is listed."""
        if line.level < self.level or not line.component.startswith(self.component):
            return False
        if self.correlation and self.correlation not in line.correlation.split():
            return False
        if not self.words:
            return True
        said = f"{line.text} {line.code} {line.component} {line.correlation}".casefold()
        return any(word.casefold() in said for word in self.words)

    def listed(self, lines: Iterable[LogLine]) -> list[LogLine]:
        """Return the lines that fit, in their order."""
        return [line for line in lines if self.fits(line)]


def components_of(lines: Iterable[LogLine]) -> list[str]:
    """Return the parts of the program that lines come from: layers, then their modules."""
    found: set[str] = set()
    for line in lines:
        parts = line.component.split(".")
        found.update(".".join(parts[:count]) for count in range(1, len(parts) + 1))
    return sorted(found)


def as_text(line: LogLine) -> str:
    """Return a line to be copied: UTC time, one row of text, its details below."""
    at = datetime.fromtimestamp(line.at, UTC).isoformat(timespec="milliseconds")
    parts = [at, line.level.name, line.component, line.code, line.correlation]
    row = " ".join(part for part in (*parts, line.text) if part)
    return f"{row}\n{line.details}" if line.details else row
