import pytest

from upbit_auto_trading.domain.market import MarketInfo
from upbit_auto_trading.presentation.viewmodels.market_search import (
    SearchKey,
    folded,
    initials_of,
)

BITCOIN = SearchKey.of(MarketInfo("KRW-BTC", "비트코인", "Bitcoin"))
BITCOIN_CASH = SearchKey.of(MarketInfo("KRW-BCH", "비트코인캐시", "Bitcoin Cash"))
XRP = SearchKey.of(MarketInfo("KRW-XRP", "엑스알피(리플)", "XRP"))


@pytest.mark.parametrize(
    "query", ["ㅂㅌㅋ", "비트", "비ㅌㅋ", "btc", "BTC", "bit", "coin", "krw-btc", "트코"]
)
def test_bitcoin_is_found_by_name_code_and_initial_consonants(query: str) -> None:
    assert BITCOIN.rank(folded(query)) is not None


@pytest.mark.parametrize("query", ["ㅂㅌㅅ", "eth", "빝", "ㅂㅌㅋㅇㅋㅅ"])
def test_what_does_not_fit_is_not_found(query: str) -> None:
    assert BITCOIN.rank(folded(query)) is None


def test_the_code_itself_comes_before_names_that_contain_it() -> None:
    exact, longer = BITCOIN.rank("btc"), BITCOIN_CASH.rank("bitcoin")
    assert exact is not None
    assert longer is not None
    assert exact < longer


def test_the_found_part_of_the_name_is_told() -> None:
    assert BITCOIN_CASH.found_at("ㅂㅌㅋ") == (0, 3)
    assert BITCOIN_CASH.found_at("캐시") == (4, 2)
    assert XRP.found_at("리플") == (5, 2)
    assert XRP.found_at("xrp") is None


def test_initials_leave_everything_but_syllables_alone() -> None:
    assert initials_of("가힣A1 ㄱ") == "ㄱㅎA1 ㄱ"
