"""Private REST: withdrawals (reference §6.11)."""

from decimal import Decimal
from typing import Any, Final

from upbit_auto_trading.simulator.account.account_file import WithdrawAddress
from upbit_auto_trading.simulator.account.accounts import plain
from upbit_auto_trading.simulator.account.exchange_errors import ExchangeError, missing_field
from upbit_auto_trading.simulator.account.order_rules import positive_number
from upbit_auto_trading.simulator.account.order_views import balance_view
from upbit_auto_trading.simulator.account.transfers import MINIMUM_WON, WON_WITHDRAWAL_FEE
from upbit_auto_trading.simulator.rest.private_api import Call, Endpoint
from upbit_auto_trading.simulator.rest.transfer_views import (
    DECIMALS,
    listed,
    named_transfer,
    one,
    transfer_view,
    wanted_coin,
    won_amount,
)

_DAILY_WON: Final = Decimal(5_000_000_000)


def withdraw_won(call: Call) -> Any:
    """Start a won withdrawal; this answer alone has its state in lower case."""
    amount = won_amount(call)
    row = call.exchange.transfers.withdraw(call.pocket, "KRW", amount, call.now_ms)
    return transfer_view(row) | {"state": row.state.lower()}


def withdraw_coin(call: Call) -> Any:
    """Start a coin withdrawal to a registered address."""
    currency, net_type = wanted_coin(call)
    amount = positive_number(call.parameters.text("amount") or "")
    address = call.parameters.text("address")
    if amount is None:
        raise missing_field("amount")
    if address is None:
        raise missing_field("address")
    kind = call.parameters.choice("transaction_type", "default", ("default", "internal"))
    wanted = WithdrawAddress(currency, net_type, address, call.parameters.text("secondary_address"))
    if wanted not in call.exchange.accounts.addresses:
        raise ExchangeError("withdraw_address_not_registered")
    row = call.exchange.transfers.withdraw(
        call.pocket, currency, amount, call.now_ms, address=address, transaction_type=kind
    )
    return transfer_view(row)


def cancel_withdrawal(call: Call) -> Any:
    """Cancel a waiting coin withdrawal."""
    if call.parameters.text("uuid") is None:
        raise missing_field("uuid")
    row = named_transfer(call, "withdraw")
    call.exchange.transfers.cancel(row, call.now_ms)
    return transfer_view(row)


def withdraw_addresses(call: Call) -> Any:
    """The registered withdrawal addresses."""
    return [
        {
            "currency": row.currency,
            "net_type": row.net_type,
            "network_name": row.net_type,
            "withdraw_address": row.address,
            "secondary_address": row.secondary_address,
            "beneficiary_name": None,
            "beneficiary_company_name": None,
            "beneficiary_type": None,
            "exchange_name": None,
            "wallet_type": None,
        }
        for row in call.exchange.accounts.addresses
    ]


def withdraw_chance(call: Call) -> Any:
    """Limits and fees of withdrawing a currency."""
    currency = call.parameters.text("currency")
    is_won = currency == "KRW"
    if not is_won:
        currency, _ = wanted_coin(call)
    return {
        "member_level": {
            "security_level": 4,
            "fee_level": 0,
            "email_verified": True,
            "identity_auth_verified": True,
            "bank_account_verified": True,
            "two_factor_auth_verified": True,
            "locked": False,
            "wallet_locked": False,
        },
        "currency": {
            "code": currency,
            "withdraw_fee": plain(WON_WITHDRAWAL_FEE) if is_won else "0",
            "is_coin": not is_won,
            "wallet_state": "working",
            "wallet_support": ["deposit", "withdraw"],
        },
        "account": balance_view(call.pocket.balance(str(currency))),
        "withdraw_limit": {
            "currency": currency,
            "minimum": plain(MINIMUM_WON) if is_won else "0.00000001",
            "remaining_daily_fiat": plain(_DAILY_WON),
            "fiat_currency": "KRW",
            "withdraw_delayed_fiat": "0",
            "fixed": 0 if is_won else DECIMALS,
            "can_withdraw": True,
        },
    }


_SEE: Final = "view_withdrawals"
_MAKE: Final = "withdraw"
WITHDRAWAL_ENDPOINTS: Final = (
    Endpoint("GET", "/v1/withdraws", listed("withdraw"), _SEE),
    Endpoint("GET", "/v1/withdraw", one("withdraw"), _SEE),
    Endpoint("GET", "/v1/withdraws/chance", withdraw_chance, _SEE),
    Endpoint("GET", "/v1/withdraws/coin_addresses", withdraw_addresses, _SEE),
    Endpoint("POST", "/v1/withdraws/coin", withdraw_coin, _MAKE, status=201),
    Endpoint("POST", "/v1/withdraws/krw", withdraw_won, _MAKE, status=201),
    Endpoint("DELETE", "/v1/withdraws/coin", cancel_withdrawal, _MAKE),
)
