"""How late the window's loop is: a timer of 5 ms, and how much later than that it rings."""

from __future__ import annotations

import time
from typing import Final

from PyQt6.QtCore import QObject, Qt, QTimer

INTERVAL_MS: Final = 5
_STEP_MS: Final = 0.1
_BUCKETS: Final = 5000


class LoopLag(QObject):
    """Counts lags in steps of 0.1 ms up to half a second."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._counts = [0] * (_BUCKETS + 1)
        self._due = 0.0
        self.longest_ms = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self._ring)

    def start(self) -> None:
        self._due = time.perf_counter() + INTERVAL_MS / 1000
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def percentile_ms(self, share: float) -> float:
        """The lag that `share` (0 to 1) of all rings stayed within; 0 before the first."""
        total = sum(self._counts)
        within = 0
        for step, count in enumerate(self._counts):
            within += count
            if total and within >= share * total:
                return round(step * _STEP_MS, 1)
        return 0.0

    def _ring(self) -> None:
        now = time.perf_counter()
        lag_ms = max(0.0, (now - self._due) * 1000)
        self.longest_ms = max(self.longest_ms, lag_ms)
        self._counts[min(_BUCKETS, int(lag_ms / _STEP_MS))] += 1
        self._due = now + INTERVAL_MS / 1000
