import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.fake_exchange import ExchangeAtHand, FakeCandle
from upbit_auto_trading.simulator.account.auth import ApiKey
from upbit_auto_trading.simulator.socket.indicator_stream import CLOSE_DELAY_MS, IndicatorStreams
from upbit_auto_trading.simulator.socket.info_feed import InfoFeed
from upbit_auto_trading.simulator.socket.private_feed import PrivateFeed
from upbit_auto_trading.simulator.socket.ws_error import StreamRequestError
from upbit_auto_trading.simulator.socket.ws_frame import Frame
from upbit_auto_trading.simulator.socket.ws_request import Subscribe, parse_request
from upbit_auto_trading.simulator.wire.ws_stream import Endpoint, Format

BID: dict[str, Any] = {"side": "bid", "ord_type": "limit", "price": "90000000", "volume": "0.001"}
STEP_MS = 300_000


@dataclass
class FakeSession:
    """A connection that keeps what it was given to send."""

    number: int = 1
    backlog: int = 0
    format: Format = Format.DEFAULT
    is_open: bool = True
    queued: list[Frame] = field(default_factory=list)
    sent: list[Any] = field(default_factory=list)

    def queue(self, frame: Frame) -> None:
        self.queued.append(frame)

    def flush(self) -> None:
        self.sent += [json.loads(frame.payload) for frame in self.queued]
        self.queued.clear()


def request(endpoint: Endpoint, *objects: dict[str, Any]) -> Subscribe:
    parsed = parse_request(json.dumps([{"ticket": "t"}, *objects]), endpoint)
    assert isinstance(parsed, Subscribe)
    return parsed


class Private:
    """A private connection to an exchange at hand."""

    def __init__(self, key: ApiKey | None = None, *, wire_format: Format = Format.DEFAULT) -> None:
        self.hand = ExchangeAtHand()
        self.hand.market.show([(100_000_000.0, 1.0)], [(99_999_000.0, 1.0)])
        self.hand.market.show([(30_000_000.0, 1.0)], [(29_999_000.0, 1.0)], "KRW-ETH")
        self.session = FakeSession(format=wire_format)
        exchange = self.hand.exchange
        self.feed = PrivateFeed(
            self.session, key or self.hand.key, exchange.events, exchange.announcements
        )

    def subscribe(self, *objects: dict[str, Any]) -> None:
        self.feed.replace(request(Endpoint.PRIVATE, *objects))

    def types(self) -> list[str]:
        return [frame["type"] for frame in self.session.sent]


def test_own_orders_are_filtered_by_market_and_assets_are_not() -> None:
    private = Private()
    private.subscribe({"type": "myOrder", "codes": ["KRW-ETH"]}, {"type": "myAsset"})
    private.hand.place(**BID)
    assert private.types() == ["myAsset"]
    private.hand.place(**(BID | {"market": "KRW-ETH", "price": "20000000"}))
    assert private.types() == ["myAsset", "myOrder", "myAsset"]


@pytest.mark.parametrize("codes", [{}, {"codes": []}])
def test_no_codes_are_all_codes(codes: dict[str, Any]) -> None:
    private = Private()
    private.subscribe({"type": "myOrder", **codes})
    private.hand.place(**BID)
    assert private.types() == ["myOrder"]
    assert private.feed.describe() == ({"type": "myOrder"},)


def test_a_new_request_replaces_the_old_and_closing_ends_all() -> None:
    private = Private()
    private.subscribe({"type": "myOrder"})
    private.subscribe({"type": "myAsset"})
    private.hand.place(**BID)
    assert private.types() == ["myAsset"]
    private.feed.close()
    private.feed.close()
    private.hand.place(**BID)
    assert private.types() == ["myAsset"]


def test_frames_follow_the_format_of_the_connection() -> None:
    private = Private(wire_format=Format.SIMPLE_LIST)
    private.subscribe({"type": "myOrder"})
    private.hand.place(**BID)
    (frame,) = private.session.sent[0]
    assert (frame["ty"], frame["s"], frame["p"]) == ("myOrder", "wait", 90_000_000)
    private.session.format = Format.DEFAULT
    private.hand.place(**BID)
    assert private.session.sent[1]["type"] == "myOrder"


def test_a_key_that_may_not_view_orders_gets_no_stream_of_them() -> None:
    hand = ExchangeAtHand()
    blind = ApiKey("test-access-key", "s", hand.pocket.uuid, 0, 1, frozenset({"view_account"}))
    private = Private(blind)
    with pytest.raises(StreamRequestError) as refused:
        private.subscribe({"type": "myOrder"})
    assert refused.value.name == "INVALID_AUTH"
    private.subscribe({"type": "myAsset"})


def test_announcements_are_chosen_by_category_and_shown_without_body_unless_asked() -> None:
    private = Private()
    publish = private.hand.exchange.announcements.publish
    private.subscribe({"type": "announcement", "categories": ["trade"]})
    publish("a", "wallet", "text", 0)
    publish("b", "trade", "text", 0)
    assert [(frame["title"], "body" in frame) for frame in private.session.sent] == [("b", False)]
    private.subscribe({"type": "announcement", "include_body": True})
    publish("c", "wallet", "text", 0)
    assert private.session.sent[-1]["body"] == "text"
    listed = [{"type": "announcement", "include_body": True}]
    assert list(private.feed.describe()) == listed


class StillClock:
    """A clock at a candle's end; waiting for its frames takes no time, for later ones an hour."""

    def __init__(self, now_ms: int) -> None:
        self.start_ms = now_ms

    def now_ms(self) -> int:
        return self.start_ms

    def seconds_until(self, exchange_ms: int) -> float:
        return 0.0 if exchange_ms <= self.start_ms + STEP_MS + CLOSE_DELAY_MS else 3600.0


async def test_indicator_frames_come_after_the_next_close_and_not_for_the_one_before() -> None:
    hand = ExchangeAtHand()
    start_ms = hand.now_ms // STEP_MS * STEP_MS
    hand.market.candle_rows += [
        FakeCandle(start_ms + (n - 40) * STEP_MS, 100.0 + n % 7) for n in range(41)
    ]
    session = FakeSession()
    streams = IndicatorStreams(hand.market, {"KRW-BTC"})
    feed = InfoFeed(session, streams, StillClock(start_ms))
    row = {"type": "rsi", "params": {"period": 14}}
    item = {"type": "indicator", "codes": ["KRW-BTC"], "timeframe": "5m", "indicators": [row]}
    feed.replace(request(Endpoint.INFO, item))
    assert session.sent == []
    async with asyncio.timeout(5):
        await _sent(session)
    (frame,) = session.sent
    assert frame["timestamp"] == start_ms + STEP_MS + CLOSE_DELAY_MS
    assert feed.describe() == (item,)
    feed.close()
    assert feed.describe() == ()


async def test_a_refused_request_leaves_the_old_subscription() -> None:
    hand = ExchangeAtHand()
    feed = InfoFeed(FakeSession(), IndicatorStreams(hand.market, set()), StillClock(0))
    row = {"type": "rsi", "params": {"period": 14}}
    item = {"type": "indicator", "codes": ["KRW-BTC"], "timeframe": "1d", "indicators": [row]}
    feed.replace(request(Endpoint.INFO, item))
    with pytest.raises(StreamRequestError):
        feed.replace(request(Endpoint.INFO, item | {"timeframe": "1w"}))
    assert feed.describe() == (item,)
    feed.close()


async def _sent(session: FakeSession) -> None:
    arrived = asyncio.Event()
    flush = session.flush

    def flushed() -> None:
        flush()
        arrived.set()

    session.flush = flushed  # type: ignore[method-assign]
    await arrived.wait()
