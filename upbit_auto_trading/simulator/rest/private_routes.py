"""All of the private REST API: its paths, their rate groups, and what answers them."""

from collections.abc import Callable
from typing import Final

from aiohttp import web

from upbit_auto_trading.simulator.account.exchange import SimulatedExchange
from upbit_auto_trading.simulator.rest.private_api import PrivateApi
from upbit_auto_trading.simulator.rest.rest_deposits import DEPOSIT_ENDPOINTS
from upbit_auto_trading.simulator.rest.rest_exchange import ORDER_ENDPOINTS
from upbit_auto_trading.simulator.rest.rest_pockets import POCKET_ENDPOINTS
from upbit_auto_trading.simulator.rest.rest_withdrawals import WITHDRAWAL_ENDPOINTS

PRIVATE_ENDPOINTS: Final = (
    *ORDER_ENDPOINTS,
    *POCKET_ENDPOINTS,
    *DEPOSIT_ENDPOINTS,
    *WITHDRAWAL_ENDPOINTS,
)
PRIVATE_GROUPS: Final = {
    (endpoint.method, endpoint.path): endpoint.group for endpoint in PRIVATE_ENDPOINTS
}


def private_api(exchange: SimulatedExchange, now_ms: Callable[[], int]) -> PrivateApi:
    """Return what answers private requests; `now_ms` tells the exchange's time."""
    return PrivateApi(PRIVATE_ENDPOINTS, exchange, now_ms)


def private_routes(exchange: SimulatedExchange, now_ms: Callable[[], int]) -> list[web.RouteDef]:
    """Return the same as routes of an aiohttp application."""
    return private_api(exchange, now_ms).routes()
