"""Live performance monitoring without a window: one report a second. The `monitor` command."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.infrastructure.market_data_backbone.backbone import MarketDataBackbone

MARKETS: Final = ("KRW-BTC", "KRW-ETH", "KRW-XRP")
CHANNELS: Final = ("ticker", "trade", "orderbook")


async def reports(
    feed: MarketDataBackbone,
    seconds: float,
    *,
    markets: Sequence[str] = MARKETS,
    every_s: float = 1.0,
) -> AsyncIterator[dict[str, Any]]:
    """Hold the usual streams of `markets` and give the metrics every `every_s` seconds."""
    held = [Stream(channel, market) for channel in CHANNELS for market in markets]
    subscription = feed.subscribe(held, lambda _: None, holder="watchlist")
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    try:
        while (left := end - loop.time()) > 0:
            await asyncio.sleep(min(every_s, left))
            yield feed.get_performance_metrics()
    finally:
        subscription.close()


def line_of(metrics: dict[str, Any]) -> str:
    """Return the few figures of one report that fit a line."""
    streams, swaps, loop = metrics["streams"], metrics["swaps"], metrics["loop"]
    latency = streams["latency_ms"]["p50"]
    last = swaps["last"]
    parts = [
        f"{streams['connection']:<12}",
        f"{streams['messages_per_s']:8.1f} msg/s",
        f"{streams['messages_received']:>8} received",
        f"latency {'-' if latency is None else f'{latency:.0f} ms'}",
        f"rtt {'-' if streams['rtt_ms'] is None else format(streams['rtt_ms'], '.1f')} ms",
        f"reconnects {streams['reconnects']}",
        f"last swap {'-' if last is None else '{kind} {first_ms:.1f} ms'.format(**last)}",
        f"loop lag p99 {loop['lag_ms']['p99'] or 0:.1f} ms",
    ]
    return "  ".join(parts)
