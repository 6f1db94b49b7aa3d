"""The folder that holds databases, logs and settings."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from pathlib import Path
from typing import Final

import platformdirs

from upbit_auto_trading.domain.settings import FolderUse

_DATABASE: Final = ".sqlite3"


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

    async def measure(self) -> list[FolderUse]:
        """How many bytes each exchange's folder and the rest take, by name."""
        return await asyncio.to_thread(self.uses)

    def uses(self) -> list[FolderUse]:
        """`measure`, blocking. A file that ends meanwhile counts as nothing."""
        parts = sorted(part for part in self.path.iterdir() if part.is_dir())
        loose = sum(_size(part) for part in self.path.iterdir() if not part.is_dir())
        uses = [
            FolderUse(
                part.name,
                sum(
                    _size(Path(folder, name))
                    for folder, _folders, names in os.walk(part)
                    for name in names
                ),
                _databases(part),
            )
            for part in parts
        ]
        return [*uses, FolderUse("", loose, _databases(self.path))]


def _databases(folder: Path) -> tuple[tuple[str, int], ...]:
    """Every database right in `folder`, with its journals, the largest first."""
    sizes: dict[str, int] = {}
    for path in folder.iterdir():
        name, mark, _journal = path.name.partition(_DATABASE)
        if mark:
            sizes[name] = sizes.get(name, 0) + _size(path)
    return tuple(sorted(sizes.items(), key=lambda one: -one[1]))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
