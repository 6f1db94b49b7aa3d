"""What takes long is done in portions, so that nothing else waits for the whole of it."""

from functools import partial

import pytest
from PyQt6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from tests.fakes import FakeMarketDataFeed
from tests.gui.test_metrics_screen import Showing
from tests.waiting import until
from upbit_auto_trading.presentation.portions import Portions
from upbit_auto_trading.presentation.theme import Theme
from upbit_auto_trading.presentation.widgets.metrics_plot import MetricsPlot

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")


def test_pieces_are_done_in_order_and_never_two_in_one_turn(qtbot: QtBot) -> None:
    done: list[str] = []
    turns: list[int] = []
    portions = Portions(0)
    timer = portions.findChild(QTimer)
    assert timer is not None
    timer.timeout.connect(lambda: turns.append(len(done)))
    portions.put(partial(done.append, name) for name in ("a", "b", "c"))
    assert done == []
    qtbot.waitUntil(lambda: len(done) == 3, timeout=10_000)
    assert done == ["a", "b", "c"]
    assert turns == [1, 2, 3]
    assert len(portions) == 0


def test_a_piece_may_put_others_behind_it_and_what_waits_can_be_finished_or_left() -> None:
    done: list[str] = []
    portions = Portions(1_000)
    portions.put([lambda: portions.put([lambda: done.append("later")]), lambda: done.append("now")])
    portions.finish()
    assert done == ["now", "later"]
    portions.put([lambda: done.append("never")])
    portions.clear()
    portions.finish()
    assert done == ["now", "later"]


async def test_the_metrics_screen_is_built_in_many_turns_of_the_loop(
    theme: Theme, feed: FakeMarketDataFeed
) -> None:
    showing = Showing(theme, feed)
    showing.services.metrics.sample()
    showing.screen.attach(showing.services)
    showing.screen.show()
    showing.screen.opened()
    assert showing.screen.findChildren(MetricsPlot) == []
    counts = {0}

    def look() -> bool:
        counts.add(len(showing.screen.findChildren(MetricsPlot)))
        return max(counts) == 8

    await until(look)
    assert len(counts) >= 3
    await showing.end()


async def test_a_refresh_of_the_metrics_screen_does_little_at_once(
    theme: Theme, feed: FakeMarketDataFeed
) -> None:
    showing = Showing(theme, feed)
    showing.open()
    showing.second()
    portions = showing.screen.portions
    for _turn in range(5):
        showing.screen.refresh()
        # What this turn brings waits for turns of the loop; nothing of the one before does.
        assert len(portions) >= 3
    await showing.end()
