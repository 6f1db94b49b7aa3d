"""The accounts of the simulated exchange: one by default, or those of a JSON file."""

import json
import re
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from upbit_auto_trading.domain.timeframe import from_epoch_ms, to_epoch_ms
from upbit_auto_trading.simulator.account.accounts import Balance, Pocket
from upbit_auto_trading.simulator.account.auth import PERMISSIONS, ApiKey

ACCESS_KEY: Final = "test-access-key"
SECRET_KEY: Final = "test-secret-key-with-enough-length-0123456789"  # noqa: S105 - a public test key

_YEAR_MS: Final = 365 * 86_400_000
_MAIN_UUID: Final = "9ca023a5-851b-4fec-9f0a-48cd83c2eaae"
_SUB_UUID: Final = "4b07aa31-4747-485c-8bce-ac5495e4a639"
_BYTES: Final = 1_000_000
_ROWS: Final = 500
_CURRENCY: Final = re.compile(r"[A-Z0-9]{1,20}")
_AMOUNT: Final = re.compile(r"[0-9]{1,15}(\.[0-9]{1,24})?", re.ASCII)
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class AccountFileError(Exception):
    """An account file that can't be used. `field` names the place, `limit` what is allowed."""

    def __init__(self, field_name: str, limit: str) -> None:
        super().__init__(f"{field_name} must be {limit}")
        self.field = field_name
        self.limit = limit


@dataclass(frozen=True, slots=True)
class WithdrawAddress:
    """An address the account holder has registered for withdrawals."""

    currency: str
    net_type: str
    address: str
    secondary_address: str | None = None


@dataclass(frozen=True, slots=True)
class AccountBook:
    """Pockets by uuid, the main one first; their keys; registered withdrawal addresses."""

    pockets: dict[str, Pocket]
    keys: tuple[ApiKey, ...]
    addresses: tuple[WithdrawAddress, ...] = field(default_factory=tuple)


def default_accounts(now_ms: int) -> AccountBook:
    """Return the account of the public test key: 100,000,000 won in its main pocket.

    A sub-pocket without money and key lies beside it, so that transfers have somewhere to go.
    """
    main = Pocket(_MAIN_UUID, "메인 포켓", "main", "e635f223-1609-4969-8fb6-4376937baad6")
    main.balances["KRW"] = Balance("KRW", Decimal(100_000_000), average_modified=True)
    sub = Pocket(
        _SUB_UUID, "서브 포켓", "user_spot_trading", "1a4d3c2b-7c5e-4f0a-9b8d-2e6f1c3a5b7d"
    )
    key = ApiKey(ACCESS_KEY, SECRET_KEY, main.uuid, now_ms, now_ms + _YEAR_MS)
    return AccountBook({main.uuid: main, sub.uuid: sub}, (key,))


def load_accounts(path: Path, now_ms: int) -> AccountBook:
    """Return the accounts of a JSON file.

    `{"pockets": [{"uuid", "name", "type", "btc_usdt_consent", "balances": [{"currency",
    "balance", "avg_buy_price"}], "keys": [{"access_key", "secret_key", "permissions",
    "allowed_ips", "expire_at"}]}], "withdraw_addresses": [{"currency", "net_type", "address"}]}`.
    Only `pockets` with their `balances` and `keys` are required; amounts are decimal strings.

    Raises:
        AccountFileError: the file can't be read, or a field is out of its limit.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_BYTES + 1)
    except OSError as error:
        raise AccountFileError("the account file", f"readable ({error.strerror})") from None
    if len(content) > _BYTES:
        raise AccountFileError("the account file", f"at most {_BYTES} bytes")
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        raise AccountFileError("the account file", "JSON") from None
    return _Reader(now_ms).book(document)


class _Reader:
    """Reads the document, naming the place of whatever is wrong."""

    def __init__(self, now_ms: int) -> None:
        self._now_ms = now_ms

    def book(self, document: Any) -> AccountBook:
        _known(document, "the account file", ("pockets", "withdraw_addresses"))
        rows = _rows(document.get("pockets"), "pockets")
        if not rows:
            raise AccountFileError("pockets", "a list of at least one pocket")
        pockets: dict[str, Pocket] = {}
        keys: dict[str, ApiKey] = {}
        for number, row in enumerate(rows):
            place = f"pockets[{number}]"
            pocket = self._pocket(row, place, is_first=number == 0)
            if pocket.uuid in pockets:
                raise AccountFileError(f"{place}.uuid", "different in every pocket")
            pockets[pocket.uuid] = pocket
            for key_number, key_row in enumerate(_rows(row.get("keys", []), f"{place}.keys")):
                key = self._key(key_row, f"{place}.keys[{key_number}]", pocket.uuid)
                if key.access_key in keys:
                    raise AccountFileError(
                        f"{place}.keys[{key_number}].access_key", "different for every key"
                    )
                keys[key.access_key] = key
        if not keys:
            raise AccountFileError("pockets[0].keys", "a list of at least one key")
        addresses = tuple(
            _address(row, f"withdraw_addresses[{number}]")
            for number, row in enumerate(
                _rows(document.get("withdraw_addresses", []), "withdraw_addresses")
            )
        )
        return AccountBook(pockets, tuple(keys.values()), addresses)

    def _pocket(self, row: Any, place: str, *, is_first: bool) -> Pocket:
        names = ("uuid", "name", "type", "btc_usdt_consent", "balances", "keys")
        _known(row, place, names)
        kind = row.get("type", "main" if is_first else "user_spot_trading")
        if kind != ("main" if is_first else "user_spot_trading"):
            raise AccountFileError(f"{place}.type", "main for the first, else user_spot_trading")
        uuid = row.get("uuid", _MAIN_UUID if is_first else None)
        if not isinstance(uuid, str) or _UUID.fullmatch(uuid) is None:
            raise AccountFileError(f"{place}.uuid", "a UUID in lower case")
        agreed = row.get("btc_usdt_consent", True)
        if not isinstance(agreed, bool):
            raise AccountFileError(f"{place}.btc_usdt_consent", "true or false")
        name = _text(row.get("name", "pocket"), f"{place}.name", 50)
        pocket = Pocket(uuid, name, kind, uuid[:-1] + ("0" if uuid[-1] != "0" else "1"), agreed)
        for number, balance in enumerate(_rows(row.get("balances"), f"{place}.balances")):
            held = self._balance(balance, f"{place}.balances[{number}]")
            if held.currency in pocket.balances:
                raise AccountFileError(
                    f"{place}.balances[{number}].currency", "different in every row"
                )
            pocket.balances[held.currency] = held
        return pocket

    def _balance(self, row: Any, place: str) -> Balance:
        _known(row, place, ("currency", "balance", "avg_buy_price"))
        currency = row.get("currency")
        if not isinstance(currency, str) or _CURRENCY.fullmatch(currency) is None:
            raise AccountFileError(f"{place}.currency", "a currency code in upper case")
        return Balance(
            currency,
            _amount(row.get("balance"), f"{place}.balance"),
            average_price=_amount(row.get("avg_buy_price", "0"), f"{place}.avg_buy_price"),
        )

    def _key(self, row: Any, place: str, pocket_uuid: str) -> ApiKey:
        names = ("access_key", "secret_key", "permissions", "allowed_ips", "expire_at")
        _known(row, place, names)
        permissions = _texts(row.get("permissions", list(PERMISSIONS)), f"{place}.permissions")
        if not permissions <= set(PERMISSIONS):
            raise AccountFileError(f"{place}.permissions", "some of " + ", ".join(PERMISSIONS))
        expires_ms = self._now_ms + _YEAR_MS
        if "expire_at" in row:
            expires_ms = _moment_ms(row["expire_at"], f"{place}.expire_at")
        return ApiKey(
            _text(row.get("access_key"), f"{place}.access_key", 100),
            _text(row.get("secret_key"), f"{place}.secret_key", 200),
            pocket_uuid,
            self._now_ms,
            expires_ms,
            permissions,
            _texts(row.get("allowed_ips", []), f"{place}.allowed_ips"),
        )


def _address(row: Any, place: str) -> WithdrawAddress:
    _known(row, place, ("currency", "net_type", "address", "secondary_address"))
    secondary = row.get("secondary_address")
    return WithdrawAddress(
        _text(row.get("currency"), f"{place}.currency", 20),
        _text(row.get("net_type"), f"{place}.net_type", 20),
        _text(row.get("address"), f"{place}.address", 200),
        None if secondary is None else _text(secondary, f"{place}.secondary_address", 200),
    )


def _known(row: Any, place: str, names: tuple[str, ...]) -> None:
    if not isinstance(row, dict):
        raise AccountFileError(place, "a JSON object")
    unknown = sorted(set(row) - set(names))
    if unknown:
        raise AccountFileError(f"{place}.{unknown[0]}", "left out: known are " + ", ".join(names))


def _rows(value: Any, place: str) -> list[Any]:
    if not isinstance(value, list) or len(value) > _ROWS:
        raise AccountFileError(place, f"a list of at most {_ROWS} objects")
    return value


def _texts(value: Any, place: str) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise AccountFileError(place, "a list of strings")
    return frozenset(value)


def _text(value: Any, place: str, longest: int) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise AccountFileError(place, f"a string of 1 to {longest} characters")
    return value


def _amount(value: Any, place: str) -> Decimal:
    if not isinstance(value, str) or _AMOUNT.fullmatch(value) is None:
        raise AccountFileError(
            place, 'a decimal string such as "0.5", at most 15 digits before and 24 after the point'
        )
    return Decimal(value)


def _moment_ms(value: Any, place: str) -> int:
    limit = f"a time with offset such as {from_epoch_ms(0).isoformat()}"
    if not isinstance(value, str):
        raise AccountFileError(place, limit)
    try:
        moment = type(from_epoch_ms(0)).fromisoformat(value)
    except ValueError:
        raise AccountFileError(place, limit) from None
    if moment.tzinfo is None:
        raise AccountFileError(place, limit)
    return to_epoch_ms(moment)
