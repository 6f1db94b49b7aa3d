"""Which market the options make, and by which run it is known again."""

import argparse
from pathlib import Path
from typing import Any

import pytest

from upbit_auto_trading.simulator.market.market_model import MarketModel
from upbit_auto_trading.simulator.options import add_arguments
from upbit_auto_trading.simulator.world import World, WorldError, make_world

STARTED_MS = 1_787_731_683_777


def world(*arguments: str, started_ms: int = STARTED_MS) -> World:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return make_world(parser.parse_args(["--markets", "2", *arguments]), started_ms)


def test_the_same_options_make_the_same_run_whenever_they_are_used() -> None:
    later = world("--seed", "5", started_ms=STARTED_MS + 86_400_000)
    assert world("--seed", "5").source.run_id == later.source.run_id
    assert world("--seed", "6").source.run_id != later.source.run_id


def test_what_it_takes_to_make_the_market_is_no_delay_of_its_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seconds = [100.0]

    def made_slowly(**options: Any) -> MarketModel:
        seconds[0] += 5
        return MarketModel(**options)

    monkeypatch.setattr("upbit_auto_trading.simulator.world.time.monotonic", lambda: seconds[0])
    monkeypatch.setattr("upbit_auto_trading.simulator.world.MarketModel", made_slowly)
    assert world().time_map.now_ms(seconds[0]) == STARTED_MS + 5000


def test_a_scenario_or_a_pace_of_its_own_makes_another_run_each_time() -> None:
    plain = world().source.run_id
    for option in (("--scenario", "surge"), ("--speed", "100")):
        runs = {world(*option, started_ms=STARTED_MS + n).source.run_id for n in range(2)}
        assert len(runs | {plain}) == 3


def test_a_recording_takes_its_own_time_and_nothing_beside_it() -> None:
    path = Path(__file__).resolve().parents[2] / "payloads/recorded"
    file = str(path / "ws_2021-04-17_simple_format.jsonl")
    made = world("--replay", file, "--speed", "1000")
    assert made.replay is not None
    begin_ms = made.replay.session.begin_ms
    assert made.time_map.now_ms(0.0) == made.time_map.now_ms(1e6) == begin_ms
    for option in (("--scenario", "surge"), ("--rate", "10")):
        with pytest.raises(WorldError, match="no --scenario and no --rate"):
            world("--replay", file, *option)
    with pytest.raises(WorldError, match="nowhere: No such file"):
        world("--replay", "nowhere")
