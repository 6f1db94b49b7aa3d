"""Blocks by Upbit, kept on disk so that a restart can't worsen them."""

import contextlib
import json
from pathlib import Path


class BanRecord:
    """Until when Upbit blocks us (epoch seconds), in one small file; in memory without a path."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._until = self._load()

    @property
    def until(self) -> float:
        """The end of the last known block, 0.0 for none."""
        return self._until

    def extend(self, until: float) -> None:
        """Note a block; a shorter one than known changes nothing."""
        if until <= self._until:
            return
        self._until = until
        if self._path is None:
            return
        part = self._path.with_suffix(".part")
        with contextlib.suppress(OSError):  # the block still holds for this run
            part.write_text(json.dumps({"until": until}), encoding="utf-8")
            part.replace(self._path)

    def _load(self) -> float:
        if self._path is None:
            return 0.0
        try:
            return float(json.loads(self._path.read_text(encoding="utf-8"))["until"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0.0
