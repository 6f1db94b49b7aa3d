import itertools
from dataclasses import replace

import pytest

from tests.builders import START_MS, orderbook, ticker, trade
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.infrastructure.market_data_backbone.store import LiveStore, LiveStream
from upbit_auto_trading.infrastructure.market_data_backbone.stream_watchdog import StreamWatchdog
from upbit_auto_trading.infrastructure.upbit.timings import Timings

BTC = Stream("ticker", "KRW-BTC")
TRADE = Stream("trade", "KRW-BTC")


@pytest.fixture
def watchdog() -> StreamWatchdog:
    return StreamWatchdog(Timings())


def stream_with(gap_s: float, arrivals: int = 30) -> LiveStream:
    live = LiveStore().open(BTC)
    for number in range(arrivals):
        live.arrived(number * gap_s)
    return live


@pytest.mark.parametrize(
    ("gap_s", "limit_s"), [(0.1, 3.0), (1.0, 8.0), (5.0, 40.0), (9.0, 60.0), (10.0, None)]
)
def test_a_stream_is_suspicious_after_eight_of_its_own_gaps(
    watchdog: StreamWatchdog, gap_s: float, limit_s: float | None
) -> None:
    limit = watchdog.limit_of(stream_with(gap_s))

    assert limit == (None if limit_s is None else pytest.approx(limit_s))


def test_an_active_stream_is_looked_into_one_second_before_its_three_are_over(
    watchdog: StreamWatchdog,
) -> None:
    live = stream_with(0.1)
    assert live.last_at is not None

    assert watchdog.suspicious([live], live.last_at + 1.9) == frozenset()
    assert watchdog.suspicious([live], live.last_at + 2.1) == {BTC}


def test_half_an_hour_of_silence_of_a_quiet_market_is_no_suspicion(
    watchdog: StreamWatchdog,
) -> None:
    live = stream_with(116.0)
    assert live.last_at is not None

    assert watchdog.suspicious([live], live.last_at + 1800) == frozenset()


def test_a_stream_proven_quiet_is_left_alone_twice_as_long_each_time(
    watchdog: StreamWatchdog,
) -> None:
    live = stream_with(0.1)
    assert live.last_at is not None
    now, asked = live.last_at + 3.1, list[float]()
    while now < live.last_at + 120:
        if watchdog.suspicious([live], now):
            asked.append(now)
            watchdog.proven_quiet([BTC], now)
        now += 0.25

    gaps = [later - earlier for earlier, later in itertools.pairwise(asked)]
    assert gaps == sorted(gaps)
    assert gaps[0] == pytest.approx(3.0, abs=0.3)
    assert gaps[-1] == pytest.approx(30.0, abs=0.3)


def test_all_markets_are_asked_about_once_in_thirty_seconds(watchdog: StreamWatchdog) -> None:
    sweeps = [second for second in range(100) if watchdog.sweep_due(float(second))]

    assert sweeps == [0, 30, 60, 90]


def test_only_streams_that_miss_a_trade_are_behind(watchdog: StreamWatchdog) -> None:
    store = LiveStore()
    quiet, behind, empty = store.open(BTC), store.open(TRADE), store.open(Stream("trade", "KRW-X"))
    truth = ticker(exchange_ms=START_MS + 10_000)
    quiet.accept(truth)
    behind.accept(trade(trade_ms=START_MS))
    other = replace(truth, market="KRW-X")

    assert watchdog.behind([quiet, behind, empty], [truth, other], 500) == {
        TRADE,
        Stream("trade", "KRW-X"),
    }
    assert watchdog.behind([quiet, behind], [truth], 60_000) == frozenset()
    assert watchdog.behind([behind], [], 500) == frozenset()


def test_when_nothing_arrives_at_all_every_stream_is_suspicious(watchdog: StreamWatchdog) -> None:
    active, quiet = stream_with(0.1), LiveStore().open(TRADE)
    quiet.arrived(2.0)
    assert active.last_at is not None

    assert watchdog.suspicious([active, quiet], active.last_at + 3.1) == {BTC, TRADE}
    quiet.arrived(active.last_at + 3.0)
    assert watchdog.suspicious([active, quiet], active.last_at + 3.1) == {BTC}


def test_a_book_is_judged_by_the_book_rest_has(watchdog: StreamWatchdog) -> None:
    book = Stream("orderbook", "KRW-BTC")
    live = LiveStore().open(book)
    live.value = orderbook(exchange_ms=START_MS)
    old = ticker(exchange_ms=START_MS - 60_000)
    newer = orderbook(exchange_ms=START_MS + 501)

    assert watchdog.behind([live], [old], 500, [orderbook(exchange_ms=START_MS)]) == frozenset()
    assert watchdog.behind([live], [old], 500, [newer]) == {book}
