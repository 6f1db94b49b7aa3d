"""Listeners kept in a list, and what ends one."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

L = TypeVar("L")


def subscribed(listeners: list[L], listener: L) -> Callable[[], None]:
    """Add a listener; return what takes it out again, harmless when repeated."""
    listeners.append(listener)

    def end() -> None:
        if listener in listeners:
            listeners.remove(listener)

    return end
