"""The newest lines of the log in memory, redacted, for the window."""

from __future__ import annotations

import logging
import re
from collections import deque
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.log_line import LogLevel, LogLine

if TYPE_CHECKING:
    from collections.abc import Callable

KEPT: Final = 5000
MOST_CHARACTERS: Final = 1_000_000
_LONGEST: Final = 20_000
"""Of one text; the file has it whole."""
_FACTS: Final = re.compile(r"\b(?:run|epoch|order|intent)=[^\s,\]]+")
_CODE: Final = re.compile(r"^([EW]-[A-Z0-9-]+):\s*")


class LogRing(logging.Handler):
    """Keeps lines as values; written by any thread, read by the window's.

    The oldest give way beyond `KEPT` lines or `MOST_CHARACTERS`, so that a storm of tracebacks
    takes no more memory than the same number of plain lines.

    Args:
        redact: takes secrets out of a text.
        context: what belongs to the line now, `run=7 epoch=3`; without it, what the text itself
            names of that kind.
        component_of: the component's name of a logger's.
    """

    def __init__(
        self,
        redact: Callable[[str], str],
        context: Callable[[], str],
        component_of: Callable[[str], str],
    ) -> None:
        super().__init__()
        self._redact = redact
        self._context = context
        self._component_of = component_of
        self._lines: deque[LogLine] = deque(maxlen=KEPT)
        self._serial = 0
        self._characters = 0

    @property
    def last_serial(self) -> int:
        """The number of the newest line, 0 before the first."""
        return self._serial

    def after(self, serial: int) -> list[LogLine]:
        """Return the lines kept that came after number `serial`, oldest first."""
        self.acquire()
        try:
            count = min(self._serial - serial, len(self._lines))
            return [self._lines[place - count] for place in range(count)] if count > 0 else []
        finally:
            self.release()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line. `logging` holds the handler's lock meanwhile."""
        try:
            text = record.getMessage()
        except (TypeError, ValueError):
            text = str(record.msg)  # its arguments don't fit, which mustn't cost the line
        code = str(getattr(record, "code", ""))
        found = _CODE.match(text)
        if found is not None:
            code, text = code or found[1], text[found.end() :]
        details = ""
        if record.exc_info:
            details = logging.Formatter().formatException(record.exc_info)
        first, _newline, rest = text.partition("\n")
        self._serial += 1
        self._keep(
            LogLine(
                self._serial,
                record.created,
                _level(record.levelno),
                self._component_of(record.name),
                code,
                self._redact(self._context() or " ".join(_FACTS.findall(first))),
                _cut(self._redact(first)),
                _cut(self._redact("\n".join(part for part in (rest, details) if part))),
            )
        )

    def _keep(self, line: LogLine) -> None:
        lines = self._lines
        if len(lines) == KEPT:
            self._characters -= _length(lines.popleft())
        lines.append(line)
        self._characters += _length(line)
        while self._characters > MOST_CHARACTERS:
            self._characters -= _length(lines.popleft())


def _length(line: LogLine) -> int:
    return len(line.text) + len(line.details)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"


def _level(number: int) -> LogLevel:
    return max((level for level in LogLevel if level <= number), default=LogLevel.DEBUG)
