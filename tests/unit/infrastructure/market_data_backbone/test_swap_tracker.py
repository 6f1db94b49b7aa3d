import pytest

from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import SwapKind, SwapRecord
from upbit_auto_trading.infrastructure.market_data_backbone.subscription_performance_monitor import (  # noqa: E501
    swap_figures,
)
from upbit_auto_trading.infrastructure.market_data_backbone.swap_tracker import Swap, SwapTracker

OLD = Stream("ticker", "KRW-BTC")
NEW = Stream("ticker", "KRW-ETH")
BOOK = Stream("orderbook", "KRW-ETH")


@pytest.fixture
def tracker() -> SwapTracker:
    return SwapTracker(timeout_s=1.0)


def swap(records: list[SwapRecord], *waiting: Stream, at: float = 0.0) -> Swap:
    added = frozenset(waiting)
    return Swap(added, frozenset({OLD}), at, 1_787_731_717.0 + at, records.append, set(waiting))


def test_a_swap_ends_with_the_first_frame_of_what_was_added(tracker: SwapTracker) -> None:
    records: list[SwapRecord] = []
    tracker.begin(swap(records, NEW, BOOK))
    tracker.sent(frozenset({NEW, BOOK}), SwapKind.FULL, 0.001)

    tracker.first_frame(OLD, 0.005)
    tracker.first_frame(BOOK, 0.0208)
    assert records == []
    tracker.first_frame(NEW, 0.030)

    (record,) = records
    assert record.kind is SwapKind.FULL
    assert record.first_ms == pytest.approx(20.8)
    assert record.complete_ms == pytest.approx(30.0)
    assert record.silent == frozenset()


def test_streams_that_stay_silent_are_named_and_count_as_failure(tracker: SwapTracker) -> None:
    records: list[SwapRecord] = []
    tracker.begin(swap(records, NEW, BOOK))
    tracker.sent(frozenset({NEW, BOOK}), SwapKind.FULL, 0.1)
    tracker.first_frame(NEW, 0.2)

    tracker.expire(1.0)
    assert records == []
    tracker.expire(1.11)

    (record,) = records
    assert record.silent == {BOOK}
    assert record.complete_ms is None
    figures = swap_figures(tracker.figures)
    assert figures["by_kind"]["full"]["success_rate"] == 0.0


def test_a_swap_that_cannot_be_sent_needs_a_new_connection(tracker: SwapTracker) -> None:
    records: list[SwapRecord] = []
    tracker.begin(swap(records, NEW))
    tracker.connection_lost()
    tracker.sent(frozenset({NEW}), SwapKind.FULL, 0.3)
    tracker.first_frame(NEW, 0.32)

    assert records[0].kind is SwapKind.RECONNECT


def test_averages_leave_out_what_was_covered_already(tracker: SwapTracker) -> None:
    records: list[SwapRecord] = []
    tracker.begin(swap(records))
    tracker.begin(swap(records, NEW, at=1.0))
    tracker.sent(frozenset({NEW}), SwapKind.SMART, 1.0)
    tracker.first_frame(NEW, 1.02)

    figures = swap_figures(tracker.figures)

    assert [record.kind for record in records] == [SwapKind.NONE, SwapKind.SMART]
    assert figures["last_10_average_ms"] == pytest.approx(20.0)
    assert figures["by_kind"]["none"]["count"] == 1
    assert figures["last"]["kind"] == "smart"


def test_before_the_first_swap_nothing_is_claimed(tracker: SwapTracker) -> None:
    figures = swap_figures(tracker.figures)

    assert figures["last"] is None
    assert figures["last_10_average_ms"] is None
    assert figures["by_kind"]["smart"]["success_rate"] is None


def test_a_swap_that_adds_what_upbit_does_not_have_ends_with_its_streams(
    tracker: SwapTracker,
) -> None:
    records: list[SwapRecord] = []
    refusals: list[frozenset[Stream]] = []
    hopeless = swap(records, NEW)
    hopeless.refused = refusals.append
    tracker.begin(hopeless)
    tracker.refuse({NEW})
    tracker.expire(60.0)
    assert refusals == [frozenset({NEW})]
    assert records == []
