import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.fake_exchange import NOW_MS
from upbit_auto_trading.simulator.account.account_file import (
    ACCESS_KEY,
    AccountFileError,
    default_accounts,
    load_accounts,
)

SUB = "4b07aa31-4747-485c-8bce-ac5495e4a639"
KEY = {"access_key": "k", "secret_key": "s"}
MAIN = {"balances": [{"currency": "KRW", "balance": "5"}], "keys": [KEY]}


def load(folder: Path, document: Any) -> Any:
    path = folder / "accounts.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document), "utf-8")
    return load_accounts(path, NOW_MS)


def test_the_default_account_has_a_hundred_million_won() -> None:
    book = default_accounts(NOW_MS)
    main = next(iter(book.pockets.values()))
    assert main.kind == "main"
    assert [(row.currency, row.free) for row in main.held()] == [("KRW", Decimal(100_000_000))]
    assert [key.access_key for key in book.keys] == [ACCESS_KEY]
    assert "secret" not in repr(book.keys[0])


def test_a_file_gives_pockets_keys_and_addresses(tmp_path: Path) -> None:
    address = {"currency": "BTC", "net_type": "BTC", "address": "bc1"}
    sub = {
        "uuid": SUB,
        "name": "둘째",
        "btc_usdt_consent": False,
        "balances": [{"currency": "BTC", "balance": "0.5", "avg_buy_price": "90000000"}],
        "keys": [
            {
                "access_key": "k2",
                "secret_key": "s2",
                "permissions": ["view_account"],
                "allowed_ips": ["203.0.113.10"],
                "expire_at": "2027-01-01T00:00:00+09:00",
            }
        ],
    }
    book = load(tmp_path, {"pockets": [MAIN, sub], "withdraw_addresses": [address]})
    first, second = book.pockets.values()
    assert (first.kind, second.kind, second.agreed) == ("main", "user_spot_trading", False)
    assert second.balance("BTC").average_price == 90_000_000
    assert book.keys[1].permissions == {"view_account"}
    assert book.keys[1].expires_ms == 1_798_729_200_000
    assert book.addresses[0].address == "bc1"


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ("{", "the account file"),
        ("[" * 100_000, "the account file"),
        ([], "the account file"),
        ({"pocket": []}, "the account file.pocket"),
        ({}, "pockets"),
        ({"pockets": []}, "pockets"),
        ({"pockets": [{"balances": []}]}, "pockets[0].keys"),
        ({"pockets": [MAIN | {"colour": 1}]}, "pockets[0].colour"),
        ({"pockets": [MAIN | {"type": "user_spot_trading"}]}, "pockets[0].type"),
        ({"pockets": [MAIN, MAIN]}, "pockets[1].uuid"),
        ({"pockets": [MAIN | {"uuid": "x"}]}, "pockets[0].uuid"),
        ({"pockets": [MAIN | {"name": ""}]}, "pockets[0].name"),
        ({"pockets": [MAIN | {"btc_usdt_consent": "yes"}]}, "pockets[0].btc_usdt_consent"),
        ({"pockets": [MAIN | {"keys": [KEY, KEY]}]}, "pockets[0].keys[1].access_key"),
        ({"pockets": [MAIN | {"keys": [{"access_key": "k"}]}]}, "pockets[0].keys[0].secret_key"),
        (
            {"pockets": [MAIN | {"keys": [KEY | {"permissions": ["fly"]}]}]},
            "pockets[0].keys[0].permissions",
        ),
        (
            {"pockets": [MAIN | {"keys": [KEY | {"expire_at": "2027-01-01"}]}]},
            "pockets[0].keys[0].expire_at",
        ),
        (
            {"pockets": [MAIN | {"balances": [{"currency": "krw", "balance": "1"}]}]},
            "pockets[0].balances[0].currency",
        ),
        (
            {"pockets": [MAIN | {"balances": [{"currency": "KRW", "balance": 1}]}]},
            "pockets[0].balances[0].balance",
        ),
        (
            {"pockets": [MAIN | {"balances": [{"currency": "KRW", "balance": "-1"}]}]},
            "pockets[0].balances[0].balance",
        ),
        ({"pockets": [MAIN | {"balances": [{}] * 501}]}, "pockets[0].balances"),
        (
            {"pockets": [MAIN], "withdraw_addresses": [{"currency": "BTC"}]},
            "withdraw_addresses[0].net_type",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 80 else "",
)
def test_what_is_wrong_is_named_with_its_limit(tmp_path: Path, document: Any, field: str) -> None:
    with pytest.raises(AccountFileError) as refused:
        load(tmp_path, document)
    assert refused.value.field == field
    assert str(refused.value) == f"{field} must be {refused.value.limit}"


def test_a_missing_or_huge_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AccountFileError, match="readable"):
        load_accounts(tmp_path / "none.json", NOW_MS)
    with pytest.raises(AccountFileError, match="at most"):
        load(tmp_path, " " * 1_000_001)
