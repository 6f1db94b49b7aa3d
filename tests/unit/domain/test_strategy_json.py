import json
import random
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.random_strategies import random_strategy
from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.document import InvalidDocumentError
from upbit_auto_trading.domain.strategy_json import strategy_from_json, strategy_to_json

REGISTRY = shipped_variables()
TEMPLATE = shipped_template(SEVEN_RULES)


def template_document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(strategy_to_json(TEMPLATE.strategy))
    return document


@given(seed=st.integers(0, 10**9))
def test_any_strategy_survives_being_written_and_read(seed: int) -> None:
    rng = random.Random(seed)
    strategy = random_strategy(rng, rng.choice([0.001, 5.0, 1e8]))
    assert strategy_from_json(strategy_to_json(strategy), REGISTRY) == strategy


def test_the_shipped_template_is_seven_rules_in_acting_order() -> None:
    assert [rule.number for rule in TEMPLATE.strategy.rules] == [6, 4, 3, 7, 5, 2, 1]


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda d: d.update(version=2), "version"),
        (lambda d: d.update(extra=1), "extra"),
        (lambda d: d["strategy"].pop("name"), "strategy.name"),
        (lambda d: d["strategy"]["rules"][0].update(role="boss"), "strategy.rules[0].role"),
        (lambda d: d["strategy"]["rules"][1].update(id="crash"), "strategy.rules[1].id"),
        (lambda d: d["strategy"]["rules"][4].update(limit=-1), "strategy.rules[4].limit"),
        (lambda d: d["strategy"]["rules"][4].update(limit=1.5), "strategy.rules[4].limit"),
        (
            lambda d: d["strategy"]["rules"][3]["action"]["suspends"].append("nobody"),
            "strategy.rules[3].action.suspends",
        ),
        (
            lambda d: d["strategy"]["rules"][5]["action"].update(amount=100),
            "strategy.rules[5].action.amount",
        ),
        (
            lambda d: d["strategy"]["rules"][5]["action"].update(amount="1e9"),
            "strategy.rules[5].action.amount",
        ),
        (
            lambda d: d["strategy"]["rules"][5]["action"].update(kind="run_code"),
            "strategy.rules[5].action.kind",
        ),
        (
            lambda d: d["strategy"]["rules"][0]["action"].update(percent=0),
            "strategy.rules[0].action.percent",
        ),
        (
            lambda d: d["strategy"]["rules"][6]["trigger"]["left"].update(timeframe="7m"),
            "strategy.rules[6].trigger.left.timeframe",
        ),
        (
            lambda d: d["strategy"]["rules"][2]["trigger"]["children"][0]["left"][
                "parameters"
            ].update(rule="nobody"),
            "strategy.rules[2].trigger: times_left.rule",
        ),
        (
            lambda d: d["strategy"].update(rules=d["strategy"]["rules"] * 8),
            "strategy.rules",
        ),
    ],
)
def test_a_wrong_field_is_refused_by_its_path(change: Change, path: str) -> None:
    document = template_document()
    change(document)
    with pytest.raises(InvalidDocumentError) as caught:
        strategy_from_json(json.dumps(document), REGISTRY)
    assert caught.value.path == path


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_numbers_that_are_not_finite_are_refused(number: str) -> None:
    text = strategy_to_json(TEMPLATE.strategy).replace("-5.0", number, 1)
    with pytest.raises(InvalidDocumentError) as caught:
        strategy_from_json(text, REGISTRY)
    assert caught.value.path == "strategy.rules[0].trigger.right.constant"


def test_a_document_of_a_million_nodes_is_refused_at_once() -> None:
    rule = json.dumps(template_document()["strategy"]["rules"][0])
    text = '{"version": 1, "strategy": {"rules": [' + ",".join([rule] * 3000) + "]}}"
    started = time.process_time()
    with pytest.raises(InvalidDocumentError):
        strategy_from_json(text, REGISTRY)
    with pytest.raises(InvalidDocumentError):
        strategy_from_json("[" * 1_000_000, REGISTRY)
    assert time.process_time() - started < 0.2


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=10,
)


@given(place=st.integers(0, 10_000), value=_JSON)
def test_whatever_stands_in_a_field_it_is_read_or_refused(place: int, value: object) -> None:
    document = template_document()
    spots: list[tuple[Any, Any]] = []

    def visit(node: Any) -> None:
        for key in node if isinstance(node, dict) else range(len(node)):
            spots.append((node, key))
            if isinstance(node[key], dict | list):
                visit(node[key])

    visit(document)
    node, key = spots[place % len(spots)]
    node[key] = value
    try:
        strategy = strategy_from_json(json.dumps(document), REGISTRY)
    except InvalidDocumentError:
        return
    assert strategy_from_json(strategy_to_json(strategy), REGISTRY) == strategy
