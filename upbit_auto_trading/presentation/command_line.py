"""The options of `run_desktop_ui.py`. Knows no Qt, so that wrong use is told at once."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.connection import (
    EndpointKind,
    ExchangeEndpoint,
    InvalidEndpointError,
    checked_url,
)
from upbit_auto_trading.domain.market import InvalidMarketError, parse_market
from upbit_auto_trading.domain.settings import LANGUAGES, START_SCREENS, THEMES
from upbit_auto_trading.presentation.options import WindowOptions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

UPBIT_REST_URL: Final = "https://api.upbit.com"
UPBIT_WS_URL: Final = "wss://api.upbit.com/websocket/v1"
_LONGEST_SMOKE_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class DesktopOptions:
    """Everything the command line and the environment decide.

    `endpoint` is the exchange to use; with `may_fall_back` the simulated exchange takes over
    when it can't be reached within `timeout_s`. `demo` starts the simulated exchange at once.
    """

    window: WindowOptions
    data_dir: Path | None
    demo: bool
    endpoint: ExchangeEndpoint
    may_fall_back: bool
    timeout_s: float


def parse_options(arguments: Sequence[str], environment: Mapping[str, str]) -> DesktopOptions:
    """Return the options; wrong use prints one line and raises SystemExit(2)."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        return _options(given, environment)
    except (InvalidEndpointError, InvalidMarketError, _WrongUseError) as error:
        parser.error(str(error))


class _WrongUseError(ValueError):
    """Options that don't go together."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="run_desktop_ui.py", description="Desktop trading application for Upbit."
    )
    parser.add_argument(
        "--demo", action="store_true", help="start the simulated exchange and connect to it"
    )
    parser.add_argument("--rest-url", help="another exchange's REST address (with --ws-url)")
    parser.add_argument("--ws-url", help="another exchange's WebSocket address (with --rest-url)")
    parser.add_argument("--data-dir", type=Path, help="folder of databases, logs and settings")
    parser.add_argument("--market", help="market to open (the last one)")
    parser.add_argument("--screen", choices=START_SCREENS, help="screen to open (as set)")
    parser.add_argument("--strategy", type=Path, metavar="FILE", help="strategy to save and show")
    parser.add_argument("--lang", choices=LANGUAGES, help="language (as set, else ko)")
    parser.add_argument("--theme", choices=THEMES, help="theme (as set, else dark)")
    parser.add_argument(
        "--smoke",
        type=_seconds,
        metavar="SECONDS",
        help="run that long, print one line of JSON, exit 0 only if live data was painted",
    )
    parser.add_argument("--screenshot", type=Path, metavar="FILE", help="save the window as PNG")
    parser.add_argument(
        "--upbit-timeout-s",
        type=_seconds,
        default=3.0,
        metavar="SECONDS",
        help="how long Upbit is tried before the simulated exchange starts (3)",
    )
    return parser


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds") from None
    if not 0 < seconds <= _LONGEST_SMOKE_S:
        raise argparse.ArgumentTypeError(f"{text} is not above 0 and at most 86400 seconds")
    return seconds


def _options(given: argparse.Namespace, environment: Mapping[str, str]) -> DesktopOptions:
    rest_url = given.rest_url or environment.get("UPBIT_REST_URL")
    ws_url = given.ws_url or environment.get("UPBIT_WS_URL")
    if (rest_url is None) != (ws_url is None):
        missing = "--ws-url" if ws_url is None else "--rest-url"
        raise _WrongUseError(f"an exchange needs both addresses: {missing} is missing")
    if given.demo and (given.rest_url or given.ws_url):
        raise _WrongUseError("--demo starts its own exchange: leave out --rest-url and --ws-url")
    if rest_url and ws_url and not given.demo:
        endpoint = _endpoint(EndpointKind.CUSTOM, rest_url, ws_url)
        may_fall_back = False
    else:
        endpoint = _endpoint(
            EndpointKind.UPBIT,
            environment.get("UPBIT_DEFAULT_REST_URL", UPBIT_REST_URL),
            environment.get("UPBIT_DEFAULT_WS_URL", UPBIT_WS_URL),
        )
        may_fall_back = True
    if given.strategy is not None and not given.strategy.is_file():
        raise _WrongUseError(f"--strategy: there is no file {os.fspath(given.strategy)}")
    screenshot = given.screenshot
    if screenshot is not None and not screenshot.resolve().parent.is_dir():
        raise _WrongUseError(f"--screenshot: the folder of {os.fspath(screenshot)} doesn't exist")
    return DesktopOptions(
        window=WindowOptions(
            market=parse_market(given.market) if given.market is not None else None,
            language=given.lang,
            theme=given.theme,
            screen=given.screen,
            strategy=given.strategy,
            smoke_s=given.smoke,
            screenshot=screenshot,
        ),
        data_dir=given.data_dir,
        demo=given.demo,
        endpoint=endpoint,
        may_fall_back=may_fall_back,
        timeout_s=given.upbit_timeout_s,
    )


def _endpoint(kind: EndpointKind, rest_url: str, ws_url: str) -> ExchangeEndpoint:
    rest_url = checked_url("--rest-url", rest_url, ("http", "https"))
    return ExchangeEndpoint(
        kind, rest_url.removesuffix("/v1"), checked_url("--ws-url", ws_url, ("ws", "wss"))
    )
