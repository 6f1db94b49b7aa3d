"""What is written at lines and hatched stretches of the chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.candles import ChartState
from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens.indicator_plan import handed_out, inks_of, label
from upbit_auto_trading.presentation.widgets.chart_gaps import ChartGap
from upbit_auto_trading.presentation.widgets.chart_levels import ChartLevel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.domain.chart_indicator import ChartIndicator, IndicatorKinds
    from upbit_auto_trading.presentation.viewmodels.chart import ChartViewModel

_DASHES: Final = (2.0, 3.0)


def live_levels(
    chart: ChartViewModel, indicators: Sequence[ChartIndicator], kinds: IndicatorKinds
) -> tuple[ChartLevel, ...]:
    """The lines of indicators that have a value for now only; unknown ones aren't drawn."""
    found = []
    for number, indicator in enumerate(indicators):
        kind = kinds[indicator.kind]
        if kind.needs_candles or indicator.is_hidden:
            continue
        value = chart.live_value(kind.id, dict(indicator.parameters))
        if value is not None:
            ink = inks_of(kind, indicator, handed_out(kinds, indicators[:number]))[0]
            name = label(kind, indicator)
            found.append(ChartLevel(f"live-{number}", value, name, ink, dashes=_DASHES))
    return tuple(found)


def gaps(chart: ChartViewModel) -> tuple[ChartGap, ...]:
    """The stretch whose candles may lack trades, with what is done about it."""
    missing = chart.missing()
    if missing is None:
        return ()
    since, until = (formatting.minute_of(moment) for moment in missing)
    if chart.status.state is ChartState.INCOMPLETE:
        words = _("Missing {since}–{until} · being filled").format(since=since, until=until)
    else:
        words = _("No data since {since}").format(since=since)
    return (ChartGap(*missing, words),)
