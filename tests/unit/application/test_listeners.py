"""Who listens: added, ended, and told though another one fails."""

import asyncio
from typing import Any

from upbit_auto_trading.application.listeners import subscribed, tell_all


def test_a_listener_is_told_until_it_ends_and_ending_twice_is_harmless() -> None:
    heard: list[int] = []
    listeners: list[Any] = [heard.append]
    end = subscribed(listeners, lambda number: heard.append(-number))
    tell_all(listeners, 1)
    end()
    end()
    tell_all(listeners, 2)
    assert heard == [1, -1, 2]


async def test_one_that_fails_is_reported_and_the_others_are_told() -> None:
    heard: list[int] = []
    reported: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, what: reported.append(what))

    def fails(_number: int) -> None:
        raise KeyError("market")

    tell_all([fails, heard.append], 1)
    assert heard == [1]
    (report,) = reported
    assert isinstance(report["exception"], KeyError)


def test_a_listener_that_ends_itself_while_told_keeps_nobody_from_being_told() -> None:
    heard: list[str] = []
    listeners: list[Any] = []

    def once() -> None:
        heard.append("once")
        end()

    end = subscribed(listeners, once)
    listeners.append(lambda: heard.append("always"))
    tell_all(listeners)
    tell_all(listeners)
    assert heard == ["once", "always", "always"]
