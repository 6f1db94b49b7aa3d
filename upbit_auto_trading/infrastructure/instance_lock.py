"""One program at a time on a data folder: a lock that ends with the process, however that ends."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_NAME: Final = "instance.lock"


class FolderInUseError(Exception):
    """Another program has the data folder open."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"the data folder {folder} is in use by another start of the program")
        self.folder = folder


class InstanceLock:
    """Holds a data folder from `take` until `release` or the process's end.

    The lock is an exclusive transaction on a file of its own: the system frees it with the
    process, and says at once who came second, on every platform.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._connection: sqlite3.Connection | None = None

    def take(self) -> None:
        """Take the folder, without waiting.

        Raises:
            FolderInUseError: another program has it.
        """
        connection = sqlite3.connect(self._folder / _NAME, isolation_level=None, timeout=0)
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            connection.close()
            if getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
                raise FolderInUseError(self._folder) from error
            # A file system that can't lock must not keep anybody from starting.
            return
        self._connection = connection

    def release(self) -> None:
        """Let go of the folder. Harmless when repeated."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
