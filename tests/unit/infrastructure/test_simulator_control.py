"""The control side of a simulated exchange, asked over HTTP of this machine."""

import pytest

from tests.exchange_in_process import RunningExchange, running_exchange
from upbit_auto_trading.application.training import TrainingError, TrainingGround
from upbit_auto_trading.infrastructure.simulator_control import SimulatorControl


async def with_ground(exchange: RunningExchange, work: object) -> None:
    async with SimulatorControl(exchange.rest_url, TrainingError) as control:
        await work(TrainingGround(control))  # type: ignore[operator]


async def test_faults_and_scenarios_are_the_exchange_s_own() -> None:
    async def work(ground: TrainingGround) -> None:
        await ground.load()
        stall = next(fault for fault in ground.faults if fault.name == "stall")
        assert (stall.area, stall.is_momentary, stall.may_end_by_itself) == ("stream", False, True)
        assert {"connection", "stream", "rest", "market"} <= {one.area for one in ground.faults}
        kinds = {argument.kind for fault in ground.faults for argument in fault.arguments}
        assert kinds <= {"boolean", "choice", "market", "text", "integer", "number"}
        assert {"crash", "surge"} <= {one.name for one in ground.scenarios}
        assert ground.running == []

    async with running_exchange() as exchange:
        await with_ground(exchange, work)


async def test_a_fault_begins_with_what_is_left_of_it_and_ends_when_asked() -> None:
    async def work(ground: TrainingGround) -> None:
        await ground.load()
        await ground.bring("stall", {"seconds": 30.0})
        (running,) = ground.running
        assert running.name == "stall"
        assert running.seconds_left is not None
        assert 0 < running.seconds_left <= 30
        await ground.bring("slow_pong", {})
        assert len(ground.running) == 2
        await ground.end("stall")
        assert [fault.name for fault in ground.running] == ["slow_pong"]
        await ground.end_all()
        assert ground.running == []

    async with running_exchange() as exchange:
        await with_ground(exchange, work)


async def test_a_scenario_begins_another_run() -> None:
    async def work(ground: TrainingGround) -> None:
        await ground.load()
        await ground.play("crash", "KRW-BTC")

    async with running_exchange() as exchange:
        before = (await exchange.get_json("/simulator/scenario"))["run_id"]
        await with_ground(exchange, work)
        assert (await exchange.get_json("/simulator/scenario"))["run_id"] != before


async def test_what_the_exchange_refuses_is_told_in_its_words() -> None:
    async def work(ground: TrainingGround) -> None:
        with pytest.raises(TrainingError, match="no fault 'earthquake'"):
            await ground.bring("earthquake", {})

    async with running_exchange() as exchange:
        await with_ground(exchange, work)


async def test_nobody_at_the_address_is_an_error_not_an_empty_list() -> None:
    async with running_exchange() as exchange:
        rest_url = exchange.rest_url
    async with SimulatorControl(rest_url, TrainingError) as control:
        with pytest.raises(TrainingError, match="ConnectionError"):
            await TrainingGround(control).load()
