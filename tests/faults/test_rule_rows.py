"""Row 31 of the fault matrix: the exchange's rules change, or a market is halted."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.faults.harness import (
    NEVER,
    Scene,
    exchange,
    fast,
    passes,
    relaxed,
    scene,
    squeezed,
    told,
    until,
)
from upbit_auto_trading.domain.stream import Stream

MARKET = "KRW-XRP"
STREAMS = (Stream("orderbook", MARKET), Stream("trade", MARKET))
SQUEEZE = 20


@dataclass
class _Rules:
    """After how many exchange seconds a change was seen, and what a halt led to."""

    caution_s: float = NEVER
    tick_s: float = NEVER
    reconnects: int = 0
    refused: int = 0


async def _seen_after(
    one: Scene, squeeze: float, is_seen: Callable[[], Awaitable[bool]], within: float
) -> float:
    """Ask as a caller would, all the time; return the exchange s until it is seen."""
    started = time.perf_counter()
    while (time.perf_counter() - started) * squeeze < within:
        if await is_seen():
            return (time.perf_counter() - started) * squeeze
        await passes(0.01)
    return NEVER


async def _change_rules(squeeze: float, within: float = 61.0, **timings: float) -> _Rules:
    policy = squeezed(squeeze, **timings)
    async with exchange(*fast(squeeze)) as upbit, scene(upbit, STREAMS, policy) as one:
        seen = _Rules()
        await one.feed.markets()
        before = (await one.feed.instrument(MARKET)).value.tick_size

        async def caution() -> bool:
            infos = {info.market: info for info in (await one.feed.markets()).values}
            return "PRICE_FLUCTUATIONS" in infos[MARKET].cautions

        async def other_tick() -> bool:
            now = (await one.feed.instrument(MARKET)).value.tick_size
            return now == 10 * before

        await upbit.fault("caution", market=MARKET, flag="PRICE_FLUCTUATIONS")
        await upbit.fault("tick_change", market=MARKET, factor=10)
        seen.tick_s = await _seen_after(one, squeeze, other_tick, within)
        seen.caution_s = await _seen_after(one, squeeze, caution, within)
        await upbit.fault("halt", market=MARKET)
        await until(lambda: False, 20 / squeeze)
        seen.reconnects = one.reconnects
        seen.refused = sum(group.limited for group in one.feed._client.budgets.values())
        return seen


async def test_row_31_new_rules_and_halts() -> None:
    seen = await relaxed(_change_rules, lambda s: max(s.caution_s, s.tick_s) <= 60, SQUEEZE)
    told(31, "caution and price step seen after (exchange s)", seen, "≤ 60; a halt is no loss")
    assert seen.tick_s <= 60
    assert seen.caution_s <= 60
    assert seen.reconnects == 0
    assert seen.refused == 0


async def test_row_31_without_its_defence_fails() -> None:
    """The defence is that neither list is believed for longer than 50 s."""
    seen = await _change_rules(SQUEEZE, market_list_ttl=3600.0)
    assert seen.tick_s > 60
    assert seen.caution_s > 60
