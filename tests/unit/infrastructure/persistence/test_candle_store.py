import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import candle, origin
from upbit_auto_trading.domain.timeframe import parse_timeframe
from upbit_auto_trading.infrastructure.persistence.candle_store import CandleStore
from upbit_auto_trading.infrastructure.persistence.database import (
    DatabaseTooNewError,
    DatabaseUnusableError,
    open_database,
)

MINUTE = parse_timeframe("1m")
MINUTE_MS = 60_000
BTC = "KRW-BTC"
ORIGIN = origin()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[CandleStore]:
    opened = CandleStore(tmp_path / "market_data.sqlite3")
    yield opened
    opened.close()


def test_candles_come_back_as_they_were_kept(tmp_path: Path) -> None:
    path = tmp_path / "market_data.sqlite3"
    kept = [candle(start_ms=slot * MINUTE_MS, close=0.1 + slot) for slot in (3, 5, 6)]
    first = CandleStore(path)
    first.put(BTC, MINUTE, kept, 2 * MINUTE_MS, 7 * MINUTE_MS)
    first.close()

    again = CandleStore(path)
    found = again.newest(BTC, MINUTE, 2, 0, 7 * MINUTE_MS, ORIGIN)

    assert [(one.start_ms, one.close, one.volume) for one in found] == [
        (one.start_ms, one.close, one.volume) for one in kept[-2:]
    ]
    assert again.covered_before(BTC, MINUTE, 7 * MINUTE_MS) == 2 * MINUTE_MS
    again.close()


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 15)), min_size=1, max_size=12),
    st.integers(1, 80),
)
def test_coverage_is_the_union_of_what_was_kept(ranges: list[tuple[int, int]], before: int) -> None:
    store = CandleStore(Path(":memory:"))
    known: set[int] = set()
    for begin, length in ranges:
        store.put(BTC, MINUTE, [], begin * MINUTE_MS, (begin + length) * MINUTE_MS)
        known.update(range(begin, begin + length))

    start = before
    while start - 1 in known:
        start -= 1
    found = store.covered_before(BTC, MINUTE, before * MINUTE_MS)
    store.close()

    assert found == (None if start == before else start * MINUTE_MS)


def test_a_quiet_minute_differs_from_one_never_asked_for(store: CandleStore) -> None:
    store.put(BTC, MINUTE, [candle(start_ms=MINUTE_MS)], 0, 3 * MINUTE_MS)

    assert store.covered_within(BTC, MINUTE, 0, 9 * MINUTE_MS) == [(0, 3 * MINUTE_MS)]
    assert store.covered_before(BTC, MINUTE, 9 * MINUTE_MS) is None
    assert store.covered_before("KRW-ETH", MINUTE, 2 * MINUTE_MS) is None


def test_forgetting_one_market_keeps_the_others(store: CandleStore) -> None:
    for market in (BTC, "KRW-ETH"):
        store.put(market, MINUTE, [candle(market, start_ms=0)], 0, MINUTE_MS)

    store.forget(BTC, MINUTE)

    assert store.covered_before(BTC, MINUTE, MINUTE_MS) is None
    assert store.covered_before("KRW-ETH", MINUTE, MINUTE_MS) == 0


def test_a_broken_file_is_set_aside_and_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "market_data.sqlite3"
    path.write_bytes(b"this was a database once " * 400)

    store = CandleStore(path)
    store.put(BTC, MINUTE, [], 0, MINUTE_MS)
    store.close()

    assert [found.name for found in tmp_path.glob("*.corrupt-*")]


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "market_data.sqlite3"
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version=99")
    database.close()

    with pytest.raises(DatabaseTooNewError) as refused:
        CandleStore(path)

    assert (refused.value.version, refused.value.known) == (99, 1)


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "market_data.sqlite3"

    with pytest.raises(DatabaseUnusableError) as refused:
        CandleStore(path)

    assert refused.value.path == path


def test_a_migration_that_fails_leaves_the_old_version(tmp_path: Path) -> None:
    path = tmp_path / "any.sqlite3"
    open_database(path, ["CREATE TABLE one (x INTEGER) STRICT"]).close()

    with pytest.raises(DatabaseUnusableError):
        open_database(
            path,
            ["CREATE TABLE one (x INTEGER) STRICT", "CREATE TABLE two (x INTEGER); NONSENSE"],
        )

    database = open_database(path, ["CREATE TABLE one (x INTEGER) STRICT"])
    tables = database.execute("SELECT name FROM sqlite_master").fetchall()
    database.close()
    assert tables == [("one",)]
