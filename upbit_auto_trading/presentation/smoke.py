"""What one run of the window measured, as the line of JSON that `--smoke` prints."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from upbit_auto_trading.presentation.loop_lag import LoopLag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.application.services import Services
    from upbit_auto_trading.presentation.main_window import MainWindow

_STATM: Final = Path("/proc/self/statm")
_UPTIME: Final = Path("/proc/uptime")
_STAT: Final = Path("/proc/self/stat")


class SmokeRecord:
    """Listens to one window from its construction on."""

    def __init__(self, window: MainWindow) -> None:
        self._started = time.perf_counter() - seconds_since_start()
        self._window = window
        self._first_data_ms: float | None = None
        self._first_paint_ms: float | None = None
        self.lag = LoopLag(window)
        self.lag.start()
        window.data_arrived.connect(self._data_arrived)
        window.live_frame_painted.connect(self._frame_painted)

    def line(self, services: Services | None, errors: Sequence[str]) -> tuple[bool, str]:
        """Whether live data was received and painted, and the line that says so."""
        metrics: dict[str, Any] = {}
        swaps = messages = 0
        if services is not None:
            metrics = services.metrics.performance_metrics()
            messages = services.metrics.health().messages_received
            swaps = int(metrics.get("swaps", {}).get("count", 0))
        frames = self._window.frames_painted
        problems = list(errors)
        if messages == 0:
            problems.append("E-NO-DATA: nothing was received from the exchange")
        elif frames == 0:
            problems.append("E-NO-PAINT: live data was received but none was painted")
        is_ok = not problems
        record = {
            "ok": is_ok,
            "endpoint": services.endpoint.kind.value if services else None,
            "first_data_ms": _rounded(self._first_data_ms),
            "first_paint_ms": _rounded(self._first_paint_ms),
            "messages": messages,
            "frames_painted": frames,
            "loop_lag_p99_ms": self.lag.percentile_ms(0.99),
            "loop_lag_max_ms": _rounded(self.lag.longest_ms),
            "rss_mb": _rounded(resident_mb()),
            "swaps": swaps,
            "metrics": metrics,
            "errors": problems,
        }
        return is_ok, json.dumps(record, ensure_ascii=False, default=str)

    def _since_start_ms(self) -> float:
        return (time.perf_counter() - self._started) * 1000

    def _data_arrived(self) -> None:
        if self._first_data_ms is None:
            self._first_data_ms = self._since_start_ms()

    def _frame_painted(self) -> None:
        if self._first_paint_ms is None:
            self._first_paint_ms = self._since_start_ms()


def seconds_since_start() -> float:
    """How long this process has run, imports included; 0 where the system doesn't tell."""
    try:
        started = int(_STAT.read_text().rpartition(")")[2].split()[19])
        uptime = float(_UPTIME.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 0.0
    return max(0.0, uptime - started / os.sysconf("SC_CLK_TCK"))


def resident_mb() -> float | None:
    """Memory in use by this process in MB; its peak on macOS, None where unknown."""
    try:
        pages = int(_STATM.read_text().split()[1])
    except OSError:
        if sys.platform == "win32":
            return None
        import resource  # noqa: PLC0415 -- Windows has none

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
