"""How a long calculation, done beside the window's loop, tells how far it is and how it ends."""

from __future__ import annotations

from collections.abc import Callable

Report = Callable[[float], None]
"""Told the fraction done, 0 to 1, now and then; raises `CalculationCancelled` to end the work."""


class CalculationCancelled(BaseException):
    """Raised by `report` inside a calculation nobody waits for any more. Don't catch it."""


class CalculationError(Exception):
    """A calculation couldn't be finished though it was right: its process is gone.

    `code` is the process's exit code where it is known.
    """

    def __init__(self, code: int | None) -> None:
        super().__init__(f"the process of the calculation ended with {code}")
        self.code = code
