"""What Upbit really sent, through the whole path: socket and REST, decode, store, series, paint."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
from aiohttp import WSMsgType, web
from pytestqt.qtbot import QtBot

from upbit_auto_trading.application.candles import ChartSession
from upbit_auto_trading.application.ports import MarketValue
from upbit_auto_trading.domain.orderbook import Orderbook
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.trade import Trade
from upbit_auto_trading.infrastructure.market_data_backbone import MarketDataBackbone
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.widgets.chart_view import ChartView

Payloads = Callable[[str], Any]
SESSION = "recorded/ws_2021-04-17_simple_format.jsonl"
MINUTES = (
    "recorded/upbit_1m_20200220_170000-20200220_202000.json",
    "recorded/upbit_1m_20200220_202000-20200220_210000.json",
)


class Recording:
    """A server that says what was recorded and nothing else."""

    def __init__(self, listing: str, frames: list[bytes], candles: list[dict[str, Any]]) -> None:
        self.frames = frames
        self.url = ""
        self._listing = listing
        self._candles = sorted(
            {row["candle_date_time_utc"]: row for row in candles}.values(),
            key=lambda row: str(row["candle_date_time_utc"]),
            reverse=True,
        )

    async def markets(self, _: web.Request) -> web.Response:
        return web.json_response(text=self._listing)

    async def candles(self, request: web.Request) -> web.Response:
        to = request.query.get("to", "9")[:19]
        older = [row for row in self._candles if row["candle_date_time_utc"] < to]
        return web.json_response(older[: int(request.query.get("count", "1"))])

    async def socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            if message.type is WSMsgType.TEXT and "orderbook" in message.data:
                for frame in self.frames:
                    await socket.send_bytes(frame)
        return socket


@asynccontextmanager
async def served(recording: Recording) -> AsyncIterator[Recording]:
    application = web.Application()
    application.router.add_get("/v1/market/all", recording.markets)
    application.router.add_get("/v1/candles/minutes/1", recording.candles)
    application.router.add_get("/websocket/v1", recording.socket)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    recording.url = f"{host}:{port}"
    try:
        yield recording
    finally:
        await runner.cleanup()


def recorded(payloads: Payloads) -> Recording:
    lines = payloads(SESSION)
    listing = next(line["data"] for line in lines if line["t"] == "http")
    frames = [base64.b64decode(line["b64"]) for line in lines if line["t"] == "recv"]
    candles = [row for name in MINUTES for row in payloads(name)]
    return Recording(listing, frames, candles)


def backbone_on(recording: Recording) -> MarketDataBackbone:
    return MarketDataBackbone(f"http://{recording.url}", f"ws://{recording.url}/websocket/v1")


async def test_every_recorded_frame_reaches_its_listener_as_it_was(payloads: Payloads) -> None:
    recording = recorded(payloads)
    sent = [json.loads(frame) for frame in recording.frames]
    streams = {Stream(frame["ty"], frame["cd"]) for frame in sent}
    received: list[MarketValue] = []
    everything = asyncio.Event()

    def listen(value: MarketValue) -> None:
        received.append(value)
        if len(received) == len(sent):
            everything.set()

    async with served(recording), backbone_on(recording) as backbone:
        subscription = backbone.subscribe(streams, listen)
        async with asyncio.timeout(30):
            await everything.wait()
        metrics = backbone.get_performance_metrics()["streams"]
        subscription.close()

    assert metrics["messages_received"] == metrics["delivered"] == len(sent)
    assert metrics["malformed"] == {}
    assert metrics["duplicates"] == metrics["stale"] == 0
    for frame, value in zip(sent, received, strict=True):
        if isinstance(value, Trade):
            assert (frame["ty"], frame["cd"]) == ("trade", value.market)
            told = (frame["tp"], frame["tv"], frame["ab"].lower(), frame["ttms"], frame["sid"])
            kept = (value.price, value.volume, value.side, value.trade_ms, value.sequential_id)
            assert kept == told
        else:
            assert isinstance(value, Orderbook)
            assert (frame["ty"], frame["cd"]) == ("orderbook", value.market)
            assert value.exchange_ms == frame["tms"]
            for level, row in zip(value.levels, frame["obu"], strict=True):
                assert level.ask_price == row["ap"]
                assert level.bid_price == row["bp"]
                assert level.ask_size == row["as"]
                assert level.bid_size == row["bs"]


async def test_the_recorded_candles_are_charted_without_a_gap_filled_or_a_minute_lost(
    payloads: Payloads, theme: Theme, qtbot: QtBot
) -> None:
    recording = recorded(payloads)
    rows = {row["candle_date_time_utc"]: row for name in MINUTES for row in payloads(name)}
    expected = [rows[start] for start in sorted(rows)]
    loaded = asyncio.Event()

    def changed() -> None:
        if chart.series is not None and len(chart.series) == len(expected):
            loaded.set()

    async with served(recording), backbone_on(recording) as backbone:
        chart = ChartSession(backbone, changed)
        showing = asyncio.ensure_future(chart.show("KRW-BTC", "1m"))
        async with asyncio.timeout(30):
            await loaded.wait()
            await showing
        series = chart.series
        await chart.close()

    assert series is not None
    columns = series.columns
    assert columns.open.tolist() == [row["opening_price"] for row in expected]
    assert columns.high.tolist() == [row["high_price"] for row in expected]
    assert columns.low.tolist() == [row["low_price"] for row in expected]
    assert columns.close.tolist() == [row["trade_price"] for row in expected]
    assert columns.volume.tolist() == [row["candle_acc_trade_volume"] for row in expected]
    assert np.unique(np.diff(columns.start_ms)).tolist() == [60_000]

    view = ChartView(theme)
    qtbot.addWidget(view)
    view.resize(1200, 700)
    view.show_series(series)
    view.show()
    await asyncio.sleep(0)
    picture = view.grab().toImage()
    colours = {
        picture.pixelColor(x, y).name() for x in range(0, 1100, 3) for y in range(20, 400, 3)
    }
    assert theme.colour("up-pen").name() in colours
    assert theme.colour("down-pen").name() in colours
