"""Memory and CPU of a process while it runs, read from the system (Linux)."""

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Use:
    """A process at one moment: seconds on the monotonic clock, CPU seconds so far, MB resident."""

    at: float
    cpu_s: float
    rss_mb: float


def use_of(pid: int) -> Use:
    """Read a process's use now.

    Raises:
        OSError: it has ended.
    """
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    ticks = int(fields[11]) + int(fields[12])
    return Use(time.monotonic(), ticks / _TICKS_PER_S, pages * _PAGE / 2**20)


def watch(pid: int, seconds: float, every_s: float = 1.0) -> Iterator[Use]:
    """Read it again and again until `seconds` are over."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        yield use_of(pid)
        time.sleep(every_s)


def cpu_share(uses: list[Use]) -> float:
    """The share of one core over the time of `uses`."""
    return (uses[-1].cpu_s - uses[0].cpu_s) / (uses[-1].at - uses[0].at)


def growth_mb_per_h(at: Iterable[float], rss_mb: Iterable[float]) -> float:
    """The slope of the line through the resident sizes at those seconds, MB an hour."""
    seconds, sizes = np.fromiter(at, float), np.fromiter(rss_mb, float)
    return float(np.polyfit(seconds - seconds[0], sizes, 1)[0]) * 3600


def growth_of(uses: list[Use]) -> float:
    """The same of what was read."""
    return growth_mb_per_h((use.at for use in uses), (use.rss_mb for use in uses))
