from hypothesis import given
from hypothesis import strategies as st

from tests.builders import candle
from upbit_auto_trading.domain.candle import Candle
from upbit_auto_trading.infrastructure.market_data_backbone.candle_pages import CandlePages

MINUTE_MS = 60_000
LAST = 2_000


def upbit(existing: list[Candle], count: int, before_ms: int | None) -> list[Candle]:
    """Answer as the exchange does: at most 200 that exist, `to` exclusive; here oldest first."""
    rows = [row for row in existing if before_ms is None or row.start_ms < before_ms]
    return rows[-min(count, 200) :]


def ask(pages: CandlePages, existing: list[Candle]) -> int:
    requests = 0
    while (request := pages.next_request()) is not None:
        requests += 1
        pages.took(upbit(existing, *request))
        assert requests < 100
    return requests


@given(
    st.sets(st.integers(0, LAST), max_size=900),
    st.integers(1, 1500),
    st.one_of(st.none(), st.integers(0, LAST + 5)),
)
def test_any_count_comes_without_gap_or_overlap(
    slots: set[int], count: int, before: int | None
) -> None:
    existing = [candle(start_ms=slot * MINUTE_MS) for slot in sorted(slots)]
    before_ms = None if before is None else before * MINUTE_MS
    pages = CandlePages(count, before_ms)

    ask(pages, existing)

    expected = [row for row in existing if before_ms is None or row.start_ms < before_ms]
    assert pages.candles() == expected[-count:]


@given(st.sets(st.integers(0, LAST), min_size=1, max_size=900), st.integers(0, LAST))
def test_a_gap_is_asked_for_back_to_its_beginning_and_no_further(
    slots: set[int], since: int
) -> None:
    existing = [candle(start_ms=slot * MINUTE_MS) for slot in sorted(slots)]
    pages = CandlePages(1_000_000, since_ms=since * MINUTE_MS)

    ask(pages, existing)

    assert pages.candles() == [row for row in existing if row.start_ms >= since * MINUTE_MS]


def test_as_few_pages_as_possible_are_asked() -> None:
    existing = [candle(start_ms=slot * MINUTE_MS) for slot in range(1000)]

    assert ask(CandlePages(200), existing) == 1
    assert ask(CandlePages(450), existing) == 3


def test_a_server_that_repeats_its_page_cannot_hold_us() -> None:
    page = [candle(start_ms=slot * MINUTE_MS) for slot in range(200)]
    pages = CandlePages(1000)
    pages.took(page)
    pages.took(page)

    assert pages.next_request() is None
    assert pages.candles() == page
