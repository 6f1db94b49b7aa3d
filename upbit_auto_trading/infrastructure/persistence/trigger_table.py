"""What triggers are called, beside their versions in the strategy store."""

from __future__ import annotations

from dataclasses import dataclass
from json import dumps, loads
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import sqlite3

TRIGGER_TABLES: Final = """
    CREATE TABLE trigger_label (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        role TEXT NOT NULL,
        note TEXT NOT NULL,
        tags TEXT NOT NULL,
        is_deleted INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE trigger_draft (
        id TEXT PRIMARY KEY,
        text TEXT NOT NULL,
        saved_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """


@dataclass(frozen=True, slots=True)
class Label:
    """What a trigger is called; `role` is empty for a condition kept for reuse."""

    name: str
    role: str
    note: str
    tags: tuple[str, ...]
    is_deleted: bool = False


class TriggerTable:
    """Labels by the id of their trigger. Blocking, like the store it belongs to."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def labels(self) -> dict[str, Label]:
        """Return every label, those of deleted triggers included."""
        rows = self._database.execute(
            "SELECT id, name, role, note, tags, is_deleted FROM trigger_label"
        )
        return {
            identity: Label(name, role, note, tuple(loads(tags)), bool(is_deleted))
            for identity, name, role, note, tags, is_deleted in rows
        }

    def put(self, identity: str, label: Label) -> None:
        """Keep a label in place of the one before."""
        tags = dumps(label.tags, ensure_ascii=False)
        self._database.execute(
            "INSERT OR REPLACE INTO trigger_label VALUES (?,?,?,?,?,?)",
            (identity, label.name, label.role, label.note, tags, int(label.is_deleted)),
        )

    def mark_deleted(self, identity: str, *, is_deleted: bool) -> None:
        """Take a trigger out of the list, or put it back."""
        self._database.execute(
            "UPDATE trigger_label SET is_deleted=? WHERE id=?", (int(is_deleted), identity)
        )
