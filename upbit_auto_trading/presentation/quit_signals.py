"""SIGINT and SIGTERM as an ordered end of the window.

Python runs signal handlers between bytecodes, which Qt's loop may not reach for a long time; the
wake-up socket makes the loop turn.
"""

from __future__ import annotations

import signal
import socket
from typing import TYPE_CHECKING, Any, Final

from PyQt6.QtCore import QSocketNotifier

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class QuitSignals:
    """While entered, a signal calls `end` on the loop; a second one ends the process at once."""

    def __init__(self, end: Callable[[], None]) -> None:
        self._end = end
        self._earlier: dict[signal.Signals, Any] = {}
        self._earlier_fd = -1
        self._reader, self._writer = socket.socketpair()
        self._notifier: QSocketNotifier | None = None

    def __enter__(self) -> None:
        for end in (self._reader, self._writer):
            end.setblocking(False)
        descriptor: Any = self._reader.fileno()
        self._notifier = QSocketNotifier(descriptor, QSocketNotifier.Type.Read)
        self._notifier.activated.connect(self._woken)
        self._earlier_fd = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for number in _SIGNALS:
            self._earlier[number] = signal.signal(number, self._received)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._earlier.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._earlier_fd)
        if self._notifier is not None:
            self._notifier.setEnabled(False)
            self._notifier.deleteLater()
        self._reader.close()
        self._writer.close()

    def _received(self, number: int, frame: FrameType | None) -> None:
        del frame
        signal.signal(number, signal.SIG_DFL)
        self._end()

    def _woken(self) -> None:
        try:
            self._reader.recv(4096)
        except BlockingIOError:
            return
