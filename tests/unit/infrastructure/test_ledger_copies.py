"""Copies of the trading database: made while it is used, thinned out, put back when needed."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.builders import START_MS
from tests.paper_desk import PaperRoom
from upbit_auto_trading.domain.paper_account import TimelineFilter
from upbit_auto_trading.domain.recording import LedgerError, Segment, Suspended, Terms
from upbit_auto_trading.infrastructure.ledger_copies import (
    DAILY,
    FOLDER,
    HOURLY,
    backup_time,
    backups,
    superseded,
)
from upbit_auto_trading.infrastructure.paper_books import PaperBooks
from upbit_auto_trading.infrastructure.trading_ledger import TradingLedger

TERMS = Terms(Decimal(1_000_000), Decimal("0.0005"), Decimal(5000))
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


async def fill(folder: Path, marks: int) -> None:
    """Open the ledger, keep something, copy it, keep something more."""
    async with TradingLedger(folder) as ledger:
        run = (await ledger.open_run("KRW-BTC", "s", TERMS)).run_id
        segment = await ledger.begin_segment(run, Segment("{}", TERMS, {}, None, START_MS))
        for n in range(marks):
            await ledger.commit(
                run, segment, [Suspended(START_MS + n, is_suspended=True)], {"n": n}
            )
        await ledger.back_up(START_MS)
        await ledger.commit(run, segment, [Suspended(START_MS, is_suspended=False)], {"n": -1})


async def memory_of(folder: Path) -> object:
    async with TradingLedger(folder) as ledger:
        return (await ledger.open_run("KRW-BTC", "s", TERMS)).memory


@pytest.mark.parametrize("damage", ["page", "header", "emptied"])
async def test_a_broken_database_is_replaced_by_the_newest_copy(
    tmp_path: Path, damage: str
) -> None:
    await fill(tmp_path, 300)
    path = tmp_path / "trading.sqlite3"
    data = bytearray(path.read_bytes())
    if damage == "page":
        data[4096:8192] = b"\xff" * 4096
    elif damage == "header":
        data[:100] = b"\x00" * 100
    else:
        data = bytearray(b"nothing of a database" * 500)
    path.write_bytes(data)
    async with TradingLedger(tmp_path) as ledger:
        assert len(ledger.set_aside) == 1
        assert ledger.restored == backups(path)[0]
        assert (await ledger.open_run("KRW-BTC", "s", TERMS)).memory == {"n": 299}
    assert await memory_of(tmp_path) == {"n": 299}


async def test_a_copy_that_is_broken_too_is_passed_over(tmp_path: Path) -> None:
    await fill(tmp_path, 3)
    path = tmp_path / "trading.sqlite3"
    newer = backups(path)[0].with_name("trading-20990101-000000.sqlite3")
    newer.write_bytes(b"broken" * 1000)
    path.write_bytes(b"broken" * 1000)
    async with TradingLedger(tmp_path) as ledger:
        assert ledger.restored is not None
        assert ledger.restored != newer
    assert await memory_of(tmp_path) == {"n": 2}


async def test_without_a_copy_it_is_begun_anew_and_what_was_is_kept_aside(tmp_path: Path) -> None:
    path = tmp_path / "trading.sqlite3"
    path.write_bytes(b"broken" * 1000)
    async with TradingLedger(tmp_path) as ledger:
        assert ledger.restored is None
        assert ledger.set_aside[0].read_bytes() == b"broken" * 1000
        assert (await ledger.open_run("KRW-BTC", "s", TERMS)).is_new


def test_old_copies_go_and_a_day_keeps_its_newest() -> None:
    moments = [NOW - timedelta(hours=n) for n in range(24 * 40)]
    copies = [Path(f"trading-{moment:%Y%m%d-%H%M%S}.sqlite3") for moment in moments]
    gone = set(superseded(copies))
    left = [copy for copy in copies if copy not in gone]
    assert left[:HOURLY] == copies[:HOURLY]
    days = {backup_time(copy).date() for copy in left}
    assert len(days) == DAILY
    for copy in left[HOURLY:]:
        assert backup_time(copy).hour == 23


async def test_a_copy_that_cannot_be_made_is_told_and_leaves_no_half(tmp_path: Path) -> None:
    async with TradingLedger(tmp_path) as ledger:
        (tmp_path / FOLDER).write_text("in the way")
        with pytest.raises(LedgerError):
            await ledger.back_up(START_MS)
        (tmp_path / FOLDER).unlink()
        copy = await ledger.back_up(START_MS)
        assert [one.name for one in (tmp_path / FOLDER).iterdir()] == [copy.name]
        with closing(sqlite3.connect(copy)) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        used = await ledger.size()
        assert used.newest_backup_ms == START_MS // 1000 * 1000
        assert used.backup_bytes == copy.stat().st_size
        assert used.total_bytes > 0


async def test_a_restored_account_says_so_in_the_timeline(tmp_path: Path) -> None:
    room = PaperRoom(tmp_path)
    async with room.open() as trading:
        await trading.account.reset(Decimal(3_000_000))
        await room.ledger.back_up(START_MS)
    (tmp_path / "trading.sqlite3").write_bytes(b"broken" * 1000)
    async with room.open() as trading:
        assert trading.upkeep.was_restored
        assert trading.account.view().equity == 3_000_000
        wanted = TimelineFilter(kinds=frozenset({"ledger"}))

        async def told() -> list[object]:
            return [
                entry.data["state"] for entry in await PaperBooks(room.ledger).timeline(wanted, 9)
            ]

        while not (states := await told()):
            pass
        assert states == ["restored"]
