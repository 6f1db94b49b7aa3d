"""What the window is started with: options, and the runtime that brings its services."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from upbit_auto_trading.application.services import Services

DEFAULT_MARKET: Final = "KRW-BTC"
# What `run` returns in place of an exit code when the program is to start again.
RESTART: Final = -1


@dataclass(frozen=True, slots=True)
class WindowOptions:
    """How the window opens.

    `language` is `ko` or `en`, `theme` `dark` or `light`; None leaves it, the market and the
    screen, one of the settings' `START_SCREENS`, to the settings. `strategy` is a file to save and
    to show. `smoke_s` makes the program run that many seconds, print one line of JSON and end;
    `screenshot` is where it saves its window before it ends (or ten seconds after the start when
    there is no `smoke_s`).
    """

    market: str | None = None
    language: str | None = None
    theme: str | None = None
    smoke_s: float | None = None
    screenshot: Path | None = None
    screen: str | None = None
    strategy: Path | None = None

    @property
    def overrides(self) -> dict[str, str]:
        """The settings that the command line decides for this run."""
        given = {"language": self.language, "theme": self.theme, "market": self.market}
        return {name: value for name, value in given.items() if value is not None}


class Runtime(Protocol):
    """Builds and ends everything below the window, on the window's loop."""

    async def start(self) -> Services:
        """Choose the endpoint and connect.

        Raises:
            StartError: nothing could be started; its text is for the user.
        """
        ...

    async def reconnect(self) -> Services:
        """Try Upbit again after a fall-back; the services returned replace the earlier ones.

        Raises:
            StartError: it still can't be reached; the earlier services go on.
        """
        ...

    async def renew(self, services: Services) -> Services:
        """Connect to the same exchange from nothing; nothing may use `services` any more."""
        ...

    async def stop(self) -> None:
        """End connections, child processes and stores, in that order. Harmless when repeated."""
        ...


class StartError(Exception):
    """The program can't start or switch; `code` for search, the text says what to do."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
