"""Trades seen before are known again, in memory that ends growing."""

from hypothesis import given
from hypothesis import strategies as st

from upbit_auto_trading.infrastructure.market_data_backbone.trade_memory import TradeMemory

FIRST = 17_900_000_000_000_000


@given(st.lists(st.integers(FIRST, FIRST + 3_000), max_size=60), st.integers(0, 4_000))
def test_an_id_is_new_once_whatever_order_they_come_in(late: list[int], before: int) -> None:
    memory = TradeMemory(10_000)
    known = set(range(FIRST, FIRST + before, 2))
    assert all(memory.add(number) for number in sorted(known))
    for number in late:
        assert memory.add(number) is (number not in known)
        known.add(number)


def test_at_least_the_newest_are_remembered_and_the_oldest_are_let_go() -> None:
    memory = TradeMemory(5_000)
    for number in range(FIRST, FIRST + 20_000):
        assert memory.add(number)
    newest = range(FIRST + 19_999, FIRST + 14_999, -1)
    assert not any(memory.add(number) for number in newest)
    assert memory.add(FIRST)


def test_old_trades_that_come_late_are_remembered_as_long_as_others() -> None:
    memory = TradeMemory(3_000)
    for number in range(FIRST, FIRST + 3_000):
        memory.add(number)
    older = [FIRST - 5_000 + n for n in range(1_500)]
    assert all(memory.add(number) for number in older)
    assert not any(memory.add(number) for number in older)


def test_a_busy_market_takes_no_more_memory_after_a_day_than_after_minutes() -> None:
    memory = TradeMemory(20_000)
    for number in range(25_000):
        memory.add(FIRST + number)
    after_minutes = memory.size_bytes
    for number in range(25_000, 100_000):
        memory.add(FIRST + number)
    assert not memory.add(FIRST + 95_000)
    assert memory.size_bytes == after_minutes < 1.1 * 20_000 * 8


def test_an_id_beyond_all_bounds_breaks_nothing() -> None:
    memory = TradeMemory(1_000)
    assert memory.add(10**30)
    for number in range(5_000):
        memory.add(FIRST + number)
    assert memory.add(FIRST + 5_000)
