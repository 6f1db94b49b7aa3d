"""Writes diagnostics and exports into the data folder, every text redacted on its way."""

from __future__ import annotations

import asyncio
import os
import platform
import sys
import zipfile
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_PACKAGES: Final = (
    "upbit-auto-trading",
    "PyQt6",
    "PyQt6-Qt6",
    "qasync",
    "websockets",
    "requests",
    "msgspec",
    "numpy",
    "pyqtgraph",
    "TA-Lib",
)
_LOG_FILES: Final = ("app.log", "app.log.1")
_LOG_BYTES: Final = 2_000_000


class DiagnosticFiles:
    """Fits `application.diagnostics.FileWriter`.

    A bundle holds what it is given by name, and the ends of two log files: nothing else of the
    folder, so no database, no key and no setting that wasn't handed over.

    Args:
        folder: where the files go, made when needed.
        logs: the folder of the log files.
        redact: takes secrets out of a text.
    """

    def __init__(self, folder: Path, logs: Path, redact: Callable[[str], str]) -> None:
        self._folder = folder
        self._logs = logs
        self._redact = redact

    async def write_bundle(self, name: str, documents: Mapping[str, str]) -> Path:
        """Write a zip of `documents` (text by file name) and the log's end; return its path.

        Raises:
            OSError: it can't be written.
        """
        return await asyncio.to_thread(self._write_bundle, name, dict(documents))

    async def write_text(self, name: str, text: str) -> Path:
        """Write one text file; return its path.

        Raises:
            OSError: it can't be written.
        """
        return await asyncio.to_thread(self._write_text, name, text)

    def versions(self) -> dict[str, str]:
        """Return the versions of the system, Python and the libraries that matter."""
        found = {"python": sys.version.split()[0], "system": platform.platform()}
        for package in _PACKAGES:
            try:
                found[package] = version(package)
            except PackageNotFoundError:
                continue
        return found

    def _write_bundle(self, name: str, documents: dict[str, str]) -> Path:
        path = self._place(name)
        part = path.with_suffix(".part")
        with (
            self._opened(part) as descriptor,
            zipfile.ZipFile(descriptor, "w", zipfile.ZIP_DEFLATED) as bundle,
        ):
            for file_name, text in documents.items():
                bundle.writestr(file_name, self._redact(text))
            for file_name in _LOG_FILES:
                bundle.writestr(f"logs/{file_name}", self._redact(self._log_end(file_name)))
        part.replace(path)
        return path

    def _write_text(self, name: str, text: str) -> Path:
        path = self._place(name)
        with self._opened(path) as file:
            file.write(self._redact(text).encode())
        return path

    def _place(self, name: str) -> Path:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._folder / name

    def _log_end(self, name: str) -> str:
        try:
            with (self._logs / name).open("rb") as file:
                file.seek(0, os.SEEK_END)
                file.seek(max(0, file.tell() - _LOG_BYTES))
                return file.read().decode("utf-8", "replace")
        except FileNotFoundError:
            return ""

    @staticmethod
    def _opened(path: Path) -> BinaryIO:
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
