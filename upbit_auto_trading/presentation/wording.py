"""Codes from below in the user's words."""

from __future__ import annotations

from upbit_auto_trading.domain.failure import FailureCause
from upbit_auto_trading.domain.subscription import ConnectionState, SwapKind
from upbit_auto_trading.domain.truth import UnknownReason
from upbit_auto_trading.presentation.i18n import _


def failure(cause: FailureCause) -> str:
    """Why market data didn't come."""
    return {
        FailureCause.NOT_CONNECTED: _("there is no connection"),
        FailureCause.SUBSCRIBE_FAILED: _("the exchange didn't take the subscription"),
        FailureCause.NO_DATA_IN_TIME: _("no answer came in time"),
        FailureCause.RATE_LIMITED: _("too many requests, waiting for the next slot"),
        FailureCause.BANNED: _("the exchange has blocked requests for a while"),
        FailureCause.BAD_DATA: _("the answer couldn't be understood"),
        FailureCause.UNKNOWN_MARKET: _("the exchange doesn't list this market"),
        FailureCause.SERVER_ERROR: _("the exchange has an error of its own"),
        FailureCause.NOT_UPBIT: _("what answers there isn't an exchange"),
    }.get(cause, _("the exchange refused the request"))


def connection(state: ConnectionState) -> str:
    """The connection's state in one word."""
    return {
        ConnectionState.DISCONNECTED: _("disconnected"),
        ConnectionState.CONNECTING: _("connecting"),
        ConnectionState.CONNECTED: _("connected"),
        ConnectionState.RECONNECTING: _("reconnecting"),
        ConnectionState.CLOSED: _("closed"),
    }[state]


def swap(kind: str) -> str:
    """What kind of change of subscription it was."""
    return {
        SwapKind.NONE.value: _("already live"),
        SwapKind.SMART.value: _("same socket, other markets"),
        SwapKind.FULL.value: _("same socket, other data"),
        SwapKind.RECONNECT.value: _("new connection"),
    }.get(kind, kind)


def unknown(reason: UnknownReason) -> str:
    """Why a condition can't be judged."""
    return {
        UnknownReason.LOADING: _("candles are still loading"),
        UnknownReason.DISCONNECTED: _("not judged while disconnected"),
        UnknownReason.STALE: _("not judged on old data"),
        UnknownReason.GAP: _("not judged until the gap is filled"),
        UnknownReason.WARMING_UP: _("needs more candles"),
        UnknownReason.FLAT_MARKET: _("the price hasn't moved, so there is no RSI"),
        UnknownReason.NO_CANDLE: _("no candle yet"),
        UnknownReason.TRANSITION_CACHE: _("not judged while the data source changes"),
        UnknownReason.ZERO_DIVISION: _("measured from zero"),
        UnknownReason.NO_POSITION: _("nothing is held"),
        UnknownReason.NOT_ARMED: _("not armed yet"),
        UnknownReason.NO_EVENT: _("it hasn't happened yet"),
        UnknownReason.NO_ORDERBOOK: _("the order book has no such row"),
        UnknownReason.NO_ACCOUNT: _("no account is running"),
        UnknownReason.NO_TRADE: _("no trade yet"),
        UnknownReason.UNIT_MISMATCH: _("it can't be compared"),
        UnknownReason.NO_HISTORY: _("it has no past values"),
        UnknownReason.EMPTY_GROUP: _("the group is empty"),
    }.get(reason, _("not known yet"))


def caution(code: str) -> str:
    """A caution flag of the exchange, short enough for a badge."""
    return {
        "PRICE_FLUCTUATIONS": _("Swings"),
        "TRADING_VOLUME_SOARING": _("Volume"),
        "DEPOSIT_AMOUNT_SOARING": _("Deposits"),
        "GLOBAL_PRICE_DIFFERENCES": _("Price gap"),
        "CONCENTRATION_OF_SMALL_ACCOUNTS": _("Few accts"),
    }.get(code, _("Caution"))


def caution_sentence(code: str) -> str:
    """A caution flag of the exchange, explained."""
    return {
        "PRICE_FLUCTUATIONS": _("Upbit warns: the price is swinging sharply"),
        "TRADING_VOLUME_SOARING": _("Upbit warns: trading volume has soared"),
        "DEPOSIT_AMOUNT_SOARING": _("Upbit warns: deposits have soared"),
        "GLOBAL_PRICE_DIFFERENCES": _("Upbit warns: the price differs from other exchanges"),
        "CONCENTRATION_OF_SMALL_ACCOUNTS": _("Upbit warns: few accounts make most trades"),
    }.get(code, _("Upbit asks for caution"))
