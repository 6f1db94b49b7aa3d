"""Which orders the exchange takes: fields, combinations, ticks and totals (reference §6.3, §7)."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from upbit_auto_trading.domain.market import base_of, quote_of
from upbit_auto_trading.domain.money import cut, minimum_total, tick_size
from upbit_auto_trading.domain.trade import Side
from upbit_auto_trading.simulator.account.accounts import ZERO, plain
from upbit_auto_trading.simulator.account.exchange_errors import ExchangeError, missing_field
from upbit_auto_trading.simulator.account.orders import OrderRequest, OrderType
from upbit_auto_trading.simulator.account.request_parameters import Parameters

_FEES: Final = {"KRW": Decimal("0.0005"), "BTC": Decimal("0.0025"), "USDT": Decimal("0.0025")}
# Upbit publishes no maximum for USDT markets; this one is the simulator's own.
_MAXIMUM_TOTAL: Final = {"KRW": Decimal(10**9), "BTC": Decimal(10), "USDT": Decimal(10**6)}
_TIMES_IN_FORCE: Final = ("ioc", "fok", "post_only")
_SMP_MODES: Final = ("cancel_maker", "cancel_taker", "reduce")
_IDENTIFIER_LENGTH: Final = 64
_DECIMALS: Final = 8
_LONGEST_NUMBER: Final = 40
_LARGEST_EXPONENT: Final = 18
_DECIMAL: Final = re.compile(r"[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class SelfMatchRules:
    """What happens to self trades.

    The rules announced for 2026-11-09 have a default mode and the value `none`, and every order
    answer names the mode.
    """

    announced: bool = False

    def mode(self, wanted: str | None, time_in_force: str | None) -> str | None:
        """Return the mode in force for an order that asks for `wanted`.

        Raises:
            ExchangeError: the mode doesn't exist, or stands beside post_only.
        """
        known = (*_SMP_MODES, "none") if self.announced else _SMP_MODES
        if wanted is not None and wanted not in known:
            raise ExchangeError("invalid_parameter")
        if time_in_force == "post_only" and wanted in _SMP_MODES:
            raise ExchangeError("invalid_post_only")
        if wanted is None and self.announced:
            return "none" if time_in_force == "post_only" else "cancel_maker"
        return wanted


def fee_rate(market: str) -> Decimal:
    """Return the fee as a fraction of the quote amount, the same for maker and taker."""
    return _FEES[quote_of(market)]


def maximum_total(market: str) -> Decimal:
    """Return the largest order the exchange takes, in the quote currency."""
    return _MAXIMUM_TOTAL[quote_of(market)]


def read_order(
    parameters: Parameters,
    markets: Collection[str],
    self_match: SelfMatchRules,
    *,
    type_required: bool = True,
    tick_factor: Callable[[str], int] = lambda _: 1,
) -> OrderRequest:
    """Return the order a client asks for, its fields and their combination valid.

    Its price must be a multiple of `tick_factor` times the market's usual price unit.

    Raises:
        ExchangeError: the first rule it breaks.
    """
    market = parameters.text("market")
    if market is None:
        raise missing_field("market")
    if market.upper() not in markets:
        raise ExchangeError("notfoundmarket", f"다음 마켓에 없는 종목입니다: {market}")
    side_text = parameters.text("side")
    if side_text not in ("bid", "ask"):
        raise missing_field("side")
    kind_text = parameters.text("ord_type")
    if kind_text is None and not type_required:
        kind_text = "limit"
    if kind_text not in ("limit", "price", "market", "best"):
        raise missing_field("ord_type")
    request = order_of(
        market.upper(),
        Side(side_text),
        OrderType(kind_text),
        volume=parameters.text("volume"),
        price=parameters.text("price"),
        time_in_force=parameters.text("time_in_force"),
        identifier=parameters.text("identifier"),
        smp_type=self_match.mode(parameters.text("smp_type"), parameters.text("time_in_force")),
    )
    check_tick(request, tick_factor(request.market))
    return request


def order_of(
    market: str,
    side: Side,
    kind: OrderType,
    *,
    volume: str | None,
    price: str | None,
    time_in_force: str | None,
    identifier: str | None,
    smp_type: str | None,
) -> OrderRequest:
    """Return the order, its numbers parsed and its combination checked; see `check_tick`.

    Raises:
        ExchangeError: the first rule it breaks.
    """
    wrong = f"create_{side}_error"
    if identifier is not None and len(identifier) > _IDENTIFIER_LENGTH:
        raise ExchangeError("invalid_parameter")
    _check_time_in_force(kind, time_in_force)
    if (kind is OrderType.PRICE and side is Side.ASK) or (
        kind is OrderType.MARKET and side is Side.BID
    ):
        raise ExchangeError(wrong)
    takes_volume = kind in (OrderType.LIMIT, OrderType.MARKET) or side is Side.ASK
    takes_price = kind is OrderType.LIMIT or (side is Side.BID and kind is not OrderType.MARKET)
    return OrderRequest(
        market,
        side,
        kind,
        _number("volume", volume, wrong)
        if _wanted("volume", volume, takes_volume, wrong)
        else None,
        _number("price", price, wrong) if _wanted("price", price, takes_price, wrong) else None,
        time_in_force,
        identifier,
        smp_type,
    )


def check_tick(request: OrderRequest, tick_factor: int) -> None:
    """Refuse a limit price off the grid, whose unit is `tick_factor` times the usual one.

    Raises:
        ExchangeError: create_bid_error or create_ask_error.
    """
    limit = request.price if request.kind is OrderType.LIMIT else None
    if limit is not None and limit % (tick_size(request.market, limit) * tick_factor) != ZERO:
        raise ExchangeError(
            f"create_{request.side}_error", f"주문 가격 단위를 확인해 주세요: {plain(limit)}"
        )


def check_total(market: str, side: Side, total: Decimal) -> None:
    """Refuse a total outside the market's limits.

    Raises:
        ExchangeError: under_min_total or over_krw_funds of the side.
    """
    if total < minimum_total(market):
        raise ExchangeError(f"under_min_total_{side}")
    highest = maximum_total(market)
    if total > highest:
        raise ExchangeError(
            f"over_krw_funds_{side}",
            f"최대 주문 가능 금액 {plain(highest)} {quote_of(market)} "
            "보다 작은 주문을 입력해 주세요.",
        )


def positive_number(text: str) -> Decimal | None:
    """Return a positive amount of reasonable size, None for anything else."""
    if len(text) > _LONGEST_NUMBER or _DECIMAL.fullmatch(text) is None:
        return None
    number = Decimal(text)
    return number if number > ZERO and number.adjusted() <= _LARGEST_EXPONENT else None


def insufficient_funds(market: str, side: Side) -> ExchangeError:
    """Return the refusal of an order the pocket can't pay."""
    if side is Side.BID:
        message = f"주문 가능한 금액({quote_of(market)})이 부족합니다."
    else:
        message = f"주문가능한 금액({base_of(market)})이 부족합니다."
    return ExchangeError(f"insufficient_funds_{side}", message)


def _check_time_in_force(kind: OrderType, time_in_force: str | None) -> None:
    if time_in_force is not None and time_in_force not in _TIMES_IN_FORCE:
        raise ExchangeError("invalid_time_in_force")
    if time_in_force == "post_only" and kind is not OrderType.LIMIT:
        raise ExchangeError("invalid_post_only")
    if kind is OrderType.BEST and time_in_force not in ("ioc", "fok"):
        raise ExchangeError("invalid_time_in_force")
    if kind in (OrderType.PRICE, OrderType.MARKET) and time_in_force is not None:
        raise ExchangeError("invalid_time_in_force")


def _wanted(name: str, text: str | None, needed: bool, wrong: str) -> bool:
    if needed and text is None:
        raise missing_field(name)
    if not needed and text is not None:
        raise ExchangeError(wrong)
    return needed


def _number(name: str, text: str | None, wrong: str) -> Decimal:
    number = positive_number(text or "")
    if number is None:
        raise missing_field(name)
    if name == "volume" and number != cut(number):
        raise ExchangeError(wrong, f"수량은 소수점 {_DECIMALS}자리까지 입력할 수 있습니다.")
    return number
