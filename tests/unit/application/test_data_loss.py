"""What a chart says is missing while a feed is lost, and after it came back."""

from tests.builders import START_MS, ticker
from tests.unit.application.test_candles import Chart, feed_with_history, settle
from upbit_auto_trading.application.data_loss import DataLoss
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import ConnectionState, StreamHealth, StreamState

TICKER = Stream("ticker", "KRW-BTC")


def test_nothing_is_missing_before_anything_was_there() -> None:
    loss = DataLoss()
    assert loss.silent(5_000) is None
    assert loss.returned(6_000) is None


def test_what_is_missing_grows_until_values_come_again_and_stays_until_it_is_filled() -> None:
    loss = DataLoss()
    loss.trusted(1_000)
    assert loss.silent(2_000) == (1_000, 2_000)
    assert loss.silent(9_000) == (1_000, 9_000)
    assert loss.returned(9_500) == (1_000, 9_500)
    assert loss.returned(12_000) == (1_000, 9_500)
    loss.trusted(13_000)
    assert loss.silent(14_000) == (13_000, 14_000)


def test_a_second_loss_before_the_first_was_filled_is_one_with_it() -> None:
    loss = DataLoss()
    loss.trusted(1_000)
    loss.silent(2_000)
    loss.returned(3_000)
    assert loss.silent(5_000) == (1_000, 5_000)
    assert loss.returned(6_000) == (1_000, 6_000)


async def test_a_session_tells_what_it_misses_from_the_feeds_health() -> None:
    feed = feed_with_history()
    chart = Chart(feed).session
    await chart.show("KRW-BTC", "1m")
    await settle()
    feed.emit(ticker(exchange_ms=START_MS + 1_000))
    assert chart.missing(START_MS + 2_000) is None
    feed.connection_state = ConnectionState.RECONNECTING
    assert chart.missing(START_MS + 65_000) == (START_MS + 1_000, START_MS + 65_000)
    feed.connection_state = ConnectionState.CONNECTED
    feed.emit(ticker(exchange_ms=START_MS + 70_000))
    feed.health[TICKER] = StreamHealth(StreamState.LIVE, 0.1, complete=False)
    assert chart.missing(START_MS + 71_000) == (START_MS + 1_000, START_MS + 70_000)
    feed.health[TICKER] = StreamHealth(StreamState.LIVE, 0.1, complete=True)
    assert chart.missing(START_MS + 72_000) is None
    feed.connection_state = ConnectionState.RECONNECTING
    await chart.show("KRW-ETH", "1m")
    assert chart.missing(START_MS + 80_000) is None
    await chart.close()
