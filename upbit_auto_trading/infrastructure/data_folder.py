"""The folder that holds databases, logs and settings."""

from __future__ import annotations

import hashlib
import tempfile
from typing import TYPE_CHECKING

import platformdirs

if TYPE_CHECKING:
    from pathlib import Path


class UnwritableFolderError(Exception):
    """The data folder can't be used."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"the data folder {path} can't be written: {reason}")
        self.path = path
        self.reason = reason


class DataFolder:
    """A data folder that is known to be writable, readable by its owner only.

    Market data lies apart per exchange, so that two are never mixed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def open(cls, path: Path | None) -> DataFolder:
        """Make and check the folder; None means the platform's user data folder.

        Raises:
            UnwritableFolderError: it can't be made or written.
        """
        folder = path or platformdirs.user_data_path("upbit_auto_trading", appauthor=False)
        folder = folder.expanduser().absolute()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (folder / "logs").mkdir(mode=0o700, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise UnwritableFolderError(folder, error.strerror or str(error)) from error
        return cls(folder)

    @property
    def logs(self) -> Path:
        """Where log files go."""
        return self.path / "logs"

    def of_exchange(self, kind: str, rest_url: str, ws_url: str) -> Path:
        """Return the folder for one exchange's data, made if it is missing.

        `kind` is `upbit`, `simulator` or `custom`; a custom one has a folder per address.
        """
        name = kind
        if kind == "custom":
            address = f"{rest_url} {ws_url}".encode()
            name = f"custom-{hashlib.sha256(address).hexdigest()[:12]}"
        folder = self.path / name
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder
