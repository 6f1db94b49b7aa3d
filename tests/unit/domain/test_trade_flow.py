from decimal import Decimal

from tests.builders import trade
from upbit_auto_trading.domain.trade import Side, Trade
from upbit_auto_trading.domain.trade_flow import ENOUGH_TO_RANK, LARGE_WON, flow_of, large_from


def trades(count: int, market: str, price: float) -> list[Trade]:
    return [trade(market, price, sequential_id=n, volume=float(n + 1)) for n in range(count)]


def test_strength_is_what_was_bought_for_each_hundred_sold() -> None:
    flow = flow_of(
        [
            trade(volume=0.1, side=Side.BID),
            trade(volume=0.2, side=Side.BID),
            trade(volume=0.4, side=Side.ASK),
        ]
    )
    assert (flow.bought, flow.sold) == (Decimal("0.3"), Decimal("0.4"))
    assert flow.strength == 75.0


def test_without_a_sale_there_is_no_strength() -> None:
    assert flow_of([trade(side=Side.BID)]).strength is None
    assert flow_of([]).strength is None


def test_few_trades_of_a_won_market_are_large_from_ten_million_won() -> None:
    assert large_from("KRW-BTC", trades(ENOUGH_TO_RANK - 1, "KRW-BTC", 1.0)) == LARGE_WON


def test_few_trades_of_other_markets_are_not_ranked() -> None:
    assert large_from("BTC-ETH", trades(ENOUGH_TO_RANK - 1, "BTC-ETH", 0.03)) is None


def test_the_largest_fiftieth_is_large() -> None:
    rows = trades(200, "BTC-ETH", 0.5)
    limit = large_from("BTC-ETH", rows)
    assert limit is not None
    assert [t.volume for t in rows if t.price * t.volume >= limit] == [197, 198, 199, 200]


def test_ten_million_won_is_large_however_many_such_trades_there_are() -> None:
    rows = trades(200, "KRW-BTC", 100_000_000.0)
    assert large_from("KRW-BTC", rows) == LARGE_WON
