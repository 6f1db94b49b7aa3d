import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_auto_trading.domain.market_minutes import (
    MINUTE_MS,
    MinuteDrive,
    MinutePlanner,
    MinutePlans,
    TradingStyle,
)
from upbit_auto_trading.domain.market_prints import PrintColumns, PrintMaker
from upbit_auto_trading.domain.price_grid import E8, price_grid

MINUTE = 29_900_000

styles = st.sampled_from(
    [
        # quote, price, trades a minute, mean total, volatility of a minute, lots of a coin
        ("KRW", 109e6, 90.0, 1.5e6, 6e-4, E8),
        ("KRW", 9_995.0, 12.0, 1e6, 2e-3, E8),
        ("KRW", 105.0, 3.0, 1e6, 2e-3, E8),
        ("KRW", 0.0005, 0.6, 1e6, 2e-3, 10**3),
        ("BTC", 5e-8, 0.3, 0.001, 3e-3, E8),
        ("USDT", 1.0001, 8.0, 60.0, 1e-3, E8),
    ]
)


def made(
    style: tuple[str, float, float, float, float, int],
    seed: int,
    count: int,
    window: tuple[int, int] = (0, MINUTE_MS),
) -> tuple[MinutePlans, PrintColumns, TradingStyle]:
    quote, price, trades, total, volatility, lots = style
    chance = np.random.default_rng(seed)
    course = np.log(price) + np.cumsum(chance.standard_t(3, count + 1)) * volatility
    minute = np.arange(MINUTE, MINUTE + count, dtype=np.int64)
    drive = MinuteDrive(
        minute,
        course[:-1],
        course[1:],
        chance.uniform(0.2, 3.0, count),
        chance.uniform(0, 4, count),
    )
    grid = price_grid(quote)
    kind = TradingStyle(trades, total, volatility, lots)
    planner = MinutePlanner("KRW-X", seed, grid, kind)
    plans = planner.plans(drive, window)
    if window == (0, MINUTE_MS):
        extents = planner.extents(drive)
        traded = plans[plans.count > 0]
        for column in ("minute", "high", "low"):
            assert (getattr(extents, column) == getattr(traded, column)).all(), column
    return plans, PrintMaker("KRW-X", seed, grid).prints(plans), kind


@given(style=styles, seed=st.integers(0, 2**32), count=st.integers(1, 60))
def test_the_trades_of_a_minute_are_exactly_its_candle(
    style: tuple[str, float, float, float, float, int], seed: int, count: int
) -> None:
    plans, prints, kind = made(style, seed, count)
    grid = price_grid(style[0])
    of_minute = prints.trade_ms // MINUTE_MS
    for row in range(count):
        begin, end = np.searchsorted(of_minute, (MINUTE + row, MINUTE + row + 1))
        trades = prints[int(begin) : int(end)]
        assert len(trades) == plans.count[row]
        if not len(trades):
            assert plans.volume[row] == 0
            continue
        ends = np.array([plans.open[row], plans.high[row], plans.low[row], plans.close[row]])
        price = trades.price_e8
        assert [price[0], price.max(), price.min(), price[-1]] == grid.e8(ends).tolist()
        assert trades.volume.sum() == plans.volume[row]
        assert trades.volume.min() > 0
        assert trades.volume[~trades.bid].sum() == plans.ask_volume[row]
        turnover = (price / E8 * trades.volume / kind.lots).sum()
        assert turnover == pytest.approx(plans.turnover[row], rel=1e-12)
        inside = trades.trade_ms - (MINUTE + row) * MINUTE_MS
        assert (inside[0], inside[-1]) == (plans.first_ms[row], plans.last_ms[row])


@given(style=styles, seed=st.integers(0, 2**32))
def test_trades_are_in_order_on_the_grid_and_numbered_by_their_millisecond(
    style: tuple[str, float, float, float, float, int], seed: int
) -> None:
    _, prints, _ = made(style, seed, 20)
    assert (np.diff(prints.trade_ms) >= 0).all()
    assert (np.diff(prints.sequential_id) > 0).all()
    assert (prints.sequential_id // 10_000 == prints.trade_ms).all()
    same = np.diff(prints.trade_ms) == 0
    assert (np.diff(prints.sequential_id)[same] == 1).all()
    grid = price_grid(style[0])
    index = [grid.index_of_e8(price) for price in prints.price_e8.tolist()]
    assert (grid.e8(np.array(index, dtype=np.int64)) == prints.price_e8).all()


@given(style=styles, seed=st.integers(0, 2**32), begin=st.integers(0, MINUTE_MS - 10))
def test_trades_of_a_part_of_a_minute_stay_in_it(
    style: tuple[str, float, float, float, float, int], seed: int, begin: int
) -> None:
    _, prints, _ = made(style, seed, 5, (begin, MINUTE_MS))
    assert (prints.trade_ms % MINUTE_MS >= begin).all()


def test_a_minutes_trades_dont_depend_on_which_others_are_made_with_them() -> None:
    style = ("KRW", 109e6, 60.0, 1.5e6, 6e-4, E8)
    plans, prints, kind = made(style, 5, 40)
    maker = PrintMaker("KRW-X", 5, price_grid("KRW"))
    for row in (0, 17, 39):
        alone = maker.prints(plans[row : row + 1])
        begin, end = np.searchsorted(prints.trade_ms // MINUTE_MS, (MINUTE + row, MINUTE + row + 1))
        among = prints[int(begin) : int(end)]
        assert (alone.price_e8 == among.price_e8).all()
        assert (alone.volume == among.volume).all()
        assert (alone.sequential_id == among.sequential_id).all()
    assert kind.lots == E8


def test_trading_has_the_size_and_the_number_it_is_asked_for() -> None:
    style = ("KRW", 1000.0, 20.0, 1e6, 1e-6, E8)
    plans, _, _ = made(style, 3, 4000)
    # Business is drawn evenly from 0 to 4.
    assert plans.count.mean() == pytest.approx(40.0, rel=0.05)
    assert plans.turnover.sum() / plans.count.sum() == pytest.approx(1e6, rel=0.1)
