"""Every stream of the official client, read until its typed frames have come."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from tests.contract.sdk.typed import problems

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from upbit import AsyncUpbit, Upbit  # type: ignore[import-not-found]

Report = dict[str, list[str]]
FORMATS = ("DEFAULT", "SIMPLE", "JSON_LIST", "SIMPLE_LIST")
_PATIENCE_S = 40.0
_CONNECT_EVERY_S = 0.25
_connecting = asyncio.Lock()
_MARKETS = [
    *("KRW-BTC", "KRW-ETH", "KRW-XRP", "KRW-SOL", "KRW-DOGE"),
    *("KRW-USDT", "KRW-ADA"),
]
_INDICATORS: list[dict[str, Any]] = [
    {"type": "volume", "params": {"period": 20}},
    {"type": "rsi", "params": {"period": 14}},
    {"type": "moving_average", "params": {"type": "SMA", "period": 20}},
    {"type": "ma_crossover", "params": {"type": "EMA", "short_period": 5, "long_period": 20}},
    {"type": "bollinger_bands", "params": {"period": 20, "multiplier": 2.0}},
    {"type": "macd", "params": {"fast": 12, "slow": 26, "signal_period": 9}},
]
_MACD = {"fast": 8, "slow": 17, "signal_period": 9}
_CROSS = {"type": "SMA", "short_period": 5, "long_period": 20}
_SIGNALS: list[dict[str, Any]] = [
    _INDICATORS[0]
    | {"params": {"period": 10}, "trigger": "volume_spike", "event_params": {"multiplier": 2}},
    {"type": "rsi", "params": {"period": 7}, "trigger": "overbought"}
    | {"event_params": {"threshold": 70}},
    {"type": "rsi", "params": {"period": 7}, "trigger": "oversold"}
    | {"event_params": {"threshold": 30}},
    *(
        {"type": "moving_average", "params": {"type": "SMA", "period": 5}, "trigger": trigger}
        for trigger in ("price_cross_above", "price_cross_below")
    ),
    *(
        {"type": "ma_crossover", "params": _CROSS, "trigger": trigger}
        for trigger in ("golden_cross", "dead_cross")
    ),
    *(
        {"type": "bollinger_bands", "params": {"period": 20, "multiplier": 1.5}, "trigger": trigger}
        for trigger in ("price_cross_above", "price_cross_below")
    ),
    *(
        {"type": "macd", "params": _MACD, "trigger": trigger}
        for trigger in ("golden_cross", "dead_cross", "zero_cross_above", "zero_cross_below")
    ),
]


def _models(full: str) -> tuple[str, str]:
    simple = {"WsCandleResponse": "SimpleCandle"}.get(full, f"Simple{full}")
    return full, simple


async def read(
    manager: Any, is_enough: Callable[[list[Any]], bool], model: str | None = None
) -> list[str]:
    """Read a stream until it is enough; return what is wrong with the frames."""
    events: list[Any] = []
    stream: Any
    try:
        async with asyncio.timeout(_PATIENCE_S), _paced(manager) as stream:
            while not is_enough(events):
                event = await stream.recv()
                events.extend(event if isinstance(event, list) else [event])
    except TimeoutError:
        return [f"only {len(events)} frames within {_PATIENCE_S:g} s", *problems(events, model)]
    return problems(events, model)


async def public_streams(client: AsyncUpbit, report: Report) -> None:
    """Snapshot and first realtime frames of every public stream in every format."""
    streams = client.ws_stream
    openers = {
        "ticker": (streams.ticker, "Ticker"),
        "trade": (streams.trade, "Trade"),
        "orderbook": (streams.orderbook, "Orderbook"),
        "candle": (streams.candle, "WsCandleResponse"),
    }
    for name, (open_stream, full) in openers.items():
        for spelling in FORMATS:
            model = _models(full)["SIMPLE" in spelling]
            found = await read(
                open_stream(["KRW-BTC"], format=spelling), lambda seen: len(seen) >= 3, model
            )
            report.setdefault(f"ws_stream.{name}", []).extend(
                f"{spelling}: {text}" for text in found
            )
    several = streams.subscribe(
        ticker=["KRW-BTC"], orderbook=["KRW-BTC.5"], candle={"1m": ["KRW-BTC"]}
    )
    report["ws_stream.subscribe"] = await read(
        several, lambda seen: {"Ticker", "Orderbook", "WsCandleResponse"} <= _kinds(seen)
    )
    async with asyncio.timeout(_PATIENCE_S), _paced(streams.ticker(["KRW-BTC"])) as stream:
        listed = await stream.list_subscriptions()
        report["list_subscriptions"] = problems(listed, "ListSubscriptionsResponse")
        await stream.recv()


async def public_connection(client: AsyncUpbit, report: Report) -> None:
    """What streams can't express: flags and a grouping as decimal text."""
    request = [
        {"ticket": "connection"},
        {"type": "orderbook", "codes": ["KRW-BTC"], "level": "10000", "is_only_snapshot": True},
        {"format": "DEFAULT"},
    ]
    connecting = _paced(client.ws_public.connect_public())
    async with asyncio.timeout(_PATIENCE_S), connecting as connection:
        await connection.send_raw(json.dumps(request))
        event = await connection.recv()
    report["ws_public.connect_public"] = problems(event, "Orderbook")
    if event.level != "10000":
        report["ws_public.connect_public"].append(f"level {event.level}, not 10000")


async def private_streams(client: AsyncUpbit, low_price: str, report: Report) -> None:
    """Own orders and assets in every format, from orders that are placed and cancelled."""
    streams, orders = client.ws_stream, client.orders

    async def trade() -> None:
        placed = await orders.create(
            market="KRW-BTC", side="bid", ord_type="limit", price=low_price, volume="1"
        )
        await orders.cancel(uuid=placed.uuid)
        await orders.create(market="KRW-BTC", side="bid", ord_type="price", price="10000.5")

    for spelling in FORMATS:
        for name, manager, full in (
            ("my_order", streams.my_order(["KRW-BTC"], format=spelling), "MyOrder"),
            ("my_asset", streams.my_asset(format=spelling), "MyAsset"),
        ):
            model = _models(full)["SIMPLE" in spelling]
            found = await _while(trade, manager, lambda seen: len(seen) >= 4, model)
            report.setdefault(f"ws_stream.{name}", []).extend(
                f"{spelling}: {text}" for text in found
            )
    both = streams.subscribe_private(my_order=[], my_asset=True, announcement=True)
    report["ws_stream.subscribe_private"] = await _while(
        trade, both, lambda seen: {"MyOrder", "MyAsset"} <= _kinds(seen)
    )
    request = [{"ticket": "connection"}, {"type": "myOrder"}]
    connecting = _paced(client.ws_private.connect_private())
    async with asyncio.timeout(_PATIENCE_S), connecting as connection:
        await connection.send_raw(json.dumps(request))
        await _accepted(connection)
        await trade()
        report["ws_private.connect_private"] = problems(await connection.recv(), "MyOrder")


async def announcements(client: AsyncUpbit, base_url: str, report: Report) -> None:
    """An announcement, made by the simulator's control, with its body."""
    manager = client.ws_stream.announcement(categories=["trade"], include_body=True)
    body = {"name": "announcement", "args": {"category": "trade", "title": "t", "body": "b"}}

    async def announce() -> None:
        request = urllib.request.Request(  # noqa: S310 - the simulator on this machine
            f"{base_url}/simulator/fault", json.dumps(body).encode(), method="POST"
        )
        await asyncio.to_thread(lambda: urllib.request.urlopen(request).close())  # noqa: S310

    report["ws_stream.announcement"] = await _while(announce, manager, bool, "Announcement")


async def info_streams(client: AsyncUpbit, report: Report) -> None:
    """Indicator frames of every type, and signals as they come."""
    streams = client.ws_stream
    wanted = {"codes": ["KRW-BTC"], "timeframe": "5m", "indicators": _INDICATORS}
    report["ws_stream.indicator"] = await read(
        streams.indicator(**wanted), lambda seen: len(_kinds(seen)) == len(_INDICATORS)
    )
    report["ws_stream.indicator"] += await read(
        streams.indicator(**wanted, format="SIMPLE_LIST"),
        lambda seen: len(_kinds(seen)) == len(_INDICATORS),
    )
    signals = {"codes": _MARKETS, "timeframe": "5m", "indicators": _SIGNALS}

    def several_triggers(seen: list[Any]) -> bool:
        return len({(event.indicator, event.trigger) for event in seen}) >= 3

    report["ws_stream.indicator_signal"] = await read(
        streams.indicator_signal(**signals), several_triggers
    )
    both = streams.subscribe_info(
        indicator=wanted, indicator_signal=signals | {"codes": _MARKETS[:1]}
    )
    async with asyncio.timeout(_PATIENCE_S), _paced(both) as stream:
        listed = await stream.list_subscriptions()
        report["ws_stream.subscribe_info"] = problems(listed) + problems(await stream.recv())
    request = [{"ticket": "connection"}, {"type": "indicator", **wanted}]
    connecting = _paced(client.ws_info.connect_info())
    async with asyncio.timeout(_PATIENCE_S), connecting as connection:
        await connection.send_raw(json.dumps(request))
        report["ws_info.connect_info"] = problems(await connection.recv())


def sync_stream(client: Upbit, report: Report) -> None:
    """The blocking client's streams are built on another library: one proves them."""
    with client.ws_stream.ticker(["KRW-BTC"], format="SIMPLE") as stream:
        report["sync ws_stream.ticker"] = problems(stream.recv(), "SimpleTicker")
        listed = stream.list_subscriptions()
        report["sync list_subscriptions"] = problems(listed, "SimpleListSubscriptionsResponse")


async def _while(
    act: Callable[[], Awaitable[None]],
    manager: Any,
    is_enough: Callable[[list[Any]], bool],
    model: str | None = None,
) -> list[str]:
    """Read a stream that stays silent until something is done meanwhile."""
    events: list[Any] = []
    stream: Any
    try:
        async with asyncio.timeout(_PATIENCE_S), _paced(manager) as stream:
            await stream.list_subscriptions()
            await act()
            while not is_enough(events):
                event = await stream.recv()
                events.extend(event if isinstance(event, list) else [event])
    except TimeoutError:
        return [f"only {len(events)} frames within {_PATIENCE_S:g} s", *problems(events, model)]
    return problems(events, model)


@asynccontextmanager
async def _paced(manager: Any) -> AsyncIterator[Any]:
    """Open a connection when the exchange's limit of five a second allows another one."""
    async with _connecting:
        await asyncio.sleep(_CONNECT_EVERY_S)
    async with manager as stream:
        yield stream


async def _accepted(connection: Any) -> None:
    """Wait until the server has taken the subscription in: requests are answered in order."""
    request = [{"ticket": "list"}, {"method": "LIST_SUBSCRIPTIONS"}]
    await connection.send_raw(json.dumps(request))
    await connection.recv()


def _kinds(events: list[Any]) -> set[str]:
    return {type(event).__name__ for event in events}
