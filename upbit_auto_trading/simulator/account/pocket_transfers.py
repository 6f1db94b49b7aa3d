"""Transfers between the pockets of the account (reference §6.10)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from upbit_auto_trading.simulator.account.accounts import InsufficientFundsError, Pocket
from upbit_auto_trading.simulator.account.exchange_errors import ExchangeError
from upbit_auto_trading.simulator.account.transfers import TransferHost

STEP_MS: Final = 500
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")


@dataclass(slots=True)
class PocketTransfer:
    """One transfer: submitted → processing → done. `amount` is as the client spelled it."""

    uuid: str
    identifier: str | None
    source: str
    target: str
    state: str
    currency: str
    amount: str
    created_ms: int


class PocketTransfers:
    """Moves balances between pockets. Identifiers can't be used twice."""

    def __init__(self, host: TransferHost) -> None:
        self._host = host
        self._rows: list[PocketTransfer] = []
        self._identifiers: set[str] = set()

    @property
    def rows(self) -> Sequence[PocketTransfer]:
        """Every transfer, oldest first."""
        return self._rows

    def start(
        self,
        source: Pocket,
        target: Pocket,
        currency: str,
        amount: str,
        identifier: str | None,
        now_ms: int,
    ) -> PocketTransfer:
        """Take the amount from the source; it arrives a second later.

        Raises:
            ExchangeError: invalid_parameter, duplicated_identifier.
        """
        if source is target:
            raise ExchangeError("invalid_parameter")
        if identifier is not None and _IDENTIFIER.fullmatch(identifier) is None:
            raise ExchangeError("invalid_parameter")
        if identifier in self._identifiers:
            raise ExchangeError("duplicated_identifier")
        try:
            source.lock(currency, Decimal(amount))
        except InsufficientFundsError:
            message = f"이체 가능한 금액({currency})이 부족합니다."
            raise ExchangeError("invalid_parameter", message) from None
        if identifier is not None:
            self._identifiers.add(identifier)
        row = PocketTransfer(
            self._host.new_id(),
            identifier,
            source.uuid,
            target.uuid,
            "submitted",
            currency,
            amount,
            now_ms,
        )
        self._rows.append(row)
        self._host.tell_assets(source, currency)
        self._host.agenda.add(now_ms + STEP_MS, lambda: self._process(row, now_ms + STEP_MS))
        return row

    def _process(self, row: PocketTransfer, now_ms: int) -> None:
        row.state = "processing"
        self._host.agenda.add(now_ms + STEP_MS, lambda: self._finish(row))

    def _finish(self, row: PocketTransfer) -> None:
        row.state = "done"
        pockets = self._host.accounts.pockets
        source, target = pockets[row.source], pockets[row.target]
        won = source.balance(row.currency).average_price * Decimal(row.amount)
        source.spend(row.currency, Decimal(row.amount))
        target.receive(row.currency, Decimal(row.amount), won)
        self._host.tell_assets(source, row.currency)
        self._host.tell_assets(target, row.currency)
