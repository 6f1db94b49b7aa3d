"""What there is to ask for: enough to build a form from, whose first values are accepted."""

import json

import pytest

from upbit_auto_trading.simulator.account.order_faults import ORDER_FAULTS
from upbit_auto_trading.simulator.fault.fault_catalogue import FAULTS, parse_arguments
from upbit_auto_trading.simulator.fault.fault_kind import Argument, FaultError, FaultKind
from upbit_auto_trading.simulator.fault.fault_scopes import CHANNELS, REST_GROUPS
from upbit_auto_trading.simulator.fault.order_kinds import ORDER_KINDS
from upbit_auto_trading.simulator.wire.rate_groups import GROUPS
from upbit_auto_trading.simulator.wire.ws_stream import PUBLIC_TYPES

KINDS = tuple(FAULTS.values())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_argument_is_described_with_type_range_unit_and_meaning(kind: FaultKind) -> None:
    row = json.loads(json.dumps(kind.described()))
    assert row["title"]
    assert row["summary"]
    assert row["area"] in ("connection", "stream", "market", "rest", "order")
    for argument in row["args"]:
        assert argument["meaning"]
        if argument["type"] in ("integer", "number"):
            assert argument["low"] <= argument["default"] <= argument["high"]
        elif argument["type"] == "choice":
            assert argument["default"] in argument["choices"]
        else:
            assert argument["type"] in ("boolean", "market", "text")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_a_form_shows_at_first_is_accepted_when_sent_back(kind: FaultKind) -> None:
    shown = {argument["name"]: argument["default"] for argument in kind.described()["args"]}
    assert parse_arguments(kind.name, shown) == parse_arguments(kind.name, {})


def test_titles_are_short_and_tell_faults_apart() -> None:
    titles = [kind.title for kind in KINDS]
    assert len(set(titles)) == len(titles)
    assert max(map(len, titles)) <= 36


def test_arguments_of_time_and_speed_name_their_unit() -> None:
    for kind in KINDS:
        for name, argument in kind.arguments.items():
            if name in ("seconds", "ms") or name.endswith(("_s", "_ms")):
                assert argument.unit, (kind.name, name)


def test_order_faults_take_what_the_exchange_of_orders_takes() -> None:
    described = {kind.name: set(kind.arguments) - {"seconds"} for kind in ORDER_KINDS}
    assert described == {name: set(arguments) for name, arguments in ORDER_FAULTS.items()}
    for kind in ORDER_KINDS:
        for name, allowed in ORDER_FAULTS[kind.name].items():
            if allowed:
                assert set(kind.arguments[name].choices) - {""} == set(allowed)


def test_whole_numbers_may_come_as_json_spells_them() -> None:
    assert parse_arguments("slow_cancel", {"ms": 3000.0})["ms"] == 3000


def test_what_a_fault_can_be_confined_to_is_what_the_exchange_has() -> None:
    assert set(CHANNELS) == PUBLIC_TYPES | {
        *("myOrder", "myAsset", "announcement", "indicator", "indicator_signal")
    }
    assert set(REST_GROUPS) == set(GROUPS) - {"websocket", "origin"}


@pytest.mark.parametrize(
    ("argument", "name", "kind"),
    [
        (Argument(default=True, meaning="m"), "header", "boolean"),
        (Argument("a", "m", choices=("a", "b")), "how", "choice"),
        (Argument("", "m"), "market", "market"),
        (Argument("", "m"), "title", "text"),
        (Argument(1, "m"), "copies", "integer"),
        (Argument(1.0, "m"), "seconds", "number"),
    ],
)
def test_an_arguments_type_follows_from_its_default(
    argument: Argument, name: str, kind: str
) -> None:
    assert argument.described(name)["type"] == kind


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("nope", {}, "there is no fault 'nope'"),
        ("close", {"colour": "red"}, "it has endpoint, connection, code"),
        ("close", {"code": 5}, "must lie between 1000 and 4999"),
        ("slow_cancel", {"ms": "soon"}, "must be a number"),
        ("slow_cancel", {"ms": 2.5}, "must be a whole number, not '2.5'"),
        ("slow_cancel", {"ms": 1e12}, "must lie between 0 and"),
        ("account_events_duplicated", {"copies": 0}, "copies must lie between 2 and 100"),
        ("stall", {"endpoint": "pub"}, "one of public, private, info or empty, not 'pub'"),
        ("stall", {"channel": "candle.2m"}, "channel must be one of ticker, trade"),
        ("blocked", {"group": "candle"}, "group must be one of market, candles"),
        ("too_many_requests", {"header": "maybe"}, "must be true or false"),
    ],
)
def test_a_refusal_says_what_is_allowed(name: str, given: dict[str, object], said: str) -> None:
    with pytest.raises(FaultError, match=said):
        parse_arguments(name, given)
