"""Triggers and strategies as they were being edited, until they are saved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import sqlite3

DRAFT_TABLE: Final = """
    CREATE TABLE draft (
        kind TEXT NOT NULL CHECK (kind IN ('trigger', 'strategy')),
        id TEXT NOT NULL,
        text TEXT NOT NULL,
        saved_ms INTEGER NOT NULL,
        PRIMARY KEY (kind, id)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO draft SELECT 'trigger', id, text, saved_ms FROM trigger_draft;
    DROP TABLE trigger_draft
    """


class DraftTable:
    """Drafts by kind and id. Blocking, like the store it belongs to."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def put(self, kind: str, identity: str, text: str, saved_ms: int) -> None:
        """Keep a draft in place of the one before."""
        self._database.execute(
            "INSERT OR REPLACE INTO draft VALUES (?,?,?,?)", (kind, identity, text, saved_ms)
        )

    def drop(self, kind: str, identity: str) -> None:
        """Forget a draft. Harmless where there is none."""
        self._database.execute("DELETE FROM draft WHERE kind=? AND id=?", (kind, identity))

    def all(self, kind: str) -> list[tuple[str, str, int]]:
        """Return id, text and time of every draft of a kind, newest first."""
        rows = self._database.execute(
            "SELECT id, text, saved_ms FROM draft WHERE kind=? ORDER BY saved_ms DESC, id", (kind,)
        )
        return list(rows)
