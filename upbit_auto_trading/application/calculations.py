"""The port through which long calculations are done beside the window's loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

R = TypeVar("R")


class Worker(Protocol):
    """Runs one calculation at a time in a process of its own, in the order they were asked."""

    async def run(
        self,
        work: Callable[..., R],
        *arguments: Any,
        on_progress: Callable[[float], None] = lambda _fraction: None,
    ) -> R:
        """Return what `work(report, *arguments)` returns there.

        `work` is a module's function and everything that crosses is plain data. It calls
        `report(fraction)` now and then, which tells `on_progress` on the loop and ends the work
        when the task awaiting it was cancelled.

        Raises:
            CalculationError: the process ended before the work did; the next one gets another.
            Exception: what `work` raised.
        """
        ...
