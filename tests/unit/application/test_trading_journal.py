"""The journal: filters, pages, what belongs together, and a CSV no spreadsheet executes."""

import csv
import io
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.builders import START_MS
from tests.paper_child import HIGH, MARKET
from tests.paper_desk import LOW, OTHER, PaperRoom
from tests.paper_strategies import at_least, churning
from upbit_auto_trading.application.paper_service import PaperTrading
from upbit_auto_trading.application.trading_journal import COLUMNS
from upbit_auto_trading.domain.paper_account import TimelineEntry, TimelineFilter

CASH = Decimal(1_000_000)


@pytest.fixture
async def trading(tmp_path: Path) -> AsyncIterator[PaperTrading]:
    """Two markets, two orders each."""
    room = PaperRoom(tmp_path)
    async with room.open() as trading:
        for market in (MARKET, OTHER):
            await trading.runs.start(churning(at_least(HIGH)), market, CASH)
            room.quote(HIGH, market)
            room.print_at(LOW, market)
            room.print_at(HIGH, market)
            await room.until_told("order", id=1, state="filled", market=market)
            room.print_at(LOW, market)
            await room.until_told("order", id=2, state="filled", market=market)
        yield trading


async def test_pages_follow_each_other_without_a_gap_and_newest_first(
    trading: PaperTrading,
) -> None:
    whole = await trading.journal.page(limit=1_000)
    assert len(whole) == await trading.journal.count()
    pages: list[TimelineEntry] = []
    before: TimelineEntry | None = None
    while page := await trading.journal.page(limit=3, before=before):
        pages.extend(page)
        before = page[-1]
    assert pages == list(whole)
    assert [entry.ms for entry in whole] == sorted((e.ms for e in whole), reverse=True)


@pytest.mark.parametrize(
    ("wanted", "matches"),
    [
        (TimelineFilter(kinds=frozenset({"fill"})), lambda e: e.kind == "fill"),
        (TimelineFilter(market=OTHER), lambda e: e.market == OTHER),
        (TimelineFilter(strategy_id="nobody"), lambda _: False),
        (TimelineFilter(text="LEAVE"), lambda e: "leave" in str(dict(e.data))),
        (TimelineFilter(text="100%_"), lambda _: False),
        (TimelineFilter(since_ms=START_MS + 20), lambda e: e.ms >= START_MS + 20),
        (TimelineFilter(until_ms=START_MS + 20), lambda e: e.ms < START_MS + 20),
    ],
)
async def test_a_filter_shows_what_matches_and_nothing_else(
    trading: PaperTrading, wanted: TimelineFilter, matches: object
) -> None:
    whole = await trading.journal.page(limit=1_000)
    found = await trading.journal.page(wanted, 1_000)
    assert found == [entry for entry in whole if matches(entry)]  # type: ignore[operator]
    assert len(found) == await trading.journal.count(wanted)


async def test_what_followed_from_one_tick_belongs_together(trading: PaperTrading) -> None:
    orders = await trading.account.orders()
    entries = await trading.journal.about(orders[-1].correlation)
    kinds = [entry.kind for entry in entries]
    assert kinds == ["decision", "order", "fill", "fill", "fill", "order"]
    assert entries[0].data["why"]["left"] == HIGH
    assert {entry.market for entry in entries} == {MARKET}


async def test_the_csv_has_every_entry_and_its_numbers(trading: PaperTrading) -> None:
    text = await trading.journal.csv(TimelineFilter(kinds=frozenset({"fill"})))
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert list(rows[0]) == list(COLUMNS)
    fills = [fill for order in await trading.account.orders() for fill in order.fills]
    assert sorted(row["fee"] for row in rows) == sorted(format(f.fee, "f") for f in fills)
    assert {row["side"] for row in rows} == {"buy", "sell"}
