from tests.builders import START_MS, candle, ticker, trade
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.infrastructure.market_data_backbone.gap_detector import Gap, GapDetector
from upbit_auto_trading.infrastructure.market_data_backbone.store import LiveStore

TRADE = Stream("trade", "KRW-BTC")
MINUTE = Stream("candle.1m", "KRW-BTC")
TICKER = Stream("ticker", "KRW-BTC")


def test_trades_and_candles_have_gaps_and_whole_states_have_none() -> None:
    store = LiveStore()
    store.open(TRADE).accept(trade(sequential_id=7))
    store.open(MINUTE).accept(candle())
    store.open(TICKER).accept(ticker())
    detector = GapDetector()

    detector.lost(store)

    assert detector.of(TRADE) == Gap(TRADE, START_MS, 7)
    assert detector.of(MINUTE) == Gap(MINUTE, START_MS)
    assert detector.open == {TRADE, MINUTE}
    assert not store.open(TRADE).complete
    assert store.open(TICKER).complete


def test_a_second_loss_keeps_the_older_beginning_and_is_seen_by_whoever_fills_the_first() -> None:
    store = LiveStore()
    live = store.open(TRADE)
    live.accept(trade(sequential_id=7))
    detector = GapDetector()
    detector.lost(store)
    first = detector.of(TRADE)
    live.accept(trade(trade_ms=START_MS + 5000, sequential_id=9))

    detector.lost(store)

    assert detector.of(TRADE) == first
    assert detector.of(TRADE) is not first


def test_a_stream_that_never_delivered_misses_nothing() -> None:
    store = LiveStore()
    store.open(TRADE)
    detector = GapDetector()

    detector.lost(store)

    assert detector.open == frozenset()
    assert store.open(TRADE).complete


def test_a_filled_gap_is_gone() -> None:
    store = LiveStore()
    store.open(TRADE).accept(trade())
    detector = GapDetector()
    detector.lost(store)

    detector.closed(TRADE)
    detector.forget(MINUTE)

    assert detector.of(TRADE) is None


def test_what_anybody_lost_opens_gaps_again_once_one_was_closed() -> None:
    store = LiveStore()
    live = store.open(TRADE)
    detector = GapDetector()
    live.accept(trade(sequential_id=7))
    detector.lost_by_anybody(store)
    live.accept(trade(sequential_id=8, trade_ms=START_MS + 1000))
    detector.lost_by_anybody(store)
    assert detector.of(TRADE) == Gap(TRADE, START_MS, 7)

    detector.closed(TRADE)
    detector.lost_by_anybody(store)

    assert detector.of(TRADE) == Gap(TRADE, START_MS + 1000, 8)
    assert detector.suspicions == 3
