"""Triggers, their names and versions, and drafts outlive the program."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path

import pytest

from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.application.trigger_ports import TriggerShelf
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.expression import (
    Comparator,
    Comparison,
    Constant,
    Group,
    GroupKind,
    variable,
)
from upbit_auto_trading.domain.recording import LedgerError
from upbit_auto_trading.domain.rule import Role
from upbit_auto_trading.domain.trigger import Trigger, TriggerUse, as_built
from upbit_auto_trading.infrastructure.strategy_library import FILE_NAME, StrategyLibrary
from upbit_auto_trading.infrastructure.trigger_shelf import SqliteTriggerShelf


def rsi(level: float) -> Comparison:
    return Comparison(variable("rsi", "1m"), Comparator.LESS_EQUAL, Constant(level), id="n1")


LOW = Trigger("low", "낮은 RSI", rsi(30.0), Role.ENTRY, "why", ("단타",))


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[tuple[TriggerShelf, StrategyLibrary]]:
    async with StrategyLibrary(folder, shipped_variables()) as library:
        yield SqliteTriggerShelf(library, shipped_variables()), library


async def test_a_saved_trigger_is_found_again(tmp_path: Path) -> None:
    async with opened(tmp_path) as (shelf, _):
        assert await shelf.save(LOW, 1) == replace(LOW, revision=1)
    async with opened(tmp_path) as (shelf, _):
        assert (await shelf.listing()).triggers == (replace(LOW, revision=1),)
        assert await shelf.load("low") == replace(LOW, revision=1)


async def test_another_expression_is_a_version_another_name_is_none(tmp_path: Path) -> None:
    async with opened(tmp_path) as (shelf, _):
        await shelf.save(LOW, 1)
        named = replace(LOW, name="더 낮은 RSI", tags=(), role=None)
        assert (await shelf.save(named, 2)).revision == 1
        changed = replace(named, expression=rsi(20.0))
        assert (await shelf.save(changed, 3)).revision == 2
        listing = await shelf.listing()
        assert listing.triggers == (replace(changed, revision=2),)
        assert [(v.revision, v.saved_ms) for v in await shelf.versions("low")] == [(1, 1), (2, 3)]
        assert (await shelf.load("low", 1)).expression == rsi(30.0)


async def test_a_deleted_trigger_can_be_put_back_as_it_was(tmp_path: Path) -> None:
    async with opened(tmp_path) as (shelf, _):
        await shelf.save(LOW, 1)
        await shelf.keep_draft(LOW, 2)
        await shelf.delete("low")
        listing = await shelf.listing()
        assert (listing.triggers, listing.drafts) == ((), ())
        await shelf.restore("low")
        assert (await shelf.listing()).triggers == (replace(LOW, revision=1),)


async def test_a_draft_is_kept_however_unfinished_until_it_is_saved(tmp_path: Path) -> None:
    draft = replace(LOW, name="", expression=as_built(Group(GroupKind.ANY)))
    async with opened(tmp_path) as (shelf, _):
        await shelf.keep_draft(draft, 5)
        await shelf.keep_draft(replace(LOW, id="other"), 9)
    async with opened(tmp_path) as (shelf, _):
        drafts = (await shelf.listing()).drafts
        assert [(one.trigger.id, one.saved_ms) for one in drafts] == [("other", 9), ("low", 5)]
        assert drafts[1].trigger == draft
        await shelf.save(LOW, 10)
        await shelf.drop_draft("other")
        assert (await shelf.listing()).drafts == ()


async def test_what_is_damaged_costs_only_itself(tmp_path: Path) -> None:
    async with opened(tmp_path) as (shelf, _):
        await shelf.save(LOW, 1)
        await shelf.save(replace(LOW, id="bad", name="깨짐"), 1)
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as database, database:
        database.execute("UPDATE document SET text='{}' WHERE id='bad'")
        database.execute("INSERT INTO draft VALUES ('trigger', 'torn', '{', 1)")
    async with opened(tmp_path) as (shelf, _):
        listing = await shelf.listing()
        assert [one.id for one in listing.triggers] == ["low"]
        assert {(one.id, one.name) for one in listing.unreadable} == {("bad", "깨짐"), ("torn", "")}


async def test_rules_with_a_version_of_a_trigger_are_its_uses(tmp_path: Path) -> None:
    strategy = shipped_template(SEVEN_RULES).strategy
    rule = strategy.rules[-1]
    async with opened(tmp_path) as (shelf, library):
        saved = await shelf.save(Trigger("entry", "진입", rule.trigger, rule.role), 1)
        await library.use(lambda store: store.save_strategy(strategy, 2))
        changed = await shelf.save(replace(saved, expression=rsi(10.0)), 3)
        assert changed.revision == 2
        uses = await shelf.uses()
        assert uses == {"entry": [TriggerUse(strategy.id, strategy.name.english, rule.id, 1)]}


async def test_a_file_of_a_newer_program_is_read_and_never_changed(tmp_path: Path) -> None:
    async with opened(tmp_path) as (shelf, _):
        await shelf.save(LOW, 1)
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as database, database:
        database.execute("PRAGMA user_version=99")
    async with opened(tmp_path) as (shelf, _):
        assert (await shelf.listing()).triggers == (replace(LOW, revision=1),)
        for change in (
            shelf.save(LOW, 2),
            shelf.keep_draft(LOW, 2),
            shelf.delete("low"),
            shelf.restore("low"),
            shelf.drop_draft("low"),
        ):
            with pytest.raises(LedgerError) as caught:
                await change
            assert caught.value.code == "read_only"


async def test_what_was_never_saved_is_not_found(tmp_path: Path) -> None:
    async with opened(tmp_path) as (shelf, _):
        with pytest.raises(LookupError):
            await shelf.load("nothing")
        with pytest.raises(LookupError):
            await shelf.delete("nothing")
