from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import SwapKind
from upbit_auto_trading.infrastructure.market_data_backbone.policy import Policy
from upbit_auto_trading.infrastructure.market_data_backbone.subscription_manager import (
    SubscriptionManager,
)

BTC = Stream("ticker", "KRW-BTC")
ETH = Stream("ticker", "KRW-ETH")
BOOK = Stream("orderbook", "KRW-BTC")


def test_reconnect_asks_for_everything_again() -> None:
    manager = SubscriptionManager(Policy())
    manager.hold(BTC)
    manager.mark_sent(frozenset({BTC}), now=0.0)
    manager.connection_lost()

    assert manager.pending(now=1.0) == frozenset({BTC})


def test_what_two_hold_is_sent_once_and_stays_until_both_let_go() -> None:
    manager = SubscriptionManager()
    manager.hold(BTC, ETH, holder="chart")
    manager.hold(BTC, holder="watchlist")
    assert manager.pending(0.0) == frozenset({BTC, ETH})
    manager.mark_sent(frozenset({BTC, ETH}), 0.0)

    manager.release("chart", now=1.0)

    assert manager.wanted == {BTC}
    assert manager.pending(1.1) is None  # a mere release lingers
    assert manager.pending(1.4) == frozenset({BTC})


def test_releasing_and_holding_again_at_once_costs_no_frame() -> None:
    manager = SubscriptionManager()
    manager.hold(BTC, holder="chart")
    manager.mark_sent(frozenset({BTC}), 0.0)

    manager.release("chart", now=1.0)
    manager.hold(BTC, holder="other", now=1.1)

    assert manager.due_at(5.0) is None


def test_the_kinds_of_change_are_told_apart() -> None:
    manager = SubscriptionManager()
    assert manager.request_for(frozenset({BTC})).kind is SwapKind.FULL
    manager.mark_sent(frozenset({BTC}), 0.0)

    assert manager.request_for(frozenset({ETH})).kind is SwapKind.SMART
    assert manager.request_for(frozenset({BTC, ETH})).kind is SwapKind.SMART
    assert manager.request_for(frozenset({BOOK})).kind is SwapKind.FULL
    assert manager.request_for(frozenset({BTC, BOOK})).kind is SwapKind.FULL
    assert manager.request_for(frozenset({BTC, ETH})).added == {ETH}


def test_a_stream_is_live_with_its_first_frame_only() -> None:
    manager = SubscriptionManager()
    manager.hold(BTC)
    assert not manager.first_frame(BTC)
    manager.mark_sent(frozenset({BTC}), 0.0)
    assert not manager.is_live(BTC)

    assert manager.first_frame(BTC)
    assert not manager.first_frame(BTC)
    assert manager.is_live(BTC)


def test_a_stream_that_stays_silent_is_named_after_its_time() -> None:
    manager = SubscriptionManager()
    manager.hold(BTC, ETH)
    manager.mark_sent(frozenset({BTC, ETH}), 0.0)
    manager.first_frame(BTC)

    assert manager.silent(0.9) == {}
    assert manager.silent(1.0) == {ETH: 0}
    manager.repeat()
    assert manager.pending(1.0) == frozenset({BTC, ETH})
    manager.mark_sent(frozenset({BTC, ETH}), 1.0)
    assert manager.silent(1.9) == {}
    assert manager.silent(2.0) == {ETH: 1}
    manager.forgive([ETH])
    assert manager.silent(9.0) == {}


def test_a_refused_stream_leaves_the_request_and_not_the_holder() -> None:
    manager = SubscriptionManager()
    manager.hold(BTC, ETH)
    manager.refuse([ETH])

    assert manager.pending(0.0) == frozenset({BTC})
    assert manager.held == {BTC, ETH}
    manager.allow([ETH])
    assert manager.pending(0.0) == frozenset({BTC, ETH})


def test_what_the_chart_waits_for_is_named_before_the_watchlist() -> None:
    manager = SubscriptionManager(Policy())
    market = [Stream("ticker", f"KRW-A{n}") for n in range(5)]
    focus = [Stream("ticker", "KRW-BTC"), Stream("trade", "KRW-BTC")]
    manager.hold(*market, holder="watchlist", priority=6)
    manager.hold(*focus, holder="chart", priority=1)
    assert manager.most_urgent({*market, *focus}) == focus
    assert manager.most_urgent(market) == market
    assert manager.most_urgent(()) == []


def test_the_most_urgent_holder_decides_a_streams_priority() -> None:
    manager = SubscriptionManager()
    manager.hold(BTC, holder="watchlist", priority=4)
    manager.hold(BTC, holder="chart", priority=0)

    assert manager.priority_of(BTC) == 0
    assert manager.priority_of(ETH) == 9


STREAMS = [
    Stream(channel, f"KRW-{base}")
    for channel in ("ticker", "trade", "orderbook")
    for base in ("BTC", "ETH", "XRP")
]
some = st.frozensets(st.sampled_from(STREAMS), max_size=5)
holders = st.sampled_from(["chart", "trigger", "watchlist"])


@dataclass
class ExchangeModel:
    """What Upbit knows: the set of the newest request of this connection, and when each came."""

    subscribed: frozenset[Stream] = frozenset()
    arrivals: list[float] = field(default_factory=list)


class Reconciliation(RuleBasedStateMachine):
    """Random holders, time and losses: the exchange ends up with what is wanted, within limits."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.manager = SubscriptionManager()
        self.model: dict[str, frozenset[Stream]] = {}
        self.exchange = ExchangeModel()

    @rule(holder=holders, streams=some)
    def hold(self, holder: str, streams: frozenset[Stream]) -> None:
        self.manager.hold(*streams, holder=holder, now=self.now)
        self.model[holder] = streams

    @rule(holder=holders)
    def release(self, holder: str) -> None:
        self.manager.release(holder, now=self.now)
        self.model.pop(holder, None)

    @rule(seconds=st.one_of(st.floats(0.0, 0.2), st.floats(0.0, 3.0)))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.send_what_is_due()

    @rule()
    def lose_connection(self) -> None:
        self.manager.connection_lost()
        self.exchange = ExchangeModel()

    @rule()
    def settle(self) -> None:
        for _ in range(4):
            due = self.manager.due_at(self.now)
            if due is None:
                break
            self.now = max(self.now, due)
            self.send_what_is_due()
        assert self.exchange.subscribed == self.wanted
        assert self.manager.sent == self.wanted

    def send_what_is_due(self) -> None:
        streams = self.manager.pending(self.now)
        if streams is not None:
            self.manager.mark_sent(streams, self.now)
            self.exchange.subscribed = streams
            self.exchange.arrivals.append(self.now)

    @property
    def wanted(self) -> frozenset[Stream]:
        return frozenset().union(*self.model.values())

    @invariant()
    def what_is_wanted_is_what_is_held(self) -> None:
        assert self.manager.wanted == self.wanted

    @invariant()
    def the_message_limit_holds(self) -> None:
        arrivals = self.exchange.arrivals
        for begin in arrivals:
            assert sum(1 for other in arrivals if begin <= other < begin + 1.0) <= 5


TestReconciliation = Reconciliation.TestCase
TestReconciliation.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
