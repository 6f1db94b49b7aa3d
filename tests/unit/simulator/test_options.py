"""The options of the `simulator` command, checked before anything starts."""

import argparse

import pytest

from upbit_auto_trading.simulator.options import add_arguments


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--port", "99999"),
        ("--port", "x"),
        ("--port", "-1"),
        ("--markets", "0"),
        ("--markets", "many"),
        ("--rate", "0"),
        ("--rate", "nan"),
        ("--rtt-ms", "-1"),
        ("--rtt-ms", "inf"),
        ("--speed", "5000"),
        ("--speed", "fast"),
        ("--scenario", "moon"),
        ("--fault", "nope"),
        ("--fault", "close:code=5"),
        ("--fault", "close:code"),
        ("--fault", "close:colour=red"),
        ("--fault", "malformed:kind=odd"),
    ],
)
def test_a_value_out_of_range_is_refused_naming_the_option(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parsed(*arguments)
    assert ended.value.code == 2
    assert arguments[0] in capsys.readouterr().err.splitlines()[-1]


def test_faults_are_read_with_their_arguments() -> None:
    faults = parsed("--fault", "close:code=1011,endpoint=private", "--fault", "no_status").fault
    assert faults == [("close", {"code": "1011", "endpoint": "private"}), ("no_status", {})]


def test_without_options_it_is_the_plain_exchange() -> None:
    plain = parsed()
    assert (plain.host, plain.port, plain.rate, plain.rtt_ms, plain.speed) == (
        "127.0.0.1",
        0,
        None,
        0,
        1,
    )
