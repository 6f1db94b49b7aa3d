"""Short and full counts of the same test.

A test marked `long(name)` runs in every check with a fiftieth of its counts, always from the
same seed, so that a check says something of the commit and nothing of the day. With `--long NAME`
only the tests of that name run, in full and from a seed of their own, and what they did is
written down.
"""

import json
import os
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

SHORT_DIVISOR = 50
CHECK_SEED = 20_260_701
_SEED_VARIABLE = "UPBIT_TEST_SEED"
_RECORDS = pytest.StashKey[dict[str, Any]]()
_SEED = pytest.StashKey[int]()


class LongRun:
    """How much a test should do, and what it did.

    Args:
        name: of the run in `docs/results.json`.
        full: whether full counts were asked for.
        seed: the first seed, printed in the report's header.
    """

    def __init__(self, name: str, *, full: bool, seed: int) -> None:
        self.name = name
        self.full = full
        self.seed = seed
        self.figures: dict[str, Any] = {}

    def count(self, full: int) -> int:
        """Return `full`, or a fiftieth of it (at least 1) in the short form; keeps the count."""
        count = full if self.full else max(1, full // SHORT_DIVISOR)
        self.figures["count"] = self.figures.get("count", 0) + count
        return count

    def seeds(self, full: int) -> range:
        """Return that many consecutive seeds."""
        return range(self.seed, self.seed + self.count(full))

    def record(self, **figures: Any) -> None:
        """Add measured figures to the run's record."""
        self.figures.update(figures)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("long runs")
    group.addoption("--long", metavar="NAME", help="only tests of this long run ('all'), in full")
    group.addoption("--long-results", metavar="FILE", help="where to write what the runs did")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "long(name): runs in full with --long name")
    config.stash[_RECORDS] = {}
    asked = os.environ.get(_SEED_VARIABLE)
    config.stash[_SEED] = int(asked) if asked else _first_seed(config)
    # workers of xdist start from the seed that the report's header names
    os.environ[_SEED_VARIABLE] = str(config.stash[_SEED])


def _first_seed(config: pytest.Config) -> int:
    if config.getoption("--long") is None:
        return CHECK_SEED
    return time.time_ns() % 1_000_000


def pytest_report_header(config: pytest.Config) -> str:
    return f"first seed: {config.stash[_SEED]} (repeat with {_SEED_VARIABLE}={config.stash[_SEED]})"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    asked = config.getoption("--long")
    if asked is None:
        return
    keep = [item for item in items if asked in ("all", _name_of(item)) and _name_of(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in keep])
    items[:] = keep


def pytest_sessionfinish(session: pytest.Session) -> None:
    path = session.config.getoption("--long-results")
    records = session.config.stash[_RECORDS]
    if path and records:
        Path(path).write_text(json.dumps(records, indent=1, sort_keys=True), encoding="utf-8")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: "pytest.CallInfo[None]"
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    name = _name_of(item)
    if name and report.when == "call" and item.config.getoption("--long") is not None:
        run = item.funcargs.get("long_run") if isinstance(item, pytest.Function) else None
        figures = run.figures if isinstance(run, LongRun) else {}
        record = item.config.stash[_RECORDS].setdefault(name, {"tests": {}})
        record["tests"][item.nodeid] = {
            "outcome": report.outcome,
            "seconds": round(report.duration, 3),
            **figures,
        }
    return report


@pytest.fixture
def long_run(request: pytest.FixtureRequest) -> LongRun:
    """Counts and seeds for a test marked `long(name)`."""
    name = _name_of(request.node)
    if name is None:
        pytest.fail("a test that uses long_run needs @pytest.mark.long(name)", pytrace=False)
    config = request.config
    return LongRun(name, full=config.getoption("--long") is not None, seed=config.stash[_SEED])


def _name_of(item: Any) -> str | None:
    marker = item.get_closest_marker("long")
    return str(marker.args[0]) if marker is not None and marker.args else None
