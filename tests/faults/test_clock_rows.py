"""Row 30 of the fault matrix: the computer's clock is wrong."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from tests.faults.harness import (
    NEVER,
    USUAL,
    Scene,
    beside,
    exchange,
    fast_clock,
    scene,
    told,
    until,
)
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.trade import Trade
from upbit_auto_trading.infrastructure.clock import Clock
from upbit_auto_trading.presentation import formatting

BOOK = Stream("orderbook", "KRW-BTC")
TRADED = ("KRW-BTC", "KRW-ETH", "KRW-XRP")
STREAMS = (BOOK, Stream("candle.1m", "KRW-BTC"), *(Stream("trade", m) for m in TRADED))
SPEED = 10
Prints = list[tuple[int, float, int]]


@dataclass
class _Beside:
    """What a run with the right clock and one with another were told of the same time.

    `actions` is what the second did about it, `age_s` the age it gave a value just come.
    """

    right: dict[str, Prints]
    other: dict[str, Prints]
    actions: int
    age_s: float

    def of_both(self, market: str) -> tuple[Prints, Prints]:
        """Return the prints of the time that both runs saw."""
        runs = self.right[market], self.other[market]
        first = max(prints[0][0] for prints in runs)
        last = min(prints[-1][0] for prints in runs)
        return tuple([one for one in p if first <= one[0] <= last] for p in runs)  # type: ignore[return-value]


async def _clocks(clock: Clock, step: Callable[[], None] = lambda: None) -> _Beside:
    wrong = replace(USUAL, clock=clock)
    async with (
        exchange("--speed", str(SPEED)) as upbit,
        scene(upbit, STREAMS, beside(SPEED)) as right,
        scene(upbit, STREAMS, wrong) as other,
    ):

        def acted() -> int:
            kinds: dict[str, int] = other.metrics("degradations")["by_kind"]
            return other.reconnects + sum(kinds.values())

        async def more(count: int) -> None:
            """Wait until both were told so many more trades."""
            enough = [len(_trades(one)) + count for one in (right, other)]
            assert (
                await until(
                    lambda: all(
                        len(_trades(one)) >= n
                        for one, n in zip((right, other), enough, strict=True)
                    ),
                    60,
                )
                < NEVER
            )

        await more(5)
        before = acted()
        await other.next_data(20)
        step()
        age = other.feed.stream_health(BOOK).age_s
        assert age is not None
        await more(10)
        return _Beside(_by_market(right), _by_market(other), acted() - before, age)


def _trades(one: Scene) -> list[Trade]:
    return [value for value in one.values if isinstance(value, Trade)]


def _by_market(one: Scene) -> dict[str, Prints]:
    prints: dict[str, Prints] = {}
    for trade in _trades(one):
        row = (trade.sequential_id, trade.price, trade.trade_ms)
        prints.setdefault(trade.market, []).append(row)
    return prints


def _shifted(offset: list[float]) -> Clock:
    return fast_clock(SPEED, lambda: offset[0])


def _same(seen: _Beside) -> int:
    """Assert that both runs were told the same prints; return how many."""
    count = 0
    for market in TRADED:
        right, other = seen.of_both(market)
        assert right == other
        count += len(right)
    return count


@pytest.mark.parametrize("offset_s", [-600.0, 600.0])
async def test_row_30_wrong_clock(offset_s: float) -> None:
    seen = await _clocks(_shifted([offset_s]))
    told(30, f"clock {offset_s:+.0f} s: prints, actions", (_same(seen), seen.actions), "equal, 0")
    assert _same(seen) >= 10
    assert seen.actions == 0
    assert 0 <= seen.age_s < 60


async def test_row_30_clock_set_back_while_running() -> None:
    offset = [0.0]
    seen = await _clocks(_shifted(offset), lambda: offset.__setitem__(0, -600.0))
    assert _same(seen) >= 10
    assert seen.actions == 0
    assert 0 <= seen.age_s < 60


async def test_row_30_without_its_defence_fails() -> None:
    """Durations taken from the wall clock see values ten minutes old."""
    offset = [0.0]
    right = fast_clock(SPEED)
    clock = Clock(lambda: right.monotonic() + offset[0], right.wall, SPEED)
    seen = await _clocks(clock, lambda: offset.__setitem__(0, 600.0))
    assert seen.age_s > 60


SUMMER_TIME = {
    "America/New_York": (1_793_512_740_000, "14:59", "15:00"),  # back an hour, 1 November 2026
    "Europe/Berlin": (1_774_745_940_000, "09:59", "10:00"),  # on an hour, 29 March 2026
}
"""The last minute before clocks change, in epoch ms, and two minutes as Korea sees them."""


def _minutes_shown(patch: pytest.MonkeyPatch, zone: str) -> list[str]:
    """Return the minutes around the change as a computer in that zone shows them."""
    with patch.context() as computer:
        computer.setenv("TZ", zone)
        time.tzset()
        before_ms = SUMMER_TIME[zone][0]
        shown = [formatting.minute_of(at) for at in (before_ms, before_ms + 60_000)]
    time.tzset()
    return shown


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="a zone for one process needs tzset")
@pytest.mark.parametrize("zone", SUMMER_TIME)
def test_row_30_korean_time_is_right_while_the_computer_changes_to_or_from_summer_time(
    monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    assert _minutes_shown(monkeypatch, zone) == list(SUMMER_TIME[zone][1:])


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="a zone for one process needs tzset")
def test_row_30_times_of_the_computers_own_zone_would_be_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(formatting, "KST", None)
    assert _minutes_shown(monkeypatch, "Europe/Berlin") == ["01:59", "03:00"]
