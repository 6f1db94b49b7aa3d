"""The control side of a simulated exchange, over its own HTTP paths."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import quote

import requests

from upbit_auto_trading.domain.training import (
    ArgumentOffer,
    FaultOffer,
    RunningFault,
    RunningScenario,
    ScenarioOffer,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from upbit_auto_trading.domain.training import ArgumentValue

_ANSWERS_WITHIN_S: Final = 3.0
_MISSING: Final = (KeyError, TypeError, ValueError)


class SimulatorControl:
    """Fits `application.training.SimulatedExchange`; `failed(what, reason)` makes its errors.

    An async context manager: its thread ends with it. Only for addresses of simulated exchanges.
    """

    def __init__(self, rest_url: str, failed: Callable[[str, str], Exception]) -> None:
        self._base = f"{rest_url}/simulator"
        self._failed = failed
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="simulator-control")
        self._session = requests.Session()
        self._session.trust_env = False  # never through a proxy: it is on this machine

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)
        self._session.close()

    async def faults(self) -> list[FaultOffer]:
        """Return every fault the exchange can show."""
        return await self._rows("faults", _fault_of)

    async def scenarios(self) -> list[ScenarioOffer]:
        """Return every scenario the exchange can play."""
        return await self._rows("scenarios", _scenario_of)

    async def running(self) -> list[RunningFault]:
        """Return the faults in force."""
        return await self._rows("fault", _running_of)

    async def playing(self) -> list[RunningScenario]:
        """Return the scenarios that are being played."""
        answer = await self._ask("GET", "scenario")
        try:
            return [_playing_of(row) for row in answer["running"]]
        except _MISSING as error:
            raise self._failed("scenario", f"unexpected answer ({error!r})") from error

    async def bring(self, name: str, arguments: Mapping[str, ArgumentValue]) -> None:
        """Put a fault in force."""
        await self._ask("POST", "fault", {"name": name, "args": dict(arguments)})

    async def end(self, name: str) -> None:
        """End a fault."""
        await self._ask("DELETE", f"fault/{quote(name, safe='')}")

    async def run_id(self) -> str:
        """Return the run the exchange is in: another one after each scenario."""
        answer = await self._ask("GET", "scenario")
        try:
            return str(answer["run_id"])
        except _MISSING as error:
            raise self._failed("scenario", f"unexpected answer ({error!r})") from error

    async def play(self, name: str, market: str | None) -> None:
        """Begin a scenario, for one market or for all."""
        document = {"name": name} if market is None else {"name": name, "market": market}
        await self._ask("POST", "scenario", document)

    async def _rows(self, path: str, read: Callable[[Mapping[str, Any]], Any]) -> list[Any]:
        rows = await self._ask("GET", path)
        try:
            return [read(row) for row in rows]
        except _MISSING as error:
            raise self._failed(path, f"unexpected answer ({error!r})") from error

    async def _ask(self, method: str, path: str, document: Any = None) -> Any:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._send, method, path, document)

    def _send(self, method: str, path: str, document: Any) -> Any:
        body = None if document is None else json.dumps(document)
        try:
            answer = self._session.request(
                method, f"{self._base}/{path}", data=body, timeout=_ANSWERS_WITHIN_S
            )
            said = answer.json()
        except requests.JSONDecodeError as error:
            raise self._failed(path, f"HTTP {answer.status_code}") from error
        except requests.RequestException as error:
            raise self._failed(path, type(error).__name__) from error
        if answer.status_code != requests.codes.ok:
            reason = said.get("error") if isinstance(said, dict) else None
            raise self._failed(path, str(reason or f"HTTP {answer.status_code}"))
        return said


def _fault_of(row: Mapping[str, Any]) -> FaultOffer:
    return FaultOffer(
        str(row["name"]),
        str(row["area"]),
        str(row["title"]),
        str(row["summary"]),
        bool(row["is_momentary"]),
        tuple(_argument_of(one) for one in row["args"]),
    )


def _argument_of(row: Mapping[str, Any]) -> ArgumentOffer:
    return ArgumentOffer(
        str(row["name"]),
        str(row["type"]),
        row["default"],
        str(row.get("unit", "")),
        str(row.get("meaning", "")),
        tuple(map(str, row.get("choices", ()))),
        row.get("low"),
        row.get("high"),
    )


def _scenario_of(row: Mapping[str, Any]) -> ScenarioOffer:
    return ScenarioOffer(str(row["name"]), str(row["title"]), str(row["summary"]))


def _playing_of(row: Mapping[str, Any]) -> RunningScenario:
    market = row["market"]
    left = float(row["seconds_left"])
    return RunningScenario(str(row["name"]), None if market is None else str(market), left)


def _running_of(row: Mapping[str, Any]) -> RunningFault:
    left = row.get("seconds_left")
    return RunningFault(
        str(row["name"]), dict(row.get("args", {})), None if left is None else float(left)
    )
