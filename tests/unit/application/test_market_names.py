"""Names come as soon as the exchange gives its list, however often it refused before."""

from tests.fakes import FakeMarketDataFeed
from upbit_auto_trading.application.market_data import MarketDataService
from upbit_auto_trading.application.market_names import market_list
from upbit_auto_trading.domain.answer import Answers
from upbit_auto_trading.domain.failure import RateLimitedError
from upbit_auto_trading.domain.market import MarketInfo


class Refusing(FakeMarketDataFeed):
    """Refuses twice."""

    asked = 0

    async def markets(self) -> Answers[MarketInfo]:
        self.asked += 1
        if self.asked < 3:
            raise RateLimitedError("market", 1.0)
        return await super().markets()


async def test_a_refused_list_is_asked_for_again() -> None:
    feed = Refusing()
    listed = await market_list(MarketDataService(feed), again_s=0.0)
    assert feed.asked == 3
    assert list(listed) == list((await feed.markets()).values)
