"""Which market the command serves, and how its time passes: generated, or recorded."""

import argparse
import time
from dataclasses import dataclass

from upbit_auto_trading.simulator.exchange_clock import TimeMap
from upbit_auto_trading.simulator.market.market_model import DEFAULT_HISTORY_DAYS, MarketModel
from upbit_auto_trading.simulator.market.market_source import MarketSource
from upbit_auto_trading.simulator.market.virtual_clock import VirtualClock
from upbit_auto_trading.simulator.recording.feed import Replay
from upbit_auto_trading.simulator.recording.held_time import HeldTime
from upbit_auto_trading.simulator.recording.market import RecordedMarket
from upbit_auto_trading.simulator.recording.session import RecordingError, read_session


class WorldError(Exception):
    """The options don't make a market; the text says which and why."""


@dataclass(frozen=True, slots=True)
class World:
    """The market that is served; `replay` when it is a recording."""

    source: MarketSource
    time_map: TimeMap
    replay: Replay | None = None


def make_world(args: argparse.Namespace, started_ms: int) -> World:
    """Return what the command's options ask for; `started_ms` is the epoch time of now.

    Raises:
        WorldError: a recording that can't be played, or options that don't go together.
    """
    # Taken first: what it takes to make the market is time that passes on the exchange, too.
    started_s = time.monotonic()
    if args.replay is not None:
        return _recorded(args)
    history_days = args.history_days or DEFAULT_HISTORY_DAYS
    pace = "" if args.speed == 1 else f"{args.speed:g}@{started_ms}"
    model = MarketModel(seed=args.seed, markets=args.markets, history_days=history_days, pace=pace)
    if args.scenario is not None:
        model.start_scenario(args.scenario, None, started_ms)
    running = VirtualClock(exchange_ms=started_ms, monotonic_s=started_s, speed=args.speed)
    return World(model, running)


def _recorded(args: argparse.Namespace) -> World:
    if args.scenario is not None or args.rate is not None:
        raise WorldError("--replay plays what was recorded: no --scenario and no --rate beside it")
    try:
        session = read_session(args.replay)
    except RecordingError as error:
        raise WorldError(f"--replay {error}") from None
    held = HeldTime(session.begin_ms, args.speed)
    replay = Replay(session, lambda: held.let_go(time.monotonic()))
    return World(RecordedMarket(session), held, replay)
