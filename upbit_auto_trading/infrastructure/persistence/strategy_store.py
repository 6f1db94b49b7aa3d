"""Triggers, strategies and runs in `strategies.sqlite3`. Blocking; one thread.

Documents are the strict JSON of the domain: what is read back went through the same checks as
what was imported. A changed document is a new version; older ones stay as they were.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from json import dumps, loads
from pathlib import Path
from typing import Any, Final

from upbit_auto_trading.domain.document import InvalidDocumentError
from upbit_auto_trading.domain.expression import Expression
from upbit_auto_trading.domain.expression_json import expression_from_json, expression_to_json
from upbit_auto_trading.domain.strategy import Strategy
from upbit_auto_trading.domain.strategy_json import strategy_from_json, strategy_to_json
from upbit_auto_trading.domain.variable import VariableRegistry
from upbit_auto_trading.infrastructure.persistence.database import (
    DatabaseTooNewError,
    open_database,
    open_read_only,
)
from upbit_auto_trading.infrastructure.persistence.draft_table import DRAFT_TABLE, DraftTable
from upbit_auto_trading.infrastructure.persistence.trigger_table import (
    TRIGGER_TABLES,
    TriggerTable,
)

MIGRATIONS: Final = (
    """
    CREATE TABLE document (
        kind TEXT NOT NULL CHECK (kind IN ('trigger', 'strategy')),
        id TEXT NOT NULL,
        version INTEGER NOT NULL,
        name TEXT NOT NULL,
        text TEXT NOT NULL,
        saved_ms INTEGER NOT NULL,
        PRIMARY KEY (kind, id, version)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE standing (
        strategy TEXT PRIMARY KEY,
        is_enabled INTEGER NOT NULL,
        is_reviewed INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE run (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        strategy TEXT NOT NULL,
        version INTEGER NOT NULL,
        market TEXT NOT NULL,
        started_ms INTEGER NOT NULL,
        facts TEXT NOT NULL
    ) STRICT
    """,
    TRIGGER_TABLES,
    DRAFT_TABLE,
)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a strategy may do. One that isn't reviewed may trade on paper only."""

    is_enabled: bool
    is_reviewed: bool

    @property
    def may_trade_real_money(self) -> bool:
        """Whether anything but paper is open to it."""
        return self.is_enabled and self.is_reviewed


@dataclass(frozen=True, slots=True)
class Version:
    """One saved version of a trigger or strategy. `saved_ms` is in epoch milliseconds."""

    id: str
    version: int
    name: str
    saved_ms: int


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run of a strategy's version: `kind` is `backtest` or `paper`, `facts` plain data."""

    id: int
    kind: str
    strategy: str
    version: int
    market: str
    started_ms: int
    facts: Mapping[str, Any]


class UnknownDocumentError(LookupError):
    """Nothing is saved under that id, or not in that version."""

    def __init__(self, kind: str, identity: str, version: int | None) -> None:
        super().__init__(f"no {kind} {identity}" + ("" if version is None else f" {version}"))
        self.kind = kind
        self.identity = identity
        self.version = version


class ReadOnlyStoreError(Exception):
    """A newer version of the program wrote the file: it can be read, not changed."""


class StrategyStore:
    """Saves and finds triggers, strategies and runs.

    A file of a newer version is opened read-only (`is_read_only`); a broken one is set aside,
    `on_set_aside` is told where it lies, and a new one is begun. `labels` keeps what triggers
    are called, `drafts` what is being edited and isn't saved yet.

    Raises:
        DatabaseUnusableError: the file can't be opened or written.
    """

    def __init__(
        self,
        path: Path,
        registry: VariableRegistry,
        *,
        on_set_aside: Callable[[Path], None] = lambda _: None,
    ) -> None:
        self._registry = registry
        self.is_read_only = False
        try:
            self._database = open_database(path, MIGRATIONS, on_set_aside=on_set_aside)
        except DatabaseTooNewError:
            self._database = open_read_only(path)
            self.is_read_only = True
        self.labels = TriggerTable(self._database)
        self.drafts = DraftTable(self._database)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def save_trigger(self, identity: str, name: str, trigger: Expression, now_ms: int) -> int:
        """Save a trigger; return its version, the same as before if nothing changed.

        Raises:
            ReadOnlyStoreError: the file can't be changed.
        """
        return self._save("trigger", identity, name, expression_to_json(trigger), now_ms)

    def trigger(self, identity: str, version: int | None = None) -> Expression:
        """Return a trigger, its newest version if none is given.

        Raises:
            UnknownDocumentError: there is none.
        """
        _, text = self._text("trigger", identity, version)
        return expression_from_json(text, self._registry)

    def save_strategy(self, strategy: Strategy, now_ms: int) -> Strategy:
        """Save a strategy of ours and drop its draft; return it with its version as revision.

        Raises:
            ReadOnlyStoreError: the file can't be changed.
        """
        saved = self._saved(strategy, now_ms)
        self._database.execute("INSERT OR IGNORE INTO standing VALUES (?, 1, 1)", (strategy.id,))
        self.drafts.drop("strategy", strategy.id)
        return saved

    def keep_draft(self, strategy: Strategy, now_ms: int) -> None:
        """Keep how far the editing of a strategy has come.

        Raises:
            ReadOnlyStoreError: the file can't be changed.
        """
        self.require_writable()
        self.drafts.put("strategy", strategy.id, strategy_to_json(strategy), now_ms)

    def drop_draft(self, identity: str) -> None:
        """Forget a strategy's draft. Harmless where there is none.

        Raises:
            ReadOnlyStoreError: the file can't be changed.
        """
        self.require_writable()
        self.drafts.drop("strategy", identity)

    def drafted(self) -> list[Strategy]:
        """Return every strategy that was being edited, newest first; unreadable ones are left."""
        found = []
        for _identity, text, _saved_ms in self.drafts.all("strategy"):
            with suppress(InvalidDocumentError):
                found.append(strategy_from_json(text, self._registry))
        return found

    def import_strategy(self, document: str | bytes, now_ms: int) -> Strategy:
        """Save a strategy from elsewhere, disabled and for paper only until it is reviewed.

        Raises:
            InvalidDocumentError: it isn't one; nothing was saved.
            ReadOnlyStoreError: the file can't be changed.
        """
        strategy = strategy_from_json(document, self._registry)
        before = self._newest("strategy", strategy.id)
        saved = self._saved(strategy, now_ms)
        if before is None or before[0] != saved.revision:
            self._database.execute(
                "INSERT OR REPLACE INTO standing VALUES (?, 0, 0)", (strategy.id,)
            )
        return saved

    def export_strategy(self, identity: str, version: int | None = None) -> str:
        """Return a strategy's document, as `import_strategy` takes it."""
        return strategy_to_json(self.strategy(identity, version))

    def strategy(self, identity: str, version: int | None = None) -> Strategy:
        """Return a strategy, its newest version if none is given.

        Raises:
            UnknownDocumentError: there is none.
        """
        number, text = self._text("strategy", identity, version)
        return replace(strategy_from_json(text, self._registry), revision=number)

    def versions(self, kind: str, identity: str | None = None) -> list[Version]:
        """Return every version of a trigger or strategy, or the newest of each; oldest first."""
        if identity is not None:
            rows = self._database.execute(
                "SELECT id, version, name, saved_ms FROM document WHERE kind=? AND id=?"
                " ORDER BY version",
                (kind, identity),
            )
        else:
            rows = self._database.execute(
                "SELECT id, max(version), name, saved_ms FROM document WHERE kind=?"
                " GROUP BY id ORDER BY id",
                (kind,),
            )
        return [Version(*row) for row in rows]

    def standing(self, identity: str) -> Standing:
        """Return what a strategy may do.

        Raises:
            UnknownDocumentError: there is no such strategy.
        """
        row = self._database.execute(
            "SELECT is_enabled, is_reviewed FROM standing WHERE strategy=?", (identity,)
        ).fetchone()
        if row is None:
            raise UnknownDocumentError("strategy", identity, None)
        return Standing(bool(row[0]), bool(row[1]))

    def reviewed(self, identity: str) -> None:
        """Note that the user has read an imported strategy and lets it run."""
        self.standing(identity)
        self.require_writable()
        self._database.execute("UPDATE standing SET is_reviewed=1 WHERE strategy=?", (identity,))

    def enable(self, identity: str, *, is_enabled: bool) -> None:
        """Enable or disable a strategy."""
        self.standing(identity)
        self.require_writable()
        self._database.execute(
            "UPDATE standing SET is_enabled=? WHERE strategy=?", (int(is_enabled), identity)
        )

    def add_run(
        self, kind: str, strategy: Strategy, market: str, started_ms: int, facts: Mapping[str, Any]
    ) -> int:
        """Keep a run's figures; return its number."""
        self.require_writable()
        cursor = self._database.execute(
            "INSERT INTO run (kind, strategy, version, market, started_ms, facts)"
            " VALUES (?,?,?,?,?,?)",
            (kind, strategy.id, strategy.revision, market, started_ms, dumps(dict(facts))),
        )
        return int(cursor.lastrowid or 0)

    def runs(self, strategy_id: str | None = None) -> Sequence[RunRecord]:
        """Return the runs of a strategy, or all, newest first."""
        rows = self._database.execute(
            "SELECT id, kind, strategy, version, market, started_ms, facts FROM run"
            " WHERE ?1 IS NULL OR strategy=?1 ORDER BY id DESC",
            (strategy_id,),
        )
        return [
            RunRecord(number, kind, strategy, version, market, started_ms, loads(facts))
            for number, kind, strategy, version, market, started_ms, facts in rows
        ]

    def _saved(self, strategy: Strategy, now_ms: int) -> Strategy:
        # The version is the store's to count: it isn't part of what may have changed.
        text = strategy_to_json(replace(strategy, revision=1))
        version = self._save("strategy", strategy.id, strategy.name.english, text, now_ms)
        return replace(strategy, revision=version)

    def _save(self, kind: str, identity: str, name: str, text: str, now_ms: int) -> int:
        self.require_writable()
        newest = self._newest(kind, identity)
        if newest is not None and newest[1] == text:
            return newest[0]
        version = 1 if newest is None else newest[0] + 1
        self._database.execute(
            "INSERT INTO document VALUES (?,?,?,?,?,?)",
            (kind, identity, version, name, text, now_ms),
        )
        return version

    def _newest(self, kind: str, identity: str) -> tuple[int, str] | None:
        row: tuple[int, str] | None = self._database.execute(
            "SELECT version, text FROM document WHERE kind=? AND id=?"
            " ORDER BY version DESC LIMIT 1",
            (kind, identity),
        ).fetchone()
        return row

    def _text(self, kind: str, identity: str, version: int | None) -> tuple[int, str]:
        row: tuple[int, str] | None
        if version is None:
            row = self._newest(kind, identity)
        else:
            row = self._database.execute(
                "SELECT version, text FROM document WHERE kind=? AND id=? AND version=?",
                (kind, identity, version),
            ).fetchone()
        if row is None:
            raise UnknownDocumentError(kind, identity, version)
        return row

    def require_writable(self) -> None:
        """Refuse to change a file that a newer version of the program wrote.

        Raises:
            ReadOnlyStoreError: the file can't be changed.
        """
        if self.is_read_only:
            raise ReadOnlyStoreError("a newer version of the program wrote this file")
