import asyncio
from typing import Any

import pytest

from upbit_auto_trading.tasks import TaskOwner


async def forever() -> None:
    await asyncio.Event().wait()


async def test_closing_cancels_what_was_started_and_waits_for_its_end() -> None:
    ended = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append(True)

    owner = TaskOwner("feed")
    task = owner.start(work(), "read")
    await asyncio.sleep(0)
    await owner.close()
    assert ended == [True]
    assert task.cancelled()
    assert len(owner) == 0


async def test_a_task_is_named_after_its_owner() -> None:
    owner = TaskOwner("feed")
    assert owner.start(forever(), "read").get_name() == "feed.read"
    await owner.close()


async def test_a_failing_task_is_reported_at_once() -> None:
    reports: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reports.append(context))

    async def fail() -> None:
        raise LookupError("gone")

    owner = TaskOwner("feed")
    task = owner.start(fail(), "read")
    await asyncio.wait([task])
    await asyncio.sleep(0)
    assert isinstance(reports[0]["exception"], LookupError)
    assert "feed.read" in reports[0]["message"]
    await owner.close()


async def test_a_closed_owner_starts_nothing() -> None:
    owner = TaskOwner("feed")
    await owner.close()
    with pytest.raises(RuntimeError, match="feed is closed and can't start read"):
        owner.start(forever(), "read")


async def test_a_task_may_close_its_own_owner() -> None:
    owner = TaskOwner("feed")
    other = owner.start(forever(), "other")
    closing = owner.start(owner.close(), "closing")
    await closing
    assert other.cancelled()
