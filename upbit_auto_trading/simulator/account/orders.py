"""The order as the exchange keeps it: its states, fills and what it locks (reference §6.3–§6.5)."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from upbit_auto_trading.domain.market import base_of, quote_of
from upbit_auto_trading.domain.money import cut
from upbit_auto_trading.domain.trade import Side
from upbit_auto_trading.simulator.account.accounts import ZERO


class OrderType(StrEnum):
    """Upbit's `ord_type`: `price` buys for an amount, `market` sells a volume."""

    LIMIT = "limit"
    PRICE = "price"
    MARKET = "market"
    BEST = "best"


class OrderState(StrEnum):
    """States an order can be asked about in; `watch` can't be reached through the API."""

    WAIT = "wait"
    DONE = "done"
    CANCEL = "cancel"


class IllegalTransitionError(Exception):
    """Something happened to an order that had already ended: a bug of the exchange."""

    def __init__(self, uuid: str, state: OrderState, event: str) -> None:
        super().__init__(f"order {uuid} is {state} and can't {event}")
        self.uuid = uuid
        self.state = state
        self.event = event


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """A valid wish.

    `price` is a unit price for `limit`, the whole amount to spend for a bid of type `price` or
    `best`; `smp_type` is None where self trades are allowed silently.
    """

    market: str
    side: Side
    kind: OrderType
    volume: Decimal | None
    price: Decimal | None
    time_in_force: str | None = None
    identifier: str | None = None
    smp_type: str | None = None


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution. `trend` follows the taker: `up` when a buyer took."""

    uuid: str
    price: Decimal
    volume: Decimal
    fee: Decimal
    at_ms: int
    is_maker: bool
    trend: str

    @property
    def funds(self) -> Decimal:
        """Quote amount of the fill, without the fee."""
        return self.price * self.volume


@dataclass(slots=True)
class ExchangeOrder:
    """One order with everything that happened to it."""

    uuid: str
    pocket_uuid: str
    request: OrderRequest
    created_ms: int
    fee_rate: Decimal
    state: OrderState = OrderState.WAIT
    reserved_fee: Decimal = ZERO
    paid_fee: Decimal = ZERO
    executed_volume: Decimal = ZERO
    executed_funds: Decimal = ZERO
    prevented_volume: Decimal = ZERO
    prevented_locked: Decimal = ZERO
    prevented_funds: Decimal = ZERO
    fills: list[Fill] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.request.side is Side.BID:
            self.reserved_fee = self.limit_total * self.fee_rate

    @property
    def is_open(self) -> bool:
        """Whether it can still fill or be cancelled."""
        return self.state is OrderState.WAIT

    @property
    def limit_price(self) -> Decimal | None:
        """The worst price it takes, None for an order at the market's price."""
        return self.request.price if self.request.kind is OrderType.LIMIT else None

    @property
    def limit_total(self) -> Decimal:
        """Quote amount a bid asks for, without the fee."""
        price = self.request.price or ZERO
        return price if self.request.volume is None else price * self.request.volume

    @property
    def remaining_volume(self) -> Decimal | None:
        """Volume still to trade; None where the order is bounded by an amount."""
        if self.request.volume is None:
            return None
        return self.request.volume - self.executed_volume - self.prevented_volume

    @property
    def remaining_funds(self) -> Decimal:
        """Quote amount an order bounded by an amount can still spend, without the fee."""
        return self.limit_total - self.executed_funds - self.prevented_funds

    @property
    def remaining_fee(self) -> Decimal:
        """Reserved fee not paid yet."""
        return self.reserved_fee - self.paid_fee

    @property
    def locked(self) -> Decimal:
        """What the order locks by Upbit's formula; a cancelled order goes on showing it."""
        remaining = self.remaining_volume
        if remaining is None:
            return self.remaining_funds + self.remaining_fee
        if self.request.side is Side.ASK:
            return remaining
        return remaining * (self.request.price or ZERO) + self.remaining_fee

    @property
    def locked_currency(self) -> str:
        """Currency of `locked`."""
        market = self.request.market
        return quote_of(market) if self.request.side is Side.BID else base_of(market)

    @property
    def average_price(self) -> Decimal:
        """Mean price of its fills, 0 without any."""
        if self.executed_volume == ZERO:
            return ZERO
        return self.executed_funds / self.executed_volume

    def wants(self, price: Decimal) -> Decimal:
        """Return the volume it can still trade at `price`, cut to 8 decimals."""
        remaining = self.remaining_volume
        return cut(self.remaining_funds / price) if remaining is None else remaining

    def accepts(self, price: Decimal) -> bool:
        """Whether `price` is no worse than its limit."""
        limit = self.limit_price
        if limit is None:
            return True
        return price <= limit if self.request.side is Side.BID else price >= limit

    def fill(self, fill: Fill) -> None:
        """Take one execution into account."""
        self._require_open("fill")
        self.fills.append(fill)
        self.executed_volume += fill.volume
        self.executed_funds += fill.funds
        self.paid_fee += fill.fee

    def prevent(self, volume: Decimal, price: Decimal) -> None:
        """Take away a part that would have traded with the same account at `price`.

        The fee reserved for that part goes with it, as in Upbit's documented example.
        """
        self._require_open("be prevented")
        self.prevented_volume += volume
        if self.request.side is Side.ASK:
            self.prevented_locked += volume
            return
        funds = volume * (self.limit_price or price)
        fee = funds * self.fee_rate
        self.prevented_funds += funds
        self.prevented_locked += funds + fee
        self.reserved_fee -= fee

    def finish(self, state: OrderState) -> None:
        """End it as done or cancelled."""
        self._require_open(f"become {state}")
        self.state = state

    def _require_open(self, event: str) -> None:
        if not self.is_open:
            raise IllegalTransitionError(self.uuid, self.state, event)
