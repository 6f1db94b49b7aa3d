"""The trading database keeps what it was given, whole commits or nothing."""

import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.builders import START_MS
from upbit_auto_trading.domain.indicator import CandleRow
from upbit_auto_trading.domain.order import Fill, Order, OrderSide
from upbit_auto_trading.domain.recording import (
    CashMoved,
    Decided,
    Entry,
    LedgerError,
    OrderByHand,
    OrderEnd,
    OrderEnded,
    OrderFilled,
    OrderIntended,
    Recording,
    Segment,
    Suspended,
    Terms,
    TickTaken,
)
from upbit_auto_trading.domain.tick import Quality, Tick
from upbit_auto_trading.infrastructure.persistence.paper_account_store import PaperAccountStore
from upbit_auto_trading.infrastructure.persistence.trading_schema import MIGRATIONS
from upbit_auto_trading.infrastructure.persistence.trading_store import TradingStore, error_code
from upbit_auto_trading.infrastructure.trading_ledger import TradingLedger

TERMS = Terms(Decimal("1000000.5"), Decimal("0.0005"), Decimal(5000))
SEGMENT = Segment(
    '{"strategy": 1}',
    TERMS,
    {"1m": (CandleRow(START_MS, 1.0, 2.0, 0.5, 1.5, 10.25, 15.0),), "1h": ()},
    {"version": 1},
    START_MS,
)
ORDER = Order(1, START_MS, "enter", OrderSide.BUY, 84_702_000.0, amount=Decimal("100000.00000001"))
FILL = Fill(
    1, START_MS, Decimal("84709000.0"), Decimal("0.00118051"), Decimal(100_000), Decimal(50)
)
ENTRIES: list[Entry] = [
    TickTaken(Tick(START_MS, 84_702_000.1, 0.3), 17, (1.5, "stale")),
    Decided({"outcome": "ordered", "why": {"left": 0.1 + 0.2}}),
    OrderIntended(ORDER),
    TickTaken(Tick(START_MS, 0.0, 0.0, Quality.MISSING)),
    OrderFilled(FILL, 0),
    OrderEnded(1, OrderEnd.PARTLY_FILLED, "no_depth"),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "trading.sqlite3"


def test_a_recording_comes_back_as_it_was_given(path: Path) -> None:
    with closing(TradingStore(path)) as store:
        run = store.open_run("KRW-BTC", "s", TERMS)
        assert run.is_new
        segment = store.begin_segment(run.run_id, SEGMENT)
        store.commit(run.run_id, segment, ENTRIES[:3], {"a": 1})
        store.commit(run.run_id, segment, ENTRIES[3:], {"a": 2})
    with closing(TradingStore(path)) as store:
        again = store.open_run("KRW-BTC", "s", Terms(Decimal(1), Decimal(0), Decimal(0)))
        assert (again.run_id, again.terms, again.memory) == (run.run_id, TERMS, {"a": 2})
        assert again.anchors == {"1m": START_MS}
        assert not again.is_new
        assert store.recordings(run.run_id) == [Recording(SEGMENT, tuple(ENTRIES))]
        assert store.recordings(run.run_id + 1) == []


def test_runs_of_other_markets_and_after_a_reset_are_apart(path: Path) -> None:
    with closing(TradingStore(path)) as store:
        first = store.open_run("KRW-BTC", "s", TERMS)
        assert store.open_run("KRW-ETH", "s", TERMS).run_id != first.run_id
        store.close_run(first.run_id)
        assert store.open_run("KRW-BTC", "s", TERMS).is_new


@pytest.mark.parametrize("doubled", [OrderIntended(ORDER), OrderFilled(FILL, 0), ENTRIES[5]])
def test_what_was_kept_once_is_never_kept_again(path: Path, doubled: Entry) -> None:
    with closing(TradingStore(path)) as store:
        run = store.open_run("KRW-BTC", "s", TERMS).run_id
        segment = store.begin_segment(run, SEGMENT)
        store.commit(run, segment, ENTRIES, {"a": 1})
        tick = TickTaken(Tick(START_MS + 1, 1.0))
        with pytest.raises(sqlite3.IntegrityError):
            store.commit(run, segment, [tick, doubled], {"a": 2})
        assert store.open_run("KRW-BTC", "s", TERMS).memory == {"a": 1}
        assert store.recordings(run)[0].entries == tuple(ENTRIES)
        store.commit(run, segment, [tick], {"a": 3})
        assert store.recordings(run)[0].entries == (*ENTRIES, tick)


def test_a_fill_without_its_order_is_refused(path: Path) -> None:
    with closing(TradingStore(path)) as store:
        run = store.open_run("KRW-BTC", "s", TERMS).run_id
        segment = store.begin_segment(run, SEGMENT)
        with pytest.raises(sqlite3.IntegrityError):
            store.commit(run, segment, [OrderFilled(FILL, 0)], {})


def test_commits_are_synced(path: Path) -> None:
    with closing(TradingStore(path)) as store:
        assert store.database.execute("PRAGMA synchronous").fetchone() == (2,)
        assert store.database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_old_ticks_can_be_dropped_and_orders_stay(path: Path) -> None:
    with closing(TradingStore(path)) as store:
        run = store.open_run("KRW-BTC", "s", TERMS).run_id
        store.commit(run, store.begin_segment(run, SEGMENT), ENTRIES, {})
        assert store.forget_ticks(START_MS) == 0
        # What an open run still adds to is never dropped.
        assert store.forget_ticks(START_MS + 1) == 0
        store.begin_segment(run, SEGMENT)
        assert store.forget_ticks(START_MS + 1) == 2
        left, newest = store.recordings(run)
        assert (left.has_ticks, newest.has_ticks) == (False, True)
        assert [type(entry) for entry in left.entries] == [
            Decided, OrderIntended, OrderFilled, OrderEnded,
        ]  # fmt: skip


async def failing(ledger: TradingLedger, run: int, segment: int) -> str:
    with pytest.raises(LedgerError) as caught:
        await ledger.commit(run, segment, ENTRIES[3:4], {"a": 1})
    return caught.value.code


async def test_a_full_disk_is_told_and_nothing_of_the_commit_is_kept(tmp_path: Path) -> None:
    async with TradingLedger(tmp_path) as ledger:
        run = (await ledger.open_run("KRW-BTC", "s", TERMS)).run_id
        segment = await ledger.begin_segment(run, SEGMENT)

        def limit(pages: int) -> Any:
            assert ledger._store is not None
            return ledger._store.database.execute(f"PRAGMA max_page_count={pages}").fetchone()

        await ledger._in_thread(lambda: limit(1))
        many = [TickTaken(Tick(START_MS + n, 1.0)) for n in range(20_000)]
        with pytest.raises(LedgerError) as caught:
            await ledger.commit(run, segment, many, {"a": 1})
        assert caught.value.code == "full"
        await ledger._in_thread(lambda: limit(1_000_000))
        await ledger.commit(run, segment, ENTRIES[3:4], {"a": 2})
        (recording,) = await ledger.recordings(run)
        assert recording.entries == (ENTRIES[3],)


async def test_a_locked_database_is_told(tmp_path: Path) -> None:
    async with TradingLedger(tmp_path) as ledger:
        run = (await ledger.open_run("KRW-BTC", "s", TERMS)).run_id
        segment = await ledger.begin_segment(run, SEGMENT)

        def hurry() -> None:
            assert ledger._store is not None
            ledger._store.database.execute("PRAGMA busy_timeout=1")

        await ledger._in_thread(hurry)
        with closing(sqlite3.connect(tmp_path / "trading.sqlite3")) as scanner:
            scanner.execute("BEGIN IMMEDIATE")
            assert await failing(ledger, run, segment) == "locked"
        await ledger.commit(run, segment, ENTRIES[3:4], {"a": 1})


async def test_a_second_ledger_of_the_same_folder_is_refused(tmp_path: Path) -> None:
    async with TradingLedger(tmp_path):
        with pytest.raises(LedgerError) as caught:
            async with TradingLedger(tmp_path):
                pass
        assert caught.value.code == "in_use"
    async with TradingLedger(tmp_path):
        pass


async def test_a_newer_database_is_refused_and_a_broken_one_set_aside(tmp_path: Path) -> None:
    async with TradingLedger(tmp_path):
        pass
    path = tmp_path / "trading.sqlite3"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version=99")
    with pytest.raises(LedgerError) as caught:
        async with TradingLedger(tmp_path):
            pass
    assert caught.value.code == "too_new"
    path.write_bytes(b"broken" * 1000)
    async with TradingLedger(tmp_path) as ledger:
        assert [aside.read_bytes()[:6] for aside in ledger.set_aside] == [b"broken"]


def test_an_error_without_a_name_is_unusable() -> None:
    assert error_code(sqlite3.OperationalError("?")) == "unusable"


def test_a_database_of_the_first_version_goes_on_with_its_runs(path: Path) -> None:
    with closing(sqlite3.connect(path)) as first:
        first.executescript(MIGRATIONS[0])
        first.execute("PRAGMA user_version=1")
        first.execute(
            "INSERT INTO run VALUES (1,'KRW-BTC','s','1000000.5','0.0005','5000',0,'{\"a\": 1}')"
        )
        first.execute("INSERT INTO segment VALUES (1,1,5,'{\"strategy\": 1}','{}',NULL)")
        first.execute("INSERT INTO intent VALUES (1,1,1,0,7,'enter','buy',5.0,'100000','0',NULL)")
        first.execute("INSERT INTO ending VALUES (1,1,1,1,'refused','daily_loss')")
        first.commit()
    with closing(TradingStore(path)) as store:
        run = store.open_run("KRW-BTC", "s", Terms(Decimal(1), Decimal(0), Decimal(0)))
        assert (run.run_id, run.terms, run.memory) == (1, TERMS, {"a": 1})
        (recording,) = store.recordings(1)
        assert recording.entries[1] == OrderEnded(1, OrderEnd.REFUSED, "daily_loss")
        # A run of an account is another one than that of the same market and strategy without.
        accounts = PaperAccountStore(store)
        account = accounts.open_account(Decimal(5), 1, [])
        other = store.open_run("KRW-BTC", "s", TERMS, account=account.id, now_ms=2)
        assert other.is_new
        assert [record.id for record in accounts.runs(account.id)] == [other.run_id]
    assert path.with_name(f"{path.name}.version-1").is_file()


def test_what_the_user_did_comes_back_as_it_was(path: Path) -> None:
    actions: list[Entry] = [
        Suspended(START_MS, is_suspended=True),
        CashMoved(START_MS, Decimal("-100.25")),
        CashMoved(START_MS, Decimal("300.5")),
        OrderByHand(ORDER),
        OrderIntended(ORDER),
    ]
    with closing(TradingStore(path)) as store:
        accounts = PaperAccountStore(store)
        account = accounts.open_account(Decimal(10_000_000), 1, [])
        run = store.open_run("KRW-BTC", "s", TERMS, account=account.id).run_id
        store.commit(run, store.begin_segment(run, SEGMENT), actions, {"cash": "7.5"})
        assert store.recordings(run)[0].entries == tuple(actions)
        record = accounts.run(run)
        assert (record.moved, record.given) == (Decimal("200.25"), Decimal("1000200.75"))
        assert record.cash == Decimal("7.5")
        (order,) = accounts.orders(account.id, 10, open_only=True)
        assert (order.state, order.history) == ("intended", (("intended", START_MS),))
