"""Triggers as versioned JSON: written exactly, read strictly, every wrong field named."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from upbit_auto_trading.domain.document import DocumentProblem, Fields, InvalidDocumentError
from upbit_auto_trading.domain.expression_json import ExpressionReader, expression_data
from upbit_auto_trading.domain.rule import Role
from upbit_auto_trading.domain.strict_json import read_json
from upbit_auto_trading.domain.trigger import MAX_NAME, MAX_NOTE, MAX_TAG, MAX_TAGS, Trigger

if TYPE_CHECKING:
    from upbit_auto_trading.domain.variable import VariableRegistry

VERSION: Final = 1
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MAX_REVISION: Final = 1_000_000_000


def trigger_to_json(trigger: Trigger) -> str:
    """Return the trigger as a JSON document."""
    document = {"version": VERSION, "trigger": trigger_data(trigger)}
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2)


def trigger_from_json(
    document: str | bytes, registry: VariableRegistry, *, is_draft: bool = False
) -> Trigger:
    """Return the trigger of a JSON document, equal to the one that was written.

    A draft may have no name yet, and groups without conditions.

    Raises:
        InvalidDocumentError: the document isn't one, with the path of the offending field.
    """
    fields = Fields("", read_json(document))
    fields.version(VERSION)
    trigger = _trigger(Fields("trigger", fields.take("trigger")), registry, is_draft=is_draft)
    fields.finish()
    return trigger


def trigger_data(trigger: Trigger) -> dict[str, Any]:
    """Return the trigger as plain data; what equals its default is left out."""
    data: dict[str, Any] = {"id": trigger.id, "name": trigger.name}
    if trigger.role is not None:
        data["role"] = trigger.role.value
    if trigger.note:
        data["note"] = trigger.note
    if trigger.tags:
        data["tags"] = list(trigger.tags)
    if trigger.revision:
        data["revision"] = trigger.revision
    data["expression"] = expression_data(trigger.expression)
    return data


def _trigger(fields: Fields, registry: VariableRegistry, *, is_draft: bool) -> Trigger:
    identity = fields.text("id", longest=64)
    if _ID.fullmatch(identity) is None:
        raise fields.refuse("id", DocumentProblem.OUT_OF_RANGE, "letters, digits, - and _")
    name = fields.text("name", "" if is_draft else None, longest=MAX_NAME)
    role = fields.one_of("role", Role) if "role" in fields else None
    note = fields.text("note", "", longest=MAX_NOTE)
    tags = tuple(_tag(where, item) for where, item in fields.items("tags", MAX_TAGS))
    revision = fields.whole("revision", 0, lowest=0, highest=_MAX_REVISION)
    reader = ExpressionReader(registry, takes_empty_groups=is_draft)
    expression = reader.read(fields.at("expression"), fields.take("expression"))
    fields.finish()
    return Trigger(identity, name, expression, role, note, tags, revision)


def _tag(path: str, item: object) -> str:
    if not isinstance(item, str):
        raise InvalidDocumentError(path, DocumentProblem.WRONG_TYPE, "a text")
    if not item.strip() or len(item) > MAX_TAG:
        expected = f"a text of at most {MAX_TAG} characters"
        raise InvalidDocumentError(path, DocumentProblem.TOO_LONG, expected)
    return item
