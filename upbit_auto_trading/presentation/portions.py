"""Work of the window's thread in portions, each in a turn of the loop of its own."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Portions(QObject):
    """Does what it is given in order, a piece every `interval_ms`, so that no turn takes long."""

    def __init__(self, interval_ms: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: deque[Callable[[], None]] = deque()
        self._timer = QTimer(self)
        self._timer.setInterval(interval_ms)
        self._timer.timeout.connect(self._next)

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, pieces: Iterable[Callable[[], None]]) -> None:
        """Do these after what waits already."""
        self._waiting.extend(pieces)
        if self._waiting and not self._timer.isActive():
            self._timer.start()

    def finish(self) -> None:
        """Do everything that waits now, and what it puts behind itself."""
        while self._waiting:
            self._next()

    def clear(self) -> None:
        """Leave undone what waits."""
        self._waiting.clear()
        self._timer.stop()

    def _next(self) -> None:
        piece = self._waiting.popleft() if self._waiting else None
        if not self._waiting:
            self._timer.stop()
        if piece is not None:
            piece()
