"""Triggers and drafts of them survive JSON; anything else is refused with a path."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.expressions import REGISTRY, expressions
from upbit_auto_trading.domain.document import DocumentProblem, InvalidDocumentError
from upbit_auto_trading.domain.expression import (
    MAX_DEPTH,
    Comparator,
    Comparison,
    Constant,
    Expression,
    Group,
    GroupKind,
    all_of,
    depth,
    none_of,
    variable,
    walk,
)
from upbit_auto_trading.domain.rule import Role
from upbit_auto_trading.domain.trigger import MAX_TAGS, Trigger, as_built, as_kept
from upbit_auto_trading.domain.trigger_json import trigger_from_json, trigger_to_json

RSI = Comparison(variable("rsi", "1m"), Comparator.LESS_EQUAL, Constant(30.0))
TRIGGER = Trigger("t1", "과매도", RSI, Role.ENTRY, "note", ("단타", "rsi"), 3)
NAMES = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=80).filter(
    lambda text: bool(text.strip())
)


@given(
    expression=expressions(),
    name=NAMES,
    role=st.sampled_from([None, *Role]),
    tags=st.lists(NAMES.map(lambda text: text[:30]).filter(str.strip), max_size=MAX_TAGS),
    revision=st.integers(0, 1000),
)
def test_a_trigger_is_read_back_as_it_was(
    expression: Expression, name: str, role: Role | None, tags: list[str], revision: int
) -> None:
    trigger = Trigger("a-1", name, expression, role, "why", tuple(tags), revision)
    assert trigger_from_json(trigger_to_json(trigger), REGISTRY) == trigger


def test_a_draft_may_lack_a_name_and_conditions() -> None:
    draft = Trigger("t1", "", as_built(Group(GroupKind.ALL, (RSI, Group(GroupKind.ANY)))), None)
    text = trigger_to_json(draft)
    assert trigger_from_json(text, REGISTRY, is_draft=True) == draft
    with pytest.raises(InvalidDocumentError) as caught:
        trigger_from_json(text, REGISTRY)
    assert caught.value.path == "trigger.name"


@pytest.mark.parametrize(
    ("field", "value", "path", "problem"),
    [
        ("id", "no spaces", "trigger.id", DocumentProblem.OUT_OF_RANGE),
        ("name", " ", "trigger.name", DocumentProblem.OUT_OF_RANGE),
        ("name", "n" * 81, "trigger.name", DocumentProblem.TOO_LONG),
        ("role", "boss", "trigger.role", DocumentProblem.UNKNOWN_NAME),
        ("tags", ["x"] * 13, "trigger.tags", DocumentProblem.TOO_MANY),
        ("tags", [""], "trigger.tags[0]", DocumentProblem.TOO_LONG),
        ("tags", [1], "trigger.tags[0]", DocumentProblem.WRONG_TYPE),
        ("revision", -1, "trigger.revision", DocumentProblem.OUT_OF_RANGE),
        ("expression", {}, "trigger.expression.left", DocumentProblem.MISSING),
        ("more", 1, "trigger.more", DocumentProblem.UNKNOWN_FIELD),
    ],
)
def test_a_wrong_field_is_named(
    field: str, value: Any, path: str, problem: DocumentProblem
) -> None:
    document = json.loads(trigger_to_json(TRIGGER))
    document["trigger"][field] = value
    with pytest.raises(InvalidDocumentError) as caught:
        trigger_from_json(json.dumps(document), REGISTRY)
    assert (caught.value.path, caught.value.problem) == (path, problem)


@pytest.mark.parametrize("garbage", ["", "rsi < 30", "[]", "{", "null", "x" * 10_000_000])
def test_garbage_is_refused(garbage: str) -> None:
    with pytest.raises(InvalidDocumentError):
        trigger_from_json(garbage, REGISTRY)


@given(expression=expressions())
def test_the_builder_shows_a_group_and_keeps_what_it_was_given(expression: Expression) -> None:
    built = as_built(expression)
    assert all(node.id for node in walk(built))
    assert built.kind is not GroupKind.NOT or depth(built) == MAX_DEPTH
    assert as_kept(built) == as_kept(expression)


def test_a_lone_condition_is_kept_alone() -> None:
    assert as_kept(as_built(RSI)) == RSI
    assert as_kept(as_built(none_of(RSI))) == none_of(RSI)
    assert as_kept(all_of(RSI, RSI)) == all_of(RSI, RSI)
