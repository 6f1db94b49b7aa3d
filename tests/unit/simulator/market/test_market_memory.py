"""What a simulated market remembers doesn't grow with the time it runs."""

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from upbit_auto_trading.simulator.market import tape
from upbit_auto_trading.simulator.market.market_model import MarketModel
from upbit_auto_trading.simulator.socket.sent_log import SentLog
from upbit_auto_trading.simulator.wire import ws_encode

HOUR_MS = 3_600_000
STEP_MS = 900_000
START_MS = 1_782_864_000_000 + 20 * HOUR_MS
"""20:00 UTC, so that the run begins and ends on different days."""


def size_of(value: Any, seen: set[int]) -> int:
    """Return the bytes of a value and of all it holds, each object once."""
    if id(value) in seen or isinstance(value, type):
        return 0
    seen.add(id(value))
    if isinstance(value, np.ndarray):
        owner = value if value.base is None else value.base
        known = owner is not value and id(owner) in seen
        seen.add(id(owner))
        return 112 + (0 if known else int(getattr(owner, "nbytes", 0)))
    return sys.getsizeof(value) + sum(size_of(part, seen) for part in _parts(value))


def _parts(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.keys()
        yield from value.values()
    elif isinstance(value, list | tuple | set | frozenset):
        yield from value
    yield from getattr(value, "__dict__", {}).values()
    for kind in type(value).__mro__:
        for name in getattr(kind, "__slots__", ()):
            if isinstance(name, str) and hasattr(value, name):
                yield getattr(value, name)


def _sizes(hours: int) -> list[int]:
    """Serve every market as a client of all streams would; return the bytes every three hours."""
    model = MarketModel(seed=1, markets=2)
    markets = [listed.market for listed in model.listing]
    sizes = []
    for step in range(1, hours * HOUR_MS // STEP_MS + 1):
        now_ms = START_MS + step * STEP_MS
        for market in markets:
            model.ticker(market, now_ms)
            model.book(market, now_ms)
            model.prints(market, now_ms - STEP_MS, now_ms)
            model.next_event_ms(market, now_ms)
        if step * STEP_MS % (3 * HOUR_MS) == 0:
            sizes.append(size_of(model._markets, set()))
    return sizes


def test_a_day_and_more_takes_no_more_memory_than_its_first_hours() -> None:
    sizes = _sizes(27)
    assert len(sizes) == 9
    # The candles of a day so far grow with it by a few bytes a minute, and are let go of with it.
    assert max(sizes[3:]) <= 1.15 * max(sizes[:3])


def test_without_their_bounds_the_same_hours_show_the_growth(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("_KEPT_MINUTES", "_KEPT_BLOCKS"):
        monkeypatch.setattr(tape, name, 10**9)
    sizes = _sizes(18)
    assert max(sizes[3:]) > 1.15 * max(sizes[:3])


def test_what_is_shared_by_all_markets_is_bounded_too() -> None:
    log = SentLog(capacity=100)
    for number in range(1000):
        log.add(1, number, ("trade", "KRW-BTC", str(number), "REALTIME"), number)
    assert len(list(log.since())) == 100
    spellings = [one for one in vars(ws_encode).values() if hasattr(one, "cache_parameters")]
    assert spellings
    assert all(one.cache_parameters()["maxsize"] is not None for one in spellings)
