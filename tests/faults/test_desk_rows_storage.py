"""Rows 45 to 48 of the fault matrix: kills, power loss, disks that refuse, damage, migrations.

Power is lost in a model: what sqlite had synced is on the disk, of what it had only written any
part may be. In WAL mode `synchronous=FULL` syncs the log with every commit, `NORMAL` only at a
checkpoint, so a log may then be cut anywhere behind the last one.
"""

import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.builders import START_MS
from tests.faults.harness import told
from tests.integration.test_paper_disk_faults import (
    check_books,
    holding,
    pragma,
    until_held,
    until_kept,
)
from tests.integration.test_paper_kills import Told, killed
from tests.integration.test_paper_kills import check_books as check_killed
from tests.long_runs import LongRun
from tests.paper_child import HIGH, TERMS
from tests.paper_desk import LOW, PaperRoom
from tests.unit.infrastructure.test_ledger_copies import fill, memory_of
from tests.waiting import until
from upbit_auto_trading.application import strategy_runner
from upbit_auto_trading.application.run_journal import RunJournal
from upbit_auto_trading.domain.recording import LedgerError, Segment, Suspended
from upbit_auto_trading.infrastructure import trading_ledger
from upbit_auto_trading.infrastructure.ledger_copies import backups
from upbit_auto_trading.infrastructure.persistence import trading_store
from upbit_auto_trading.infrastructure.persistence.database import open_database
from upbit_auto_trading.infrastructure.persistence.trading_schema import MIGRATIONS
from upbit_auto_trading.infrastructure.persistence.trading_store import TradingStore
from upbit_auto_trading.infrastructure.trading_ledger import FILE_NAME, TradingLedger

ROOT = Path(__file__).resolve().parents[2]
Patch = pytest.MonkeyPatch


@dataclass
class _PowerLoss:
    """How often the power went, and how often that cost an acknowledged commit."""

    cuts: int = 0
    acknowledged: int = 0
    lost: int = 0


def _after_the_loss(folder: Path, database: bytes, log: bytes, *, kept: int) -> int:
    """Open what lay on the disk; return how many acknowledged commits are missing."""
    path = folder / "lost.sqlite3"
    for suffix, data in (("", database), ("-wal", log)):
        path.with_name(path.name + suffix).write_bytes(data)
    path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
    with closing(TradingStore(path)) as store:
        assert store.database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        memory = store.open_run("KRW-BTC", "s", TERMS).memory
    found = -1 if memory is None else int(memory["n"])
    return max(0, kept - found)


def _torn(dice: random.Random, synced: bytes, written: bytes) -> bytes:
    """Return a log whose unsynced part ends anywhere, and is nothing but zeros before that."""
    cut = dice.randint(len(synced), len(written))
    zeros = dice.randint(0, min(4096, cut - len(synced)))
    return written[: cut - zeros] + bytes(zeros)


def _lose_power(folder: Path, seed: int, count: int) -> _PowerLoss:
    """Commit, and lose the power in the middle of commits and of checkpoints."""
    dice, found = random.Random(seed), _PowerLoss()
    path = folder / FILE_NAME
    log_path = path.with_name(f"{FILE_NAME}-wal")
    with closing(TradingStore(path)) as store:
        store.database.execute("PRAGMA wal_autocheckpoint=0")
        run = store.open_run("KRW-BTC", "s", TERMS).run_id
        segment = store.begin_segment(run, Segment("{}", TERMS, {}, None, START_MS))
        (level,) = store.database.execute("PRAGMA synchronous").fetchone()
        store.database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        synced = b""
        for n in range(count):
            before = path.read_bytes(), log_path.read_bytes()
            store.commit(
                run, segment, [Suspended(START_MS + n, is_suspended=True)], {"n": n, "x": "y" * n}
            )
            log = log_path.read_bytes()
            found.acknowledged += 1
            if level >= 2:
                synced = log
            # after the commit was acknowledged, and in the middle of it
            for on_disk, kept in ((synced, n), (before[1] if level >= 2 else synced, n - 1)):
                torn = _torn(dice, on_disk, log)
                found.lost += _after_the_loss(folder, before[0], torn, kept=kept) > 0
                found.cuts += 1
            if dice.random() < 0.2:
                store.database.execute("PRAGMA wal_checkpoint(PASSIVE)")
                after = path.read_bytes()
                pages = bytearray(before[0].ljust(len(after), b"\0"))
                for at in range(0, len(after), 4096):
                    if dice.random() < 0.5:
                        pages[at : at + 4096] = after[at : at + 4096]
                # a checkpoint syncs the log before it writes to the database
                found.lost += _after_the_loss(folder, bytes(pages), log, kept=n) > 0
                found.cuts += 1
                store.database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                synced = b""
    return found


@pytest.mark.long("power-loss")
@pytest.mark.timeout(0)
def test_row_45_power_lost_in_commits_and_checkpoints(tmp_path: Path, long_run: LongRun) -> None:
    found = _lose_power(tmp_path, long_run.seed, max(30, long_run.count(200)))
    long_run.record(cuts=found.cuts, acknowledged=found.acknowledged, lost=found.lost)
    told(45, "power lost", found, "integrity ok; 0 acknowledged commits lost")
    assert found.lost == 0
    assert found.cuts > found.acknowledged


@pytest.mark.long("row-45-kills")
@pytest.mark.timeout(0)
def test_row_45_killed_while_writing(tmp_path: Path, long_run: LongRun) -> None:
    count = max(4, long_run.count(500) // 3)
    dice, said, fills = random.Random(long_run.seed), Told(), 0
    for n in range(count):
        killed(tmp_path, n, START_MS + n * 600_000, dice.uniform(0, 0.12), said)
        fills = check_killed(tmp_path / FILE_NAME, said)
    long_run.record(kills=count, fills=fills, fills_told=len(said.fills))
    told(45, "kills, fills on disk, fills told", (count, fills, len(said.fills)), "0 told are lost")
    assert fills >= len(said.fills) >= count


def test_row_45_without_its_defence_fails(tmp_path: Path, monkeypatch: Patch) -> None:
    def unsynced(*arguments: Any, **options: Any) -> sqlite3.Connection:
        return open_database(*arguments, **options, is_durable=False)

    monkeypatch.setattr(trading_store, "open_database", unsynced)
    assert _lose_power(tmp_path, 1, 20).lost > 0


@pytest.fixture
def room(tmp_path: Path, monkeypatch: Patch) -> PaperRoom:
    monkeypatch.setattr(strategy_runner, "RETRY_S", 0.01)
    return PaperRoom(tmp_path)


async def _full(room: PaperRoom) -> None:
    await pragma(room, "max_page_count=1")


async def _room_again(room: PaperRoom) -> None:
    await pragma(room, "max_page_count=1000000")


async def _read_only(room: PaperRoom) -> None:
    await pragma(room, "query_only=1")


async def _writable(room: PaperRoom) -> None:
    await pragma(room, "query_only=0")


_SCANNERS: list[sqlite3.Connection] = []


async def _locked(room: PaperRoom) -> None:
    await pragma(room, "busy_timeout=1")
    scanner = sqlite3.connect(room.folder / FILE_NAME)
    _SCANNERS.append(scanner)
    scanner.execute("BEGIN IMMEDIATE")


async def _unlocked(room: PaperRoom) -> None:
    _SCANNERS.pop().close()


_REFUSALS = {
    "full": (_full, _room_again),
    "read_only": (_read_only, _writable),
    "locked": (_locked, _unlocked),
}


async def _disk_refuses(room: PaperRoom, code: str) -> None:
    """Let the disk refuse in the middle of a run, then give in; nothing told may be missing."""
    fault, end = _REFUSALS[code]
    async with room.open() as trading:
        run_id = await holding(room, trading)
        orders = len(room.of("order"))
        await fault(room)
        try:
            for _ in range(3_000):
                room.print_at(HIGH)
            await until_held(room, trading, run_id)
            assert len(room.of("order")) == orders
        finally:
            await end(room)
        await until_kept(room, trading, run_id)
        await check_books(room, trading, run_id)
        told(46, code, room.of("ledger"), "held, no order; recovers without a restart")


@pytest.mark.parametrize("code", list(_REFUSALS))
async def test_row_46_the_disk_refuses(room: PaperRoom, code: str) -> None:
    await _disk_refuses(room, code)
    assert [event["code"] for event in room.of("ledger", state="failing")] == [code]


async def _deleted(room: PaperRoom) -> tuple[int, int]:
    """Delete the open database; return how many fills were told, and how many the disk has."""
    async with room.open() as trading:
        await holding(room, trading)
        _delete(room.folder)
        room.quote(HIGH)
        room.print_at(LOW)
        await until(lambda: len(room.of("fill")) >= 2)
    async with room.open() as trading:
        orders = await trading.account.orders(10_000)
    return len(room.of("fill")), sum(len(order.fills) for order in orders)


def _delete(folder: Path) -> None:
    for path in folder.glob(f"{FILE_NAME}*"):
        if not path.name.endswith(".lock"):
            path.unlink()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps open files")
async def test_row_46_the_file_is_deleted(room: PaperRoom) -> None:
    said, kept = await _deleted(room)
    told(46, "deleted: fills told, fills found afterwards", (said, kept), "all of them")
    assert said == kept >= 2


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps open files")
async def test_row_46_without_its_defence_a_deleted_file_is_lost(
    room: PaperRoom, monkeypatch: Patch
) -> None:
    monkeypatch.setattr(TradingStore, "is_gone", False)
    said, kept = await _deleted(room)
    assert said > kept


async def test_row_46_without_its_defence_fails(room: PaperRoom, monkeypatch: Patch) -> None:
    """What was noted is told although it can't be kept, and the run goes on."""
    keep = RunJournal.keep

    async def careless(journal: RunJournal, memory: Any) -> None:
        await keep(journal, memory)
        if journal.trouble is not None:
            for news in journal._news:
                journal._tell(news)
            journal._entries, journal._news, journal.trouble = [], [], None

    async with room.open() as trading:
        await holding(room, trading)
        monkeypatch.setattr(RunJournal, "keep", careless)
        told_before = len(room.of("fill"))
        await _read_only(room)
        room.quote(HIGH)
        room.print_at(LOW)
        await until(lambda: len(room.of("fill")) > told_before)
        await _writable(room)
        orders = await trading.account.orders(10_000)
        assert len(room.of("fill")) > sum(len(order.fills) for order in orders)


def _corrupt_page(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096:8192] = b"\xff" * 4096
    path.write_bytes(data)


def _no_database(path: Path) -> None:
    path.write_bytes(b"nothing of a database" * 500)


@pytest.mark.parametrize("damage", [_corrupt_page, _no_database])
async def test_row_47_damage_is_replaced_by_the_newest_copy(tmp_path: Path, damage: Any) -> None:
    await fill(tmp_path, 300)
    path = tmp_path / FILE_NAME
    damage(path)
    began = time.perf_counter()
    async with TradingLedger(tmp_path) as ledger:
        took_s = time.perf_counter() - began
        assert ledger.restored == backups(path)[0]
        assert len(ledger.set_aside) == 1
    told(47, f"{damage.__name__}: back after (s)", took_s, "≤ 10; the user is told")
    assert took_s <= 10
    assert await memory_of(tmp_path) == {"n": 299}


def test_row_47_a_log_cut_anywhere_leaves_an_earlier_whole_state(tmp_path: Path) -> None:
    dice = random.Random(47)
    path, cuts = tmp_path / FILE_NAME, 25
    with closing(TradingStore(path)) as store:
        run = store.open_run("KRW-BTC", "s", TERMS).run_id
        segment = store.begin_segment(run, Segment("{}", TERMS, {}, None, START_MS))
        for n in range(40):
            mark = Suspended(START_MS + n, is_suspended=True)
            store.commit(run, segment, [mark], {"n": n})
        database = path.read_bytes()
        log = path.with_name(f"{FILE_NAME}-wal").read_bytes()
    for _ in range(cuts):
        _after_the_loss(tmp_path, database, log[: dice.randrange(len(log))], kept=0)
    told(47, "logs cut, all whole afterwards", cuts, "integrity ok")


async def test_row_47_a_newer_version_is_left_alone_and_told(tmp_path: Path) -> None:
    await fill(tmp_path, 3)
    path = tmp_path / FILE_NAME
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("PRAGMA user_version=99")
    before = path.read_bytes()
    with pytest.raises(LedgerError) as caught:
        async with TradingLedger(tmp_path):
            pass
    told(47, "newer version", caught.value.code, "too_new, nothing changed")
    assert caught.value.code == "too_new"
    assert path.read_bytes() == before


async def test_row_47_without_its_defence_fails(tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.setattr(trading_ledger, "restore", lambda _: None)
    await fill(tmp_path, 3)
    _no_database(tmp_path / FILE_NAME)
    assert await memory_of(tmp_path) is None


_KILLED_MIGRATIONS = """
import json, os, shutil, signal, sqlite3, sys
from pathlib import Path
from upbit_auto_trading.infrastructure.persistence import database
from upbit_auto_trading.infrastructure.persistence.trading_schema import MIGRATIONS

first, is_whole = Path(sys.argv[1]), sys.argv[2] == "whole"
done = dies_at = 0

class Dying(sqlite3.Connection):
    def execute(self, text, *arguments):
        global done
        if not is_whole and text in ("BEGIN IMMEDIATE", "COMMIT"):
            text = "SELECT 1"
        answer = super().execute(text, *arguments)
        done += 1
        if done == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

def migrate(path):
    shutil.copy(first, path)
    database.open_database(path, MIGRATIONS).close()

connect = sqlite3.connect
sqlite3.connect = lambda *a, **o: connect(*a, **o, factory=Dying)
migrate(first.with_name("step-0.sqlite3"))
steps = done
for dies_at in range(1, steps + 1):
    done, child = 0, os.fork()
    if not child:
        migrate(first.with_name(f"step-{dies_at}.sqlite3"))
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
print(steps)
"""


def _schema(path: Path) -> tuple[int, tuple[str, ...]]:
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        (version,) = database.execute("PRAGMA user_version").fetchone()
        rows = database.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
        return int(version), tuple(sql for (sql,) in rows)


def _mixed(folder: Path, how: str) -> tuple[int, list[int]]:
    """Kill a migration at each of its statements; return how many, and which left a mixture."""
    path = folder / "first.sqlite3"
    with closing(sqlite3.connect(path)) as first:
        first.executescript(MIGRATIONS[0])
        first.execute("PRAGMA user_version=1")
        first.execute("INSERT INTO run VALUES (1,'KRW-BTC','s','1','0','1',0,'{}')")
        first.commit()
    command = [sys.executable, "-c", _KILLED_MIGRATIONS, str(path), how]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    killed_at = [folder / f"step-{step}.sqlite3" for step in range(int(done.stdout) + 1)]
    whole = _schema(path), _schema(killed_at[0])
    mixtures = [n for n, left in enumerate(killed_at) if _schema(left) not in whole]
    if how == "whole":
        for left in killed_at:  # the next start finishes what was begun
            open_database(left, MIGRATIONS).close()
            assert _schema(left) == whole[1]
    return len(killed_at) - 1, mixtures


@pytest.mark.skipif(sys.platform == "win32", reason="kills by signal")
def test_row_48_a_migration_killed_at_each_step(tmp_path: Path) -> None:
    steps, mixtures = _mixed(tmp_path, "whole")
    told(48, "kills, mixtures", (steps, len(mixtures)), "old or new, never mixed")
    assert steps > len(MIGRATIONS[1].split(";"))
    assert mixtures == []


@pytest.mark.skipif(sys.platform == "win32", reason="kills by signal")
def test_row_48_without_its_defence_fails(tmp_path: Path) -> None:
    _, mixtures = _mixed(tmp_path, "statement by statement")
    assert mixtures
