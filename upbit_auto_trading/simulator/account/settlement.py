"""Books what the matching finds: fills and cancels move money and become account events."""

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal

from upbit_auto_trading.domain.market import base_of, quote_of
from upbit_auto_trading.domain.money import exact
from upbit_auto_trading.domain.trade import Side
from upbit_auto_trading.simulator.account.account_events import AccountEvents
from upbit_auto_trading.simulator.account.accounts import ZERO, Pocket
from upbit_auto_trading.simulator.account.order_views import asset_event, order_event
from upbit_auto_trading.simulator.account.orders import ExchangeOrder, Fill, OrderState, OrderType
from upbit_auto_trading.simulator.account.public_depth import MarketView


class OrderSettlement:
    """The matching's `Settlement`: pockets, order states and events change together.

    `now_ms` is the exchange's time of what is being booked; whoever drives the matching sets it.
    """

    def __init__(
        self,
        pockets: Mapping[str, Pocket],
        events: AccountEvents,
        view: MarketView,
        markets: Collection[str],
        new_id: Callable[[], str],
    ) -> None:
        self._markets = markets
        self._pockets = pockets
        self._events = events
        self._view = view
        self._new_id = new_id
        self.now_ms = 0

    def accepted(self, order: ExchangeOrder) -> None:
        """Lock what a new order needs and tell about it.

        Raises:
            InsufficientFundsError: the pocket hasn't that much free.
        """
        self._pocket(order).lock(order.locked_currency, order.locked)
        request = order.request
        if request.kind is OrderType.LIMIT and request.time_in_force is None:
            self._tell_order(order, "wait")
        self._tell_assets(order, order.locked_currency)

    def rests(self, order: ExchangeOrder) -> None:
        """Tell that a post_only order, unlike others not announced before, waits in the book."""
        if order.request.time_in_force == "post_only":
            self._tell_order(order, "wait")

    def traded(
        self, order: ExchangeOrder, price: Decimal, volume: Decimal, *, is_maker: bool, taker: Side
    ) -> None:
        """Book one execution of `order`; end the order when nothing is left of it."""
        funds = price * volume
        fill = Fill(
            self._new_id(),
            price,
            volume,
            funds * order.fee_rate,
            self.now_ms,
            is_maker,
            "up" if taker is Side.BID else "down",
        )
        before = order.locked
        order.fill(fill)
        pocket = self._pocket(order)
        quote, base = quote_of(order.request.market), base_of(order.request.market)
        freed = before - order.locked
        if order.request.side is Side.BID:
            pocket.spend(quote, funds + fill.fee)
            pocket.release(quote, freed - funds - fill.fee)
            pocket.receive(base, volume, self._in_won(quote, funds))
        else:
            pocket.spend(base, freed)
            pocket.receive(quote, funds - fill.fee)
        self._tell_order(order, "trade", fill)
        self._tell_assets(order, quote, base)
        if self._is_exhausted(order):
            self._end(order, OrderState.DONE)

    def cancelled(self, order: ExchangeOrder) -> None:
        """End `order` and give back what it still locks."""
        self._end(order, OrderState.CANCEL)

    def prevented(self, order: ExchangeOrder, volume: Decimal, price: Decimal) -> None:
        """Take `volume` from `order`, which would have traded with its own account."""
        before = order.locked
        order.prevent(volume, price)
        self._pocket(order).release(order.locked_currency, before - order.locked)
        if self._is_exhausted(order):
            self._end(order, OrderState.CANCEL)
            return
        self._tell_order(order, "prevented")
        self._tell_assets(order, order.locked_currency)

    def _end(self, order: ExchangeOrder, state: OrderState) -> None:
        held = order.locked
        order.finish(state)
        if held > ZERO:
            self._pocket(order).release(order.locked_currency, held)
        self._tell_order(order, str(state))
        if held > ZERO:
            self._tell_assets(order, order.locked_currency)

    def _is_exhausted(self, order: ExchangeOrder) -> bool:
        remaining = order.remaining_volume
        return (order.remaining_funds if remaining is None else remaining) == ZERO

    def _in_won(self, quote: str, funds: Decimal) -> Decimal | None:
        """Return what was paid in won, for the average price; None where no rate is known."""
        if quote == "KRW":
            return funds
        rate_market = f"KRW-{quote}"
        if rate_market not in self._markets:
            return None
        newest = self._view.newest_prints(rate_market, self.now_ms, 1)
        return funds * exact(newest[0].price) if newest else None

    def _pocket(self, order: ExchangeOrder) -> Pocket:
        return self._pockets[order.pocket_uuid]

    def _tell_order(self, order: ExchangeOrder, state: str, fill: Fill | None = None) -> None:
        event = order_event(order, state, self.now_ms, fill)
        self._events.publish(order.pocket_uuid, event, self.now_ms)

    def _tell_assets(self, order: ExchangeOrder, *currencies: str) -> None:
        event = asset_event(self._pocket(order), currencies, self.now_ms)
        self._events.publish(order.pocket_uuid, event, self.now_ms)
