"""Live performance monitoring without a window: one report a second. The `monitor` command."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from upbit_auto_trading.domain.feed_sample import FeedSample
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.infrastructure.market_data_backbone.backbone import MarketDataBackbone

MARKETS: Final = ("KRW-BTC", "KRW-ETH", "KRW-XRP")
CHANNELS: Final = ("ticker", "trade", "orderbook")
_KST: Final = timezone(timedelta(hours=9))
_COLUMNS: Final = (
    ("KST", 8),
    ("connection", 12),
    ("msg/s", 8),
    ("received", 10),
    ("delay ms", 9),
    ("rtt ms", 7),
    ("live", 4),
    ("quiet", 5),
    ("due", 3),
    ("stopped", 7),
    ("oldest s", 8),
    ("gaps", 4),
    ("reconnects", 10),
    ("swap ms", 7),
    ("loop ms", 7),
)
"""Heads and widths: delay as p50/p99, streams by state, the oldest value, open gaps."""


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


def table_head() -> str:
    """Return the heads of what `line_of` tells, in its widths."""
    return "  ".join(f"{name:>{width}}" for name, width in _COLUMNS)


def line_of(metrics: Mapping[str, Any], sample: FeedSample) -> str:
    """Return the figures of one moment that fit a line; `-` is not measured."""
    streams, counts, oldest = metrics["streams"], sample.streams, sample.oldest
    latency, last = streams["latency_ms"], metrics["swaps"]["last"]
    waiting = counts.held - counts.live - counts.quiet - counts.stalled - counts.down
    lag = metrics["loop"]["lag_ms"]["p99"]
    moment = datetime.fromtimestamp(sample.at, UTC).astimezone(_KST)
    values = (
        f"{moment:%H:%M:%S}",
        streams["connection"],
        f"{streams['messages_per_s']:,.1f}",
        f"{streams['messages_received']:,}",
        f"{_ms(latency['p50'])}/{_ms(latency['p99'])}",
        _ms(streams["rtt_ms"], 1),
        f"{counts.live}",
        f"{counts.quiet}",
        f"{waiting}",
        f"{counts.stalled + counts.down}",
        "-" if oldest is None or oldest.age_s is None else f"{oldest.age_s:.1f}",
        f"{sample.gaps.open}",
        f"{streams['reconnects']}",
        "-" if last is None else _ms(last["first_ms"], 1),
        _ms(lag, 1),
    )
    told = zip(values, _COLUMNS, strict=True)
    return "  ".join(f"{value:>{width}}" for value, (_name, width) in told)


def _ms(value: float | None, decimals: int = 0) -> str:
    return "-" if value is None else f"{value:,.{decimals}f}"
