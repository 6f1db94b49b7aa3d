"""Drafts end on disk with the last word, however fast it came and whatever the disk says."""

import asyncio
from collections.abc import Callable

import pytest
from PyQt6.QtCore import QObject
from pytestqt.qtbot import QtBot

from upbit_auto_trading.domain.recording import LedgerError
from upbit_auto_trading.presentation.viewmodels.draft_keeper import DraftKeeper


class Disk:
    """What was written, and how often; `gate` holds writing up."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.writes = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.refuses = ""

    async def put(self, draft: str) -> None:
        await self.gate.wait()
        identity = draft.partition(":")[0]
        if identity == self.refuses:
            raise LedgerError("full", "strategies.sqlite3", "no space left")
        self.kept[identity] = draft
        self.writes += 1

    async def drop(self, identity: str) -> None:
        await self.gate.wait()
        self.kept.pop(identity, None)


def keeper_of(disk: Disk, parent: QObject, due: Callable[[], object]) -> DraftKeeper[str]:
    return DraftKeeper(disk.put, disk.drop, due, parent)


async def test_many_edits_are_one_write_when_they_are_due(qtbot: QtBot) -> None:
    disk, parent, due = Disk(), QObject(), asyncio.Event()
    keeper = keeper_of(disk, parent, due.set)
    for number in range(100):
        keeper.keep("a", f"a:{number}")
    assert not disk.kept
    await due.wait()
    await keeper.flush()
    assert (disk.kept, disk.writes) == ({"a": "a:99"}, 1)


async def test_closing_writes_every_draft_that_waits(qtbot: QtBot) -> None:
    disk, parent = Disk(), QObject()
    keeper = keeper_of(disk, parent, lambda: None)
    keeper.keep("a", "a:1")
    keeper.keep("b", "b:1")
    await keeper.close()
    assert disk.kept == {"a": "a:1", "b": "b:1"}


async def test_an_edit_right_after_its_draft_was_dropped_is_what_stays(qtbot: QtBot) -> None:
    disk, parent = Disk(), QObject()
    keeper = keeper_of(disk, parent, lambda: None)
    keeper.keep("a", "a:1")
    await keeper.flush()
    disk.gate.clear()
    keeper.drop("a")
    dropping = asyncio.ensure_future(keeper.flush())
    await asyncio.sleep(0)
    keeper.keep("a", "a:2")
    disk.gate.set()
    await keeper.close()
    await dropping
    assert disk.kept == {"a": "a:2"}


async def test_what_the_disk_said_before_a_write_does_not_win_over_it(qtbot: QtBot) -> None:
    disk, parent = Disk(), QObject()
    keeper = keeper_of(disk, parent, lambda: None)
    keeper.keep("a", "a:2")
    keeper.drop("b")
    keeper.found({"a": "a:1", "b": "b:1", "c": "c:1"})
    assert keeper.drafts == {"a": "a:2", "c": "c:1"}


async def test_a_full_disk_is_logged_and_tried_again_with_the_next_edit_and_at_the_end(
    qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    disk, parent = Disk(), QObject()
    disk.refuses = "a"
    keeper = keeper_of(disk, parent, lambda: None)
    keeper.keep("a", "a:1")
    keeper.keep("b", "b:1")
    await keeper.flush()
    assert disk.kept == {"b": "b:1"}
    assert "E-DRAFT" in caplog.text
    keeper.found(disk.kept)
    assert keeper.drafts == {"a": "a:1", "b": "b:1"}
    disk.refuses = ""
    keeper.keep("b", "b:2")
    await keeper.flush()
    assert disk.kept == {"a": "a:1", "b": "b:2"}
    disk.refuses = "a"
    keeper.keep("a", "a:2")
    await keeper.flush()
    disk.refuses = ""
    await keeper.close()
    assert disk.kept["a"] == "a:2"
