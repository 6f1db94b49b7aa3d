"""What a chart is told of the trading in its market."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from tests.paper_child import MARKET
from tests.paper_desk import LOW, PaperRoom
from tests.waiting import until
from upbit_auto_trading.application.paper_service import PaperTrading
from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.domain.money import exact, tick_size
from upbit_auto_trading.presentation.screens.chart_trading_words import levels
from upbit_auto_trading.presentation.viewmodels.chart_trading import ChartTradingViewModel


async def test_what_concerns_no_market_is_kept_and_leaves_the_chart_as_it_is(
    trading: PaperTrading,
) -> None:
    model = ChartTradingViewModel(trading)
    model.show_market(MARKET)
    limits = replace(trading.account.limits, orders_a_minute=20)
    await trading.account.set_limits(limits)
    assert trading.account.limits == limits
    assert not model.entries
    await model.close()


async def test_a_rule_s_line_has_its_own_number_and_lies_on_a_price_the_market_can_have(
    tmp_path: Path,
) -> None:
    room = PaperRoom(tmp_path)
    async with room.open() as opened:
        strategy = shipped_template(SEVEN_RULES).strategy
        await opened.runs.start(strategy, MARKET, Decimal(1_000_000))
        model = ChartTradingViewModel(opened)
        model.show_market(MARKET)
        room.quote(LOW)
        room.print_at(LOW)
        (run,) = model.runs
        await until(lambda: any(view.firing_price for view in model.rules(run)))
        drawn = {
            level.label: level.value for level in levels(model, has_marks=True, has_peaks=False)
        }
        assert set(drawn) >= {"6 급락 감지 ▼", "7 급등 감지 ▲"}
        for price in drawn.values():
            assert price % float(tick_size(MARKET, exact(price))) == 0
        await model.close()
