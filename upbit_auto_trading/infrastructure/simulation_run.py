"""The run a simulated exchange names, and the market data on disk that belongs to it."""

from __future__ import annotations

import asyncio
import urllib.parse
from typing import TYPE_CHECKING, Final

import requests

if TYPE_CHECKING:
    from pathlib import Path

_MARKET_DATA: Final = ("market_data.sqlite3", "market_data.sqlite3-wal", "market_data.sqlite3-shm")
_FILE: Final = "simulation_run.txt"
_LONGEST_RUN_ID: Final = 100
_ANSWERS_WITHIN_S: Final = 1.0


class SimulationRun:
    """Fits `application.simulation.SimulationMemory` for one exchange's folder."""

    def __init__(self, rest_url: str, folder: Path) -> None:
        self._rest_url = rest_url
        self._folder = folder

    async def current(self) -> str | None:
        """Return the run the exchange names; None where it names none or can't be asked."""
        return await asyncio.to_thread(self._ask)

    def known(self) -> str | None:
        """Return the run the kept market data belongs to; None before the first."""
        try:
            return (self._folder / _FILE).read_text(encoding="utf-8").strip() or None
        except (OSError, UnicodeDecodeError):
            return None

    def begin(self, run_id: str) -> None:
        """Drop the market data kept of earlier runs and remember this one.

        Killed in between, it has forgotten the run and drops again next time.

        Raises:
            OSError: what is kept can't be changed.
        """
        kept = self._folder / _FILE
        kept.unlink(missing_ok=True)
        for name in _MARKET_DATA:
            (self._folder / name).unlink(missing_ok=True)
        fresh = self._folder / f"{_FILE}.new"
        fresh.write_text(run_id, encoding="utf-8")
        fresh.replace(kept)

    def _ask(self) -> str | None:
        host = urllib.parse.urlsplit(self._rest_url).hostname
        with requests.Session() as session:
            session.trust_env = host not in ("127.0.0.1", "localhost", "::1")
            try:
                answer = session.get(
                    f"{self._rest_url}/simulator/scenario",
                    timeout=_ANSWERS_WITHIN_S,
                    allow_redirects=False,
                )
                document = answer.json() if answer.status_code == requests.codes.ok else None
            except (requests.RequestException, ValueError):
                return None
        run_id = document.get("run_id") if isinstance(document, dict) else None
        is_usable = isinstance(run_id, str) and 0 < len(run_id) <= _LONGEST_RUN_ID
        return run_id if is_usable else None
