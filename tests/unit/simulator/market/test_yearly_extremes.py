"""What is left out or remembered to be quick never changes an answer."""

import numpy as np
import pytest

from upbit_auto_trading.domain.market_minutes import MinuteDrive
from upbit_auto_trading.simulator.market.coarse_ticks import CoarseTicks
from upbit_auto_trading.simulator.market.market_model import MarketModel
from upbit_auto_trading.simulator.market.ticker_model import TickerFigures
from upbit_auto_trading.simulator.market.yearly_extremes import _Search

NOON = 1_795_435_200_000
MARKETS = [row.market for row in MarketModel(seed=1).listing[::60]]


def tickers(seed: int, days: int = 400) -> list[TickerFigures | None]:
    model = MarketModel(seed=seed, history_days=days)
    return [model.ticker(market, NOON) for market in MARKETS]


@pytest.mark.parametrize("seed", [1, 20260704])
@pytest.mark.parametrize("days", [400, 3])
def test_minutes_that_cant_matter_make_no_difference(
    seed: int, days: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = tickers(seed, days)
    matters = _Search._matters
    left_out = 0

    def all_of_them(search: _Search, drive: MinuteDrive) -> np.ndarray:
        nonlocal left_out
        found = matters(search, drive)
        left_out += int((~found).sum())
        return np.ones(len(found), dtype=np.bool_)

    monkeypatch.setattr(_Search, "_matters", all_of_them)
    assert tickers(seed, days) == quick
    assert left_out > 1000


def test_extents_and_whole_plans_find_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """A market with a scenario behind it takes its plans; any other can, too."""
    quick = tickers(1)
    monkeypatch.setattr(CoarseTicks, "__bool__", lambda _: True)
    assert tickers(1) == quick


@pytest.mark.parametrize("market", ["KRW-BTC", "KRW-SUN", "BTC-ETH"])
def test_traded_minutes_of_one_block_are_those_of_a_longer_stretch(market: str) -> None:
    held = MarketModel(seed=1)._market(market).tape
    first = NOON // 60_000 // 64 * 64
    (some,) = held.traded(first + 5, 50)
    (many,) = held.traded(first, 200)
    some = some[some.count > 0]
    many = many[(many.minute >= first + 5) & (many.minute < first + 55)]
    for column in ("minute", "open", "high", "low", "close", "volume", "turnover", "last_ms"):
        assert getattr(some, column).tolist() == getattr(many, column).tolist()
    assert len(some) > 0
