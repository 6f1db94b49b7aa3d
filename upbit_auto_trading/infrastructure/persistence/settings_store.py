"""The user's settings on disk: a row for each, its value as JSON. What is unknown stays."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

from upbit_auto_trading.domain.settings import (
    KeptSettings,
    SettingsNotSavedError,
    SettingsProblem,
    SettingsTrouble,
)
from upbit_auto_trading.infrastructure.persistence.database import (
    DatabaseTooNewError,
    DatabaseUnusableError,
    open_database,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_log = logging.getLogger(__name__)

FILE_NAME: Final = "settings.sqlite3"
_MIGRATIONS: Final = (
    "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
)
_ADD: Final = (
    "INSERT INTO setting VALUES (?,?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)


class SettingsStore:
    """The settings' file, read and written in a thread of its own. Close it.

    A file that can't be used costs the settings, never the program: they are then empty, with
    the reason.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="settings-store")
        self._connection: sqlite3.Connection | None = None
        self._closed_because = "not opened"

    def load(self) -> KeptSettings:
        """Open the file, made when missing, and read it. Blocks; call before the loop runs."""
        return self._executor.submit(self._load).result()

    async def save(self, values: Mapping[str, Any]) -> None:
        """Write plain values, synced to the disk.

        Raises:
            SettingsNotSavedError: the file can't be written.
        """
        await asyncio.get_running_loop().run_in_executor(self._executor, self._save, dict(values))

    def close(self) -> None:
        """Close the file after what is being written. Harmless when repeated."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._executor.submit(connection.close)
        self._closed_because = "closed"
        self._executor.shutdown(wait=True)

    def _load(self) -> KeptSettings:
        set_aside: list[Path] = []
        try:
            self._connection = open_database(self._path, _MIGRATIONS, on_set_aside=set_aside.append)
            rows = self._connection.execute("SELECT name, value FROM setting").fetchall()
        except DatabaseTooNewError as error:
            return self._nothing(SettingsTrouble.TOO_NEW, str(error))
        except (DatabaseUnusableError, sqlite3.Error) as error:
            return self._nothing(SettingsTrouble.UNUSABLE, str(error))
        problems = [SettingsProblem(SettingsTrouble.DAMAGED, path.name) for path in set_aside]
        values = {}
        for name, text in rows:
            try:
                values[name] = json.loads(text)
            except ValueError:
                problems.append(SettingsProblem(SettingsTrouble.INVALID, f"{name}: JSON"))
        return KeptSettings(values, tuple(problems))

    def _nothing(self, trouble: SettingsTrouble, detail: str) -> KeptSettings:
        _log.warning("settings begin anew: %s", detail)
        self._closed_because = detail
        return KeptSettings({}, (SettingsProblem(trouble, detail),))

    def _save(self, values: dict[str, Any]) -> None:
        if self._connection is None:
            raise SettingsNotSavedError(self._closed_because)
        rows = [(name, json.dumps(value, ensure_ascii=False)) for name, value in values.items()]
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._connection.executemany(_ADD, rows)
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise SettingsNotSavedError(str(error)) from error
