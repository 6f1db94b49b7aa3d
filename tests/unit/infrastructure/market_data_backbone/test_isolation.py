"""Streams that Upbit rejects are tried again, each time they are rejected anew later."""

from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.infrastructure.market_data_backbone.isolation import StreamIsolation
from upbit_auto_trading.infrastructure.upbit.timings import Timings

BTC, ETH = Stream("trade", "KRW-BTC"), Stream("trade", "KRW-ETH")
LENGTH = Timings().quarantine_length


def test_a_rejected_stream_is_let_in_again_when_its_time_is_over() -> None:
    isolation = StreamIsolation(Timings())
    isolation.begin(frozenset({BTC}), 0.0)
    isolation.begin(frozenset({ETH}), 1.0)
    assert isolation.ended(LENGTH - 0.1) == frozenset()
    assert isolation.ended(LENGTH) == {BTC}
    assert isolation.streams == {ETH}


def test_rejected_again_it_waits_longer_up_to_a_limit_and_starts_anew_after_a_good_time() -> None:
    isolation = StreamIsolation(Timings())
    now, waits = 0.0, []
    for _ in range(8):
        isolation.begin(frozenset({BTC}), now)
        began = now
        while not isolation.ended(now):
            now += LENGTH
        waits.append((now - began) / LENGTH)
    assert waits == [1, 2, 4, 8, 16, 32, 32, 32]
    now += 100 * LENGTH
    assert not isolation.ended(now)
    isolation.begin(frozenset({BTC}), now)
    assert isolation.ended(now + LENGTH) == {BTC}
