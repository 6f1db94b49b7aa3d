"""Private REST: wallets, deposits, travel rule (reference §6.9, §6.11)."""

from typing import Any, Final

from upbit_auto_trading.domain.timeframe import from_epoch_ms
from upbit_auto_trading.simulator.account.exchange_errors import ExchangeError
from upbit_auto_trading.simulator.rest.private_api import Call, Endpoint
from upbit_auto_trading.simulator.rest.transfer_views import (
    DECIMALS,
    coins_of,
    listed,
    one,
    transfer_view,
    wanted_coin,
    won_amount,
)

_BLOCK_MS: Final = 600_000
_SIMULATED_VASP: Final = "7b0c5f3e-2d2a-4f66-8d0b-3f1f7f6f9c11"


def wallet_status(call: Call) -> Any:
    """The state of every coin's wallet; the simulated chains make a block every ten minutes."""
    height = call.now_ms // _BLOCK_MS
    made = from_epoch_ms(height * _BLOCK_MS).isoformat(timespec="milliseconds")
    return [
        {
            "currency": currency,
            "wallet_state": "working",
            "block_state": "normal",
            "block_height": height,
            "block_updated_at": made,
            "block_elapsed_minutes": call.now_ms % _BLOCK_MS // 60_000,
            "net_type": currency,
            "network_name": currency,
        }
        for currency in coins_of(call)
    ]


def deposit_chance(call: Call) -> Any:
    """Whether a coin can be deposited."""
    currency, net_type = wanted_coin(call)
    return {
        "currency": currency,
        "net_type": net_type,
        "is_deposit_possible": True,
        "deposit_impossible_reason": "",
        "minimum_deposit_amount": "0",
        "minimum_deposit_confirmations": 1,
        "decimal_precision": DECIMALS,
    }


def deposit_addresses(call: Call) -> Any:
    """The deposit addresses that were made."""
    rows = call.exchange.transfers.addresses(call.pocket.uuid)
    return [_address_view(currency, address) for currency, address in rows]


def deposit_address(call: Call) -> Any:
    """One deposit address."""
    currency, _ = wanted_coin(call)
    address = call.exchange.transfers.address(call.pocket.uuid, currency)
    if address is None:
        raise ExchangeError("deposit_address_not_found")
    return _address_view(currency, address)


def make_deposit_address(call: Call) -> Any:
    """Make a deposit address; the simulator has it at once."""
    currency, _ = wanted_coin(call)
    return _address_view(currency, call.exchange.transfers.make_address(call.pocket.uuid, currency))


def deposit_won(call: Call) -> Any:
    """Start a won deposit."""
    amount = won_amount(call)
    return transfer_view(call.exchange.transfers.deposit_won(call.pocket, amount, call.now_ms))


def vasps(call: Call) -> Any:
    """The one exchange whose deposits can be verified."""
    del call
    return [
        {
            "vasp_name": "Simulated VASP",
            "vasp_uuid": _SIMULATED_VASP,
            "depositable": True,
            "withdrawable": True,
        }
    ]


def verify_deposit(call: Call) -> Any:
    """Verify where a coin deposit came from."""
    parameters = call.parameters
    uuid, txid = parameters.text("deposit_uuid"), parameters.text("txid")
    if parameters.text("vasp_uuid") != _SIMULATED_VASP:
        raise ExchangeError("invalid_parameter")
    for row in call.exchange.transfers.listed("deposit", call.pocket.uuid):
        same_txid = txid == row.txid and parameters.text("currency") == row.currency
        if row.net_type is not None and (uuid == row.uuid or (txid and same_txid)):
            call.exchange.transfers.verify(row, call.now_ms)
            return {
                "deposit_uuid": row.uuid,
                "verification_result": "verified",
                "deposit_state": row.state,
            }
    raise ExchangeError("deposit_not_found")


def _address_view(currency: str, address: str) -> dict[str, Any]:
    return {
        "currency": currency,
        "net_type": currency,
        "deposit_address": address,
        "secondary_address": None,
    }


_SEE: Final = "view_deposits"
_MAKE: Final = "deposit"
DEPOSIT_ENDPOINTS: Final = (
    Endpoint("GET", "/v1/status/wallet", wallet_status),
    Endpoint("GET", "/v1/deposits", listed("deposit"), _SEE),
    Endpoint("GET", "/v1/deposit", one("deposit"), _SEE),
    Endpoint("GET", "/v1/deposits/chance/coin", deposit_chance, _SEE),
    Endpoint("GET", "/v1/deposits/coin_addresses", deposit_addresses, _SEE),
    Endpoint("GET", "/v1/deposits/coin_address", deposit_address, _SEE),
    Endpoint("POST", "/v1/deposits/generate_coin_address", make_deposit_address, _MAKE, status=201),
    Endpoint("POST", "/v1/deposits/krw", deposit_won, _MAKE, status=201),
    Endpoint("GET", "/v1/travel_rule/vasps", vasps, _SEE),
    Endpoint("POST", "/v1/travel_rule/deposit/uuid", verify_deposit, _MAKE),
    Endpoint("POST", "/v1/travel_rule/deposit/txid", verify_deposit, _MAKE),
)
