"""What an order must pass before it is accepted, once its fields are valid (reference §6.3)."""

from decimal import Decimal

from upbit_auto_trading.simulator.account.accounts import ZERO, Pocket
from upbit_auto_trading.simulator.account.exchange_errors import ExchangeError
from upbit_auto_trading.simulator.account.matching import Matching
from upbit_auto_trading.simulator.account.order_registry import OrderRegistry
from upbit_auto_trading.simulator.account.order_rules import check_total
from upbit_auto_trading.simulator.account.orders import OrderRequest, OrderType


def check_acceptable(
    pocket: Pocket,
    request: OrderRequest,
    orders: OrderRegistry,
    matching: Matching,
    now_ms: int,
) -> None:
    """Check consent, identifier, total and size; the money is checked by locking it.

    Raises:
        ExchangeError: the first rule it breaks.
    """
    if not request.market.startswith("KRW-") and not pocket.agreed:
        raise ExchangeError("thirdparty_agreement_required")
    if orders.knows_identifier(pocket.uuid, request.identifier):
        raise ExchangeError("duplicated_identifier")
    check_total(request.market, request.side, total_of(request, matching, now_ms))
    if request.kind in (OrderType.PRICE, OrderType.MARKET) and matching.falls_short(
        request.side, request.volume, request.price or ZERO, now_ms
    ):
        raise ExchangeError(
            f"create_{request.side}_error", "주문량이 호가 30단계의 잔량을 초과합니다."
        )


def total_of(request: OrderRequest, matching: Matching, now_ms: int) -> Decimal:
    """Return the quote amount an order is about, at the best opposite price if it names none."""
    if request.volume is None:
        return request.price or ZERO
    price = request.price or matching.best_against(request.side, now_ms)
    return request.volume * (price or ZERO)
