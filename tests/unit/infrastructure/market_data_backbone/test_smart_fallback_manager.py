import pytest

from upbit_auto_trading.domain.failure import (
    BannedError,
    ImpossibleCountError,
    NotConnectedError,
    UnknownMarketError,
)
from upbit_auto_trading.infrastructure.market_data_backbone.smart_fallback_manager import (
    SmartFallbackManager,
)
from upbit_auto_trading.infrastructure.upbit.timings import Timings


@pytest.fixture
def fallback() -> SmartFallbackManager:
    return SmartFallbackManager(Timings())


def test_waits_grow_and_follow_a_slow_line(fallback: SmartFallbackManager) -> None:
    assert fallback.timeouts() == (0.2, 0.5, 1.0)

    fallback.rtt_s = 0.165

    assert fallback.timeouts() == (0.66, 0.66, 1.0)


def test_rest_is_asked_beside_after_the_wait_that_usually_suffices(
    fallback: SmartFallbackManager,
) -> None:
    assert fallback.hedge_after() == 0.1
    for number in range(100):
        fallback.waited(0.020 + number / 100_000)

    assert fallback.hedge_after() == pytest.approx(0.021, rel=0.1)


def test_a_hedge_never_waits_longer_than_the_first_time_out(
    fallback: SmartFallbackManager,
) -> None:
    for _ in range(50):
        fallback.waited(5.0)

    assert fallback.hedge_after() == 0.2


def test_causes_and_returns_to_the_socket_are_counted(fallback: SmartFallbackManager) -> None:
    fallback.answered_live()
    fallback.fell_back("not_connected")
    fallback.fell_back("not_connected")
    fallback.answered_live()
    fallback.answered_live()

    assert fallback.figures.by_cause == {"not_connected": 2}
    assert fallback.figures.returns == 1


@pytest.mark.parametrize(
    ("error", "may"),
    [
        (NotConnectedError("https://api.upbit.com", "dns"), True),
        (BannedError("ticker", 60.0), True),
        (UnknownMarketError(["KRW-GONE"]), False),
        (ImpossibleCountError(0, 10), False),
    ],
)
def test_a_kept_value_stands_in_only_where_the_way_failed(error: Exception, may: bool) -> None:
    assert SmartFallbackManager.may_stand_in(error) is may  # type: ignore[arg-type]
