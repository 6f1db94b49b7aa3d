"""Frames sent for their rate alone are news to a client, and never older than what happens next."""

import pytest

from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.infrastructure.market_data_backbone.store import LiveStore, Verdict
from upbit_auto_trading.infrastructure.upbit.decode import ArrivalOrigins, decode
from upbit_auto_trading.simulator.market.listing_state import ListingState
from upbit_auto_trading.simulator.market.market_model import MarketModel
from upbit_auto_trading.simulator.market.market_progress import MarketProgress
from upbit_auto_trading.simulator.socket.frame_maker import FrameMaker
from upbit_auto_trading.simulator.socket.market_desk import MarketDesk
from upbit_auto_trading.simulator.socket.moved_states import TURNS, moved_book, stamped
from upbit_auto_trading.simulator.socket.ws_frame import Frame
from upbit_auto_trading.simulator.wire.ws_stream import Format, PublicStream

MODEL = MarketModel(seed=7, markets=24, history_days=10)
NOW_MS = 1_787_731_683_000
BITCOIN = "KRW-BTC"
ORIGINS = ArrivalOrigins.at(0.0, 1)


@pytest.mark.parametrize("wire_format", [Format.DEFAULT, Format.SIMPLE])
@pytest.mark.parametrize("channel", ["ticker", "orderbook"])
def test_every_moved_frame_is_news_and_so_is_what_happens_between_them(
    channel: str, wire_format: Format
) -> None:
    desk = MarketDesk(
        MarketProgress(MODEL, BITCOIN, NOW_MS), FrameMaker(MODEL, ListingState(MODEL.listing))
    )
    stream = PublicStream(channel, BITCOIN, 30 if channel == "orderbook" else 0)
    live = LiveStore().open(Stream(channel, BITCOIN))
    verdicts: list[Verdict] = []

    def take(frame: Frame) -> None:
        value = decode(frame.payload, ORIGINS)
        verdicts.append(live.accept(value))  # type: ignore[arg-type]  # one value per frame

    formats = (wire_format,)
    happened_since = 0
    for now_ms in range(NOW_MS, NOW_MS + 60_000, 7):
        if (desk.due_ms or desk.progress.due_ms()) <= now_ms:
            happened = desk.advance(now_ms)
            for frames in desk.due(stream, happened, formats):
                happened_since += 1
                take(frames[wire_format])
        desk.due_ms = desk.progress.due_ms()
        take(desk.moved(stream, formats, now_ms)[wire_format])

    assert happened_since > 5
    assert len(verdicts) > 60_000 // 7
    assert Verdict.STALE not in verdicts
    assert verdicts.count(Verdict.NEW) > 0.98 * len(verdicts)  # the rest: the same millisecond


def test_a_moved_book_keeps_its_prices_and_its_totals_true() -> None:
    book = MODEL.book(BITCOIN, NOW_MS, 30, 0)
    assert book is not None
    for turn in range(1, TURNS + 1):
        moved = moved_book(book, turn)
        assert (moved.ask_prices, moved.bid_prices) == (book.ask_prices, book.bid_prices)
        assert moved.ask_sizes[0] > book.ask_sizes[0]
        assert moved.total_ask_size == pytest.approx(sum(moved.ask_sizes))
        assert moved.total_bid_size == pytest.approx(sum(moved.bid_sizes))


def test_only_the_time_of_sending_is_stamped_and_never_an_earlier_one() -> None:
    text = b'{"trade_timestamp":1000000000001,"timestamp":1000000000002,"stream_type":"REALTIME"}'
    frame = Frame(text, "ticker", BITCOIN, "1000000000002", "REALTIME")

    later = stamped(frame, 1_000_000_000_009)

    assert later.payload == text.replace(b"0002", b"0009")
    assert later.what == ("ticker", BITCOIN, "1000000000009", "REALTIME")
    assert stamped(frame, 1_000_000_000_001) is frame
