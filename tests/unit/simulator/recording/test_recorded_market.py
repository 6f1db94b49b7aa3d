"""What REST, tickers and candles say of a recorded session agrees with its frames."""

from collections import defaultdict
from pathlib import Path

import pytest

from upbit_auto_trading.domain.timeframe import TIMEFRAMES
from upbit_auto_trading.simulator.market.book_model import Book
from upbit_auto_trading.simulator.market.market_model import UnlistedMarketError
from upbit_auto_trading.simulator.market.market_progress import publish_lag_ms
from upbit_auto_trading.simulator.market.scenarios import UnknownScenarioError
from upbit_auto_trading.simulator.market.tape import Print
from upbit_auto_trading.simulator.recording.figures import candles_of
from upbit_auto_trading.simulator.recording.market import RecordedMarket
from upbit_auto_trading.simulator.recording.session import read_session

SESSION = read_session(
    Path(__file__).resolve().parents[3] / "payloads/recorded/ws_2021-04-17_simple_format.jsonl"
)
LAMB = "KRW-LAMB"
END_MS = SESSION.frames[-1].moment_ms + 1


@pytest.fixture(scope="module")
def market() -> RecordedMarket:
    return RecordedMarket(SESSION)


def trades(until_ms: int = END_MS) -> list[Print]:
    return [
        frame.value
        for frame in SESSION.frames
        if isinstance(frame.value, Print) and frame.market == LAMB and frame.moment_ms <= until_ms
    ]


def test_all_trades_come_out_once_wherever_time_is_cut(market: RecordedMarket) -> None:
    begin = SESSION.begin_ms - 1000
    for step in (END_MS - begin, 1000, 137):
        found: list[Print] = []
        for since in range(begin, END_MS, step):
            found += market.prints(LAMB, since, since + step)
        assert found == trades()
    assert market.newest_prints(LAMB, END_MS, 5) == trades()[-5:][::-1]
    fifth = trades()[-5].sequential_id
    assert market.prints_older_than(LAMB, fifth, END_MS, 5) == trades()[-10:-5][::-1]


def test_an_event_leaves_at_the_moment_it_was_received(market: RecordedMarket) -> None:
    lag = publish_lag_ms(LAMB)
    moments = sorted({f.moment_ms for f in SESSION.frames if f.market == LAMB})
    found, at = [], SESSION.begin_ms - 1000
    while (at := market.next_event_ms(LAMB, at)) < END_MS:
        found.append(at + lag)
    assert found == moments


def test_the_ticker_is_the_sum_of_the_trades_so_far(market: RecordedMarket) -> None:
    cut_ms = SESSION.begin_ms + 15_000
    for at_ms in (cut_ms, END_MS):
        known = trades(at_ms)
        ticker = market.ticker(LAMB, at_ms - publish_lag_ms(LAMB))
        assert ticker is not None
        prices = [trade.price for trade in known]
        assert ticker.trade_price == prices[-1]
        assert (ticker.high_price, ticker.low_price) == (max(prices), min(prices))
        assert ticker.acc_trade_volume == pytest.approx(sum(trade.volume for trade in known))
        total = sum(trade.price * trade.volume for trade in known)
        assert ticker.acc_trade_price == ticker.acc_trade_price_24h == pytest.approx(total)
        assert ticker.acc_ask_volume + ticker.acc_bid_volume == pytest.approx(
            ticker.acc_trade_volume
        )
        assert ticker.prev_closing_price == 123.0
    assert market.ticker(LAMB, SESSION.begin_ms - 1000) is None
    assert market.ticker("KRW-BTC", END_MS) is None


def test_the_book_is_the_last_one_received(market: RecordedMarket) -> None:
    last = next(
        frame.value
        for frame in reversed(SESSION.frames)
        if isinstance(frame.value, Book) and frame.market == LAMB
    )
    book = market.book(LAMB, END_MS)
    assert book is not None
    assert book.exchange_ms == last.exchange_ms
    assert book.ask_prices[: len(last.ask_prices)] == last.ask_prices
    assert len(book.bid_prices) == 30
    one = market.book(LAMB, END_MS, 1)
    assert one is not None
    assert one.bid_sizes == last.bid_sizes[:1]
    assert market.book(LAMB, END_MS, 30, 10) is None
    assert market.book(LAMB, SESSION.begin_ms - 1000) is None


@pytest.mark.parametrize("code", ["1s", "1m", "1d"])
def test_candles_hold_every_trade_once(market: RecordedMarket, code: str) -> None:
    timeframe = TIMEFRAMES[code]
    candles = market.candles(LAMB, timeframe, END_MS * 2, 200, END_MS)[::-1]
    by_start: dict[int, list[Print]] = defaultdict(list)
    for trade in trades():
        by_start[timeframe.start_of_ms(trade.trade_ms)].append(trade)
    assert [candle.start_ms for candle in candles] == sorted(by_start)
    for candle in candles:
        held = by_start[candle.start_ms]
        assert candle.high == max(trade.price for trade in held)
        assert candle.volume == pytest.approx(sum(trade.volume for trade in held))
    assert candles[1:] == [] or candles[1].previous_close == candles[0].close


def test_pages_of_candles_join_without_gap_however_many_trades_lie_between(
    market: RecordedMarket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("upbit_auto_trading.simulator.recording.market._FIRST_LOOK", 3)
    second = TIMEFRAMES["1s"]
    whole = list(candles_of(trades(), second))[::-1]
    paged: list[int] = []
    before = END_MS * 2
    while page := market.candles(LAMB, second, before, 4, END_MS):
        paged += [candle.start_ms for candle in page]
        before = page[-1].start_ms
    assert paged == [candle.start_ms for candle in whole]


def test_a_recording_has_its_own_run_and_no_scenarios(market: RecordedMarket) -> None:
    assert market.run_id == RecordedMarket(SESSION).run_id
    assert market.run_id.startswith("recorded-")
    assert not market.scenario_names()
    assert not market.running_scenarios(END_MS)
    with pytest.raises(UnknownScenarioError):
        market.start_scenario("surge", None, END_MS)
    with pytest.raises(UnlistedMarketError):
        market.prints("KRW-NOPE", 0, END_MS)
    assert market.instruments(LAMB, END_MS).supported_levels == ("0",)
