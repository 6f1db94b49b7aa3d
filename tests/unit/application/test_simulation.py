"""Another simulated exchange behind an address is noticed, and its market data goes."""

import asyncio
import logging

import pytest

from tests.fakes import FakeMarketDataFeed
from upbit_auto_trading.application.simulation import (
    SettledRun,
    SimulationChange,
    SimulationWatch,
    settle,
)
from upbit_auto_trading.domain.feed_sample import FeedSample
from upbit_auto_trading.domain.subscription import ConnectionState


class Memory:
    """A run that a test sets, and what was begun."""

    def __init__(self, now: str | None, kept: str | None = None) -> None:
        self.now = now
        self.kept = kept
        self.begun: list[str] = []
        self.asked = 0
        self.is_read_only = False

    async def current(self) -> str | None:
        self.asked += 1
        return self.now

    def known(self) -> str | None:
        return self.kept

    def begin(self, run_id: str) -> None:
        if self.is_read_only:
            raise OSError(30, "Read-only file system")
        self.begun.append(run_id)
        self.kept = run_id


async def test_the_same_run_keeps_everything() -> None:
    memory = Memory("a", kept="a")
    assert await settle(memory) == SettledRun("a")
    assert memory.begun == []


async def test_another_run_drops_what_was_kept_and_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    memory = Memory("b", kept="a")
    assert await settle(memory) == SettledRun("b", SimulationChange("a", "b"))
    assert memory.begun == ["b"]
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "E-SIMULATION-CHANGED" in record.getMessage()
    assert "paper accounts are kept" in record.getMessage()


async def test_the_first_run_is_remembered_without_a_word() -> None:
    memory = Memory("a")
    assert await settle(memory) == SettledRun("a")
    assert memory.begun == ["a"]


async def test_an_exchange_that_names_no_run_changes_nothing() -> None:
    memory = Memory(None, kept="a")
    assert await settle(memory) == SettledRun("a")
    assert memory.begun == []


async def test_a_disk_that_refuses_is_logged_and_the_change_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    memory = Memory("b", kept="a")
    memory.is_read_only = True
    assert await settle(memory) == SettledRun("b", SimulationChange("a", "b"))
    assert "E-SIMULATION-DATA" in caplog.text


async def turns() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> FakeMarketDataFeed:
    monkeypatch.setattr("upbit_auto_trading.application.simulation._LOOK_S", 0)
    made = FakeMarketDataFeed(listed=[], metrics={}, now=0.0)
    made.connection_state = ConnectionState.CONNECTED
    made.measured = FeedSample(at=0.0, epoch=1)
    return made


async def test_each_new_connection_is_asked_once_and_another_run_told(
    feed: FakeMarketDataFeed,
) -> None:
    memory = Memory("a", kept="a")
    watch = asyncio.ensure_future(SimulationWatch(feed, memory, "a").changed())
    await turns()
    assert memory.asked == 1
    feed.connection_state = ConnectionState.RECONNECTING
    memory.now = "b"
    await turns()
    assert memory.asked == 1
    feed.connection_state, feed.measured = ConnectionState.CONNECTED, FeedSample(at=1.0, epoch=2)
    async with asyncio.timeout(10):
        await watch
    assert memory.asked == 2
    assert memory.begun == []


async def test_an_exchange_that_cant_be_asked_is_asked_again(feed: FakeMarketDataFeed) -> None:
    memory = Memory(None, kept="a")
    watch = asyncio.ensure_future(SimulationWatch(feed, memory, "a").changed())
    await turns()
    assert memory.asked > 1
    memory.now = "a"
    await turns()
    asked = memory.asked
    await turns()
    assert memory.asked == asked
    watch.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watch
