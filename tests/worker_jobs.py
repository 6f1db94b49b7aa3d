"""Calculations for a worker process; a process imports them by name."""

import multiprocessing
import os

from upbit_auto_trading.domain.calculation import Report


def add(_report: Report, one: int, other: int) -> int:
    return one + other


def name_of_process(_report: Report) -> tuple[str, int]:
    return multiprocessing.current_process().name, os.getpid()


def refuse(_report: Report, value: int) -> None:
    raise ValueError(f"{value} is refused")


def count_up(report: Report, until: int | None) -> int:
    """Count to `until`; without end where it is None."""
    count = 0
    while until is None or count < until:
        count += 1
        report(0.5)
    return count


def end_the_process(_report: Report) -> None:
    os._exit(3)
