"""Waiting for what has no event of its own: what is on screen, in a table, in a log."""

import asyncio
from collections.abc import Callable

_LONGEST_S = 30.0


async def until(condition: Callable[[], object], within_s: float = _LONGEST_S) -> None:
    """Let the loop turn until `condition` holds.

    Raises:
        TimeoutError: it doesn't within `within_s`, which is for machines with much else to do.
    """
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 -- there is no event
            await asyncio.sleep(0)
