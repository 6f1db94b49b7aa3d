"""Deposits and withdrawals of a simulated exchange: no chain and no bank stand behind it.

A won deposit arrives by itself; a coin withdrawal to one of the exchange's own deposit addresses
arrives there as a deposit. Every coin has one network, named like the coin.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Protocol

from upbit_auto_trading.simulator.account.account_file import AccountBook
from upbit_auto_trading.simulator.account.accounts import (
    ZERO,
    InsufficientFundsError,
    Pocket,
    exactly,
)
from upbit_auto_trading.simulator.account.agenda import Agenda
from upbit_auto_trading.simulator.account.exchange_errors import ExchangeError

STEP_MS: Final = 60_000
WON_WITHDRAWAL_FEE: Final = Decimal(1000)
MINIMUM_WON: Final = Decimal(5000)
_VERIFIED_EVERY_MS: Final = 600_000


class TransferHost(Protocol):
    """The exchange as transfers see it."""

    @property
    def accounts(self) -> AccountBook: ...
    @property
    def new_id(self) -> Callable[[], str]: ...
    @property
    def agenda(self) -> Agenda: ...
    def tell_assets(self, pocket: Pocket, *currencies: str) -> None: ...


@dataclass(slots=True)
class Transfer:
    """One deposit or withdrawal; `kind` says which, `state` as Upbit spells it (upper case)."""

    uuid: str
    kind: str
    pocket_uuid: str
    currency: str
    net_type: str | None
    txid: str | None
    state: str
    created_ms: int
    amount: Decimal
    fee: Decimal
    transaction_type: str
    address: str | None = None
    done_ms: int | None = None
    verified_ms: int | None = None


class Transfers:
    """Every deposit and withdrawal, and the deposit addresses that were made."""

    def __init__(self, host: TransferHost) -> None:
        self._host = host
        self._rows: list[Transfer] = []
        self._addresses: dict[tuple[str, str], str] = {}

    def listed(self, kind: str, pocket_uuid: str) -> list[Transfer]:
        """Return a pocket's deposits or withdrawals, oldest first."""
        return [row for row in self._rows if (row.kind, row.pocket_uuid) == (kind, pocket_uuid)]

    def addresses(self, pocket_uuid: str) -> Sequence[tuple[str, str]]:
        """Return (currency, address) of every deposit address a pocket has."""
        return [
            (currency, address)
            for (owner, currency), address in self._addresses.items()
            if owner == pocket_uuid
        ]

    def address(self, pocket_uuid: str, currency: str) -> str | None:
        """Return a pocket's deposit address, None before one was made."""
        return self._addresses.get((pocket_uuid, currency))

    def make_address(self, pocket_uuid: str, currency: str) -> str:
        """Return a pocket's deposit address, making it the first time."""
        name = f"simulated-{currency.lower()}-{pocket_uuid}"
        return self._addresses.setdefault((pocket_uuid, currency), name)

    def deposit_won(self, pocket: Pocket, amount: Decimal, now_ms: int) -> Transfer:
        """Start a won deposit; it is credited a minute later."""
        uuid = self._host.new_id()
        row = self._add(
            Transfer(
                uuid,
                "deposit",
                pocket.uuid,
                "KRW",
                None,
                f"BKD-{uuid}",
                "PROCESSING",
                now_ms,
                amount,
                ZERO,
                "default",
            )
        )
        self._host.agenda.add(now_ms + STEP_MS, lambda: self._credit(row, now_ms + STEP_MS))
        return row

    @exactly
    def withdraw(
        self,
        pocket: Pocket,
        currency: str,
        amount: Decimal,
        now_ms: int,
        *,
        address: str | None = None,
        transaction_type: str = "default",
    ) -> Transfer:
        """Start a withdrawal: a minute cancellable, another one on its way, then done.

        Raises:
            ExchangeError: invalid_parameter, when less than amount and fee is free.
        """
        fee = WON_WITHDRAWAL_FEE if currency == "KRW" else ZERO
        try:
            pocket.lock(currency, amount + fee)
        except InsufficientFundsError:
            message = f"출금 가능한 금액({currency})이 부족합니다."
            raise ExchangeError("invalid_parameter", message) from None
        row = self._add(
            Transfer(
                self._host.new_id(),
                "withdraw",
                pocket.uuid,
                currency,
                None if currency == "KRW" else currency,
                None,
                "WAITING",
                now_ms,
                amount,
                fee,
                transaction_type,
                address,
            )
        )
        self._host.tell_assets(pocket, currency)
        self._host.agenda.add(now_ms + STEP_MS, lambda: self._send(row, now_ms + STEP_MS))
        return row

    def cancel(self, row: Transfer, now_ms: int) -> None:
        """Cancel a withdrawal that is still waiting.

        Raises:
            ExchangeError: bad_request, when it no longer is.
        """
        if row.state != "WAITING":
            raise ExchangeError("bad_request")
        row.state, row.done_ms = "CANCELLED", now_ms
        pocket = self._host.accounts.pockets[row.pocket_uuid]
        pocket.release(row.currency, row.amount + row.fee)
        self._host.tell_assets(pocket, row.currency)

    def verify(self, row: Transfer, now_ms: int) -> None:
        """Note a travel-rule verification, possible once in ten minutes for a deposit.

        Raises:
            ExchangeError: bad_request, when it was done less than ten minutes ago.
        """
        if row.verified_ms is not None and now_ms - row.verified_ms < _VERIFIED_EVERY_MS:
            raise ExchangeError("bad_request")
        row.verified_ms = now_ms

    def _add(self, row: Transfer) -> Transfer:
        self._rows.append(row)
        return row

    def _send(self, row: Transfer, now_ms: int) -> None:
        if row.state != "WAITING":
            return
        row.state = "PROCESSING"
        row.txid = f"{row.kind}-{row.uuid}"
        self._host.agenda.add(now_ms + STEP_MS, lambda: self._arrive(row, now_ms + STEP_MS))

    @exactly
    def _arrive(self, row: Transfer, now_ms: int) -> None:
        row.state, row.done_ms = "DONE", now_ms
        pocket = self._host.accounts.pockets[row.pocket_uuid]
        pocket.spend(row.currency, row.amount + row.fee)
        self._host.tell_assets(pocket, row.currency)
        for (owner, currency), address in self._addresses.items():
            if (currency, address) == (row.currency, row.address):
                arrived = Transfer(
                    self._host.new_id(),
                    "deposit",
                    owner,
                    currency,
                    row.net_type,
                    row.txid,
                    "PROCESSING",
                    now_ms,
                    row.amount,
                    ZERO,
                    "internal",
                    address,
                )
                self._credit(self._add(arrived), now_ms)

    def _credit(self, row: Transfer, now_ms: int) -> None:
        row.state, row.done_ms = "ACCEPTED", now_ms
        pocket = self._host.accounts.pockets[row.pocket_uuid]
        pocket.receive(row.currency, row.amount)
        self._host.tell_assets(pocket, row.currency)
