from pathlib import Path

import pytest

from upbit_auto_trading.application.connection import EndpointKind
from upbit_auto_trading.presentation.command_line import (
    UPBIT_REST_URL,
    UPBIT_WS_URL,
    DesktopOptions,
    parse_options,
)

OTHER = ("--rest-url", "http://127.0.0.1:9000", "--ws-url", "ws://127.0.0.1:9000/websocket/v1")


def refused(
    capsys: pytest.CaptureFixture[str], *arguments: str, environment: dict[str, str] | None = None
) -> str:
    with pytest.raises(SystemExit) as exit_:
        parse_options(arguments, environment or {})
    assert exit_.value.code == 2
    return capsys.readouterr().err.strip().splitlines()[-1]


def parsed(*arguments: str, environment: dict[str, str] | None = None) -> DesktopOptions:
    return parse_options(arguments, environment or {})


def test_without_options_it_is_upbit_with_the_simulated_exchange_behind_it() -> None:
    options = parsed()
    assert options.endpoint.kind is EndpointKind.UPBIT
    assert (options.endpoint.rest_url, options.endpoint.ws_url) == (UPBIT_REST_URL, UPBIT_WS_URL)
    assert options.may_fall_back
    assert options.timeout_s == 3.0
    assert options.window.overrides == {}
    assert options.window.screen is None


def test_what_is_named_wins_over_the_settings() -> None:
    options = parsed("--lang", "en", "--market", "KRW-ETH", "--screen", "settings").window
    assert options.overrides == {"language": "en", "market": "KRW-ETH"}
    assert options.screen == "settings"


def test_another_exchange_never_falls_back() -> None:
    options = parsed(*OTHER)
    assert options.endpoint.kind is EndpointKind.CUSTOM
    assert options.endpoint.host == "127.0.0.1:9000"
    assert not options.may_fall_back


def test_the_environment_names_another_exchange_too() -> None:
    options = parsed(
        environment={"UPBIT_REST_URL": "http://127.0.0.1:1/v1/", "UPBIT_WS_URL": "ws://127.0.0.1:1"}
    )
    assert options.endpoint.kind is EndpointKind.CUSTOM
    assert options.endpoint.rest_url == "http://127.0.0.1:1"


def test_the_default_exchange_can_be_replaced_and_still_falls_back() -> None:
    options = parsed(
        environment={
            "UPBIT_DEFAULT_REST_URL": "http://127.0.0.1:1",
            "UPBIT_DEFAULT_WS_URL": "ws://127.0.0.1:1",
        }
    )
    assert options.endpoint.kind is EndpointKind.UPBIT
    assert options.endpoint.host == "127.0.0.1:1"
    assert options.may_fall_back


def test_every_option_is_understood(tmp_path: Path) -> None:
    options = parsed(
        "--demo", "--data-dir", str(tmp_path), "--market", "krw-eth", "--screen", "chart",
        "--lang", "en", "--theme", "light", "--smoke", "5",
        "--screenshot", str(tmp_path / "a.png"), "--upbit-timeout-s", "0.5",
    )  # fmt: skip
    assert options.demo
    assert options.data_dir == tmp_path
    assert options.window.market == "KRW-ETH"
    assert (options.window.language, options.window.theme) == ("en", "light")
    assert options.window.smoke_s == 5.0
    assert options.window.screenshot == tmp_path / "a.png"
    assert options.timeout_s == 0.5


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--market", "BTC"), "'BTC' is not a market code such as KRW-BTC"),
        (("--rest-url", "http://127.0.0.1:1"), "--ws-url is missing"),
        (("--ws-url", "ws://127.0.0.1:1"), "--rest-url is missing"),
        (("--rest-url", "ftp://x", "--ws-url", "ws://x"), "--rest-url: 'ftp://x'"),
        (("--rest-url", "http://x:99999", "--ws-url", "ws://x"), "--rest-url: 'http://x:99999'"),
        (("--rest-url", "http://x", "--ws-url", "http://x"), "--ws-url: 'http://x'"),
        (("--demo", *OTHER), "leave out --rest-url and --ws-url"),
        (("--smoke", "soon"), "'soon' is not a number of seconds"),
        (("--smoke", "0"), "not above 0 and at most 86400"),
        (("--smoke", "nan"), "not above 0 and at most 86400"),
        (("--theme", "pink"), "invalid choice: 'pink'"),
        (("--lang", "jp"), "invalid choice: 'jp'"),
        (("--screen", "nowhere"), "invalid choice: 'nowhere'"),
        (("--strategy", "x.json"), "--strategy: there is no file x.json"),
        (("--screenshot", "/nowhere/at/all.png"), "--screenshot: the folder of"),
    ],
)
def test_wrong_use_is_one_line_that_names_the_option(
    arguments: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told in refused(capsys, *arguments)


def test_an_address_from_the_environment_is_checked_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    environment = {"UPBIT_REST_URL": "nonsense", "UPBIT_WS_URL": "ws://x"}
    assert "'nonsense'" in refused(capsys, environment=environment)
