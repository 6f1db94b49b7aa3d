"""One timer between a feed of any rate and a screen that can show thirty changes a second."""

from __future__ import annotations

import time
from typing import Final

from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal

FRAME_MS: Final = 33


class Coalescer(QObject):
    """Answers any number of `mark` calls with at most one `flushed` per `interval_ms`.

    The first mark after a pause is answered at once; the timer runs only between a mark and
    its answer.
    """

    flushed = pyqtSignal()

    def __init__(self, parent: QObject | None = None, interval_ms: int = FRAME_MS) -> None:
        super().__init__(parent)
        self._interval_s = interval_ms / 1000
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._flush)
        self._flushed_at = 0.0

    def mark(self) -> None:
        """Something changed."""
        if self._timer.isActive():
            return
        wait_s = self._flushed_at + self._interval_s - time.monotonic()
        self._timer.start(max(0, round(wait_s * 1000)))

    def stop(self) -> None:
        """Forget what was marked."""
        self._timer.stop()

    def _flush(self) -> None:
        self._flushed_at = time.monotonic()
        self.flushed.emit()
