"""One line of the program's log, as people read it."""

from dataclasses import dataclass
from enum import IntEnum


class LogLevel(IntEnum):
    """How grave a line is; the numbers are those of Python's logging."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40


@dataclass(frozen=True, slots=True)
class LogLine:
    """`at` is wall-clock seconds; `code` (`E-WS-STALL`) and `correlation` may be empty.

    `correlation` names what belongs together (a run, a connection, an order): `run=7 epoch=3`.
    `details` holds what is too long for a line, a traceback. Nothing of it is a secret.
    """

    serial: int
    at: float
    level: LogLevel
    component: str
    code: str
    correlation: str
    text: str
    details: str = ""
