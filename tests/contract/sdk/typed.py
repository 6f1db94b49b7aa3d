"""Whether what the official client parsed really is of its models' types.

The client validates nothing by default: a missing field becomes None, a wrong enum passes. So each
parsed object is validated again, and whatever its model doesn't know is reported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError  # type: ignore[import-not-found]

if TYPE_CHECKING:
    from collections.abc import Iterator

# What Upbit sends and its client's models leave out (reference §2.9, §6.2, §6.3).
_KNOWN_EXTRAS = frozenset(
    {
        *("is_trading_suspended", "market_warning", "its", "mw"),
        *("executed_funds", "new_order_uuid", "new_order_identifier"),
        *("order_types", "unit_currency"),
    }
)
# Recorded market buys lack these two, which the model requires (reference §6.3).
_ABSENT_FOR_AMOUNTS = frozenset({"remaining_volume", "prevented_volume"})


def problems(value: Any, expected: str | None = None) -> list[str]:
    """Return what is wrong with a parsed value; `expected` is the model's name."""
    if isinstance(value, list):
        return [text for item in value for text in problems(item, expected)]
    if not isinstance(value, BaseModel):
        return [f"not parsed into a model: {value!r:.200}"]
    name = type(value).__name__
    wrong = [] if expected in (None, name) else [f"parsed as {name}, not {expected}"]
    return wrong + list(_validation(value, name)) + list(_extras(value, name))


def _validation(value: BaseModel, name: str) -> Iterator[str]:
    try:
        type(value).model_validate(value.model_dump(by_alias=True, exclude_unset=True))
    except ValidationError as error:
        for row in error.errors():
            field = row["loc"][-1] if row["loc"] else ""
            by_amount = getattr(value, "ord_type", "") in ("price", "best")
            if row["type"] == "missing" and by_amount and field in _ABSENT_FOR_AMOUNTS:
                continue
            yield f"{name}.{'.'.join(map(str, row['loc']))}: {row['msg']}"


def _extras(value: BaseModel, name: str) -> Iterator[str]:
    if "ListSubscriptions" in name:
        # Declared open: what a subscription has depends on its type.
        return
    fields = type(value).model_fields
    aliases = {field.alias for field in fields.values()}
    for key in value.model_extra or {}:
        if key not in _KNOWN_EXTRAS | aliases:
            yield f"{name}.{key}: the model doesn't know it"
    for key in fields:
        inner = getattr(value, key, None)
        for item in inner if isinstance(inner, list) else [inner]:
            if isinstance(item, BaseModel):
                yield from _extras(item, f"{name}.{key}")
