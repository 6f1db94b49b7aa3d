"""Listeners kept in a list: what ends one, and how all are told."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

L = TypeVar("L")


def subscribed(listeners: list[L], listener: L) -> Callable[[], None]:
    """Add a listener; return what takes it out again, harmless when repeated."""
    listeners.append(listener)

    def end() -> None:
        if listener in listeners:
            listeners.remove(listener)

    return end


def tell_all(listeners: Iterable[Callable[..., object]], *told: object) -> None:
    """Call every listener with `told`; what one raises is the loop's to report.

    The others are told all the same, and who tells goes on: a screen's defect stops no run.
    """
    for listener in tuple(listeners):
        try:
            listener(*told)
        except Exception as error:  # noqa: BLE001 - any defect of a listener, see above
            asyncio.get_running_loop().call_exception_handler(
                {"message": "a listener failed", "exception": error}
            )
