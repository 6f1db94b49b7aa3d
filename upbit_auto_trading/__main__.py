"""Headless commands: `python -m upbit_auto_trading COMMAND`. Needs no Qt."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.simulator import command as simulator_command

if TYPE_CHECKING:
    from collections.abc import Sequence

_INTERRUPTED: Final = 1
_SIMULATOR: Final = "simulator"


def main(arguments: Sequence[str]) -> int:
    """Run one command; return its exit code (0 done, 1 failed, 2 wrong use)."""
    parser = argparse.ArgumentParser(
        prog="python -m upbit_auto_trading",
        description="Trading application for Upbit without its window.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    simulator = commands.add_parser(_SIMULATOR, help="run the simulated exchange")
    simulator_command.add_arguments(simulator)
    if arguments[:1] == [_SIMULATOR]:
        # Without the other commands' imports it is ready in half the time.
        return asyncio.run(simulator_command.run(parser.parse_args(arguments)))
    from upbit_auto_trading import headless  # noqa: PLC0415 -- see above

    headless.add_commands(commands)
    given = parser.parse_args(arguments)
    try:
        return asyncio.run(headless.run(given, os.environ))
    except headless.WrongUseError as error:
        commands.choices[given.command].error(str(error))
    except KeyboardInterrupt:
        sys.stderr.write(f"{given.command}: interrupted\n")
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
