"""A snapshot that is news in the middle of a stream: trades may lie between."""

from tests.builders import START_MS, origin, trade
from upbit_auto_trading.domain.stream import Delivery, Stream
from upbit_auto_trading.domain.trade import Trade
from upbit_auto_trading.infrastructure.market_data_backbone.store import TradeStream, Verdict


def printed(number: int, delivery: Delivery) -> Trade:
    return trade(
        trade_ms=START_MS + number,
        sequential_id=START_MS * 10_000 + number,
        origin=origin(START_MS / 1000, delivery=delivery),
    )


def live() -> TradeStream:
    return TradeStream(Stream("trade", "KRW-BTC"))


def test_the_first_snapshot_begins_a_stream_and_is_no_seam() -> None:
    stream = live()
    stream.accept(printed(1, Delivery.SNAPSHOT))
    assert stream.seam_ms is None


def test_a_snapshot_of_what_is_known_is_no_seam() -> None:
    stream = live()
    stream.accept(printed(1, Delivery.REALTIME))
    assert stream.accept(printed(1, Delivery.SNAPSHOT)) is Verdict.DUPLICATE
    assert stream.seam_ms is None


def test_a_snapshot_that_is_news_is_a_seam_from_the_trade_before() -> None:
    stream = live()
    for number, delivery in enumerate((Delivery.REALTIME, Delivery.SNAPSHOT, Delivery.SNAPSHOT)):
        stream.accept(printed(number, delivery))
    assert stream.seam_ms == START_MS


def test_realtime_trades_make_no_seam() -> None:
    stream = live()
    for number in range(5):
        stream.accept(printed(number, Delivery.REALTIME))
    assert stream.seam_ms is None
