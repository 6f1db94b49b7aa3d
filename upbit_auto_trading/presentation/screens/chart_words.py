"""What the chart screen says, worded from what its view-models know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.candles import ChartState, ChartStatus
from upbit_auto_trading.application.connection import EndpointKind
from upbit_auto_trading.application.triggers import ConditionView
from upbit_auto_trading.domain.market import base_of
from upbit_auto_trading.domain.stream import Source
from upbit_auto_trading.domain.truth import Truth, UnknownReason
from upbit_auto_trading.presentation import formatting, wording
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import provenance_words
from upbit_auto_trading.presentation.widgets.chart_notice import ChartNotice, OlderEdge
from upbit_auto_trading.presentation.widgets.chart_tags import LastPrice
from upbit_auto_trading.presentation.widgets.condition_card import ConditionLook
from upbit_auto_trading.presentation.widgets.market_header import HeaderFigures, SourceLook

if TYPE_CHECKING:
    from upbit_auto_trading.application.ports import MarketValue
    from upbit_auto_trading.domain.ticker import Ticker
    from upbit_auto_trading.domain.timeframe import Timeframe
    from upbit_auto_trading.presentation.viewmodels.chart import ChartViewModel

_OLD: Final = (ChartState.STALE, ChartState.OFFLINE)
_FRESH_S: Final = 5.0
_WAITED_S: Final = 1.0


def is_stale(status: ChartStatus) -> bool:
    """Whether the price shown must not look live."""
    if status.state is ChartState.FAILED:
        return status.age_s is None or status.age_s > _FRESH_S
    return status.state in _OLD


def header_figures(
    market: str, name: str, ticker: Ticker | None, status: ChartStatus
) -> HeaderFigures:
    """The header for a market whose ticker may not have come yet."""
    if ticker is None:
        return HeaderFigures(name=name, market=market, price=formatting.NOTHING)
    exact = formatting.exact_turnover(market, ticker.turnover_24h)
    unit = formatting.price_unit(market)
    return HeaderFigures(
        name=name,
        market=market,
        price=formatting.price(market, ticker.trade_price),
        unit=unit,
        ink=formatting.direction(ticker.change_rate),
        change_rate=(
            f"{formatting.arrow(ticker.change_rate)} {formatting.percent(ticker.change_rate)}"
        ),
        change_price=formatting.signed_price(market, ticker.change_price, ticker.trade_price),
        high=formatting.price(market, ticker.high_price),
        low=formatting.price(market, ticker.low_price),
        turnover=formatting.turnover(market, ticker.turnover_24h),
        turnover_exact=f"{exact} {unit}",
        is_stale=is_stale(status),
    )


def nothing_yet() -> ChartStatus:
    """The status before anything was asked for."""
    return ChartStatus(ChartState.EMPTY, None)


def source_look(kind: EndpointKind, value: MarketValue | None, status: ChartStatus) -> SourceLook:
    """Where a value comes from and how old it is."""
    source = value.origin.source if value else Source.WEBSOCKET
    channel = provenance_words.channel(EndpointKind.UPBIT, source)
    if kind is not EndpointKind.UPBIT:
        channel = _("Simulated")
    age = formatting.age(status.age_s)
    reason = {
        ChartState.EMPTY: (_("Starting"), "off"),
        ChartState.LOADING: (_("Loading"), "off"),
        ChartState.LIVE: (f"{channel} {age}", "good"),
        ChartState.REST: (_("REST only · {age}").format(age=age), "warn"),
        ChartState.INCOMPLETE: (_("Filling a gap · {age}").format(age=age), "warn"),
        ChartState.STALE: (_("Stalled · {age}").format(age=age), "warn"),
        ChartState.OFFLINE: (_("Disconnected · {age}").format(age=age), "bad"),
        ChartState.FAILED: (f"{channel} {age}", "warn"),
    }
    text, tone = reason[status.state]
    if status.state is not ChartState.EMPTY and value is None and tone in ("good", "warn", "bad"):
        text, tone = _("No data yet"), "bad" if tone == "bad" else "off"
    if kind is not EndpointKind.UPBIT and tone == "good":
        tone = "warn"
    explanation = ""
    if value is not None:
        explanation = provenance_words.of_value(kind, value, status.age_s)
    return SourceLook(text, tone, explanation)


def last_price(chart: ChartViewModel, status: ChartStatus) -> LastPrice | None:
    """The chart's price tag, None before the first price."""
    ticker, market = chart.ticker, chart.market
    if ticker is None or market is None:
        return None
    stale = is_stale(status)
    left = chart.seconds_to_close()
    return LastPrice(
        value=ticker.trade_price,
        text=formatting.price(market, ticker.trade_price),
        direction=formatting.direction(ticker.change_rate),
        countdown="" if stale or left is None else formatting.countdown(left),
        is_stale=stale,
    )


def chart_notice(
    market: str, timeframe: Timeframe, status: ChartStatus, waited_s: float, host: str
) -> ChartNotice:
    """What stands where candles will be."""
    length = formatting.timeframe_name(timeframe)
    if status.state is ChartState.FAILED and status.failure is not None:
        return ChartNotice(
            _("The candles of {market} didn't come").format(market=market),
            _("{why}. It is being tried again.").format(
                why=_sentence(wording.failure(status.failure))
            ),
        )
    if status.state is ChartState.OFFLINE:
        return ChartNotice(
            _("There is no connection yet"),
            _("Connecting to {host}. This goes on by itself.").format(host=host),
        )
    if waited_s < _WAITED_S:
        return ChartNotice("")
    return ChartNotice(
        _("Loading {market}").format(market=market),
        _("Waiting for candles of {length} from {host}").format(length=length, host=host),
    )


def older_edge(chart: ChartViewModel) -> OlderEdge:
    """What lies before the oldest candle."""
    if chart.is_loading_older:
        return OlderEdge.LOADING
    if chart.older_failed:
        return OlderEdge.FAILED
    return OlderEdge.FIRST_CANDLE if chart.reached_start else OlderEdge.UNKNOWN


def condition_look(view: ConditionView, market: str, timeframe: Timeframe | None) -> ConditionLook:
    """The live condition in words."""
    length = formatting.timeframe_name(timeframe) if timeframe else formatting.NOTHING
    basis = _("{market} · {length} · closed candles").format(market=base_of(market), length=length)
    if view.candle_start_ms is not None and timeframe is not None:
        time = formatting.candle_time(view.candle_start_ms, timeframe)
        basis = _("{market} · {length} · candle of {time}, closed").format(
            market=base_of(market), length=length, time=time
        )
    if view.truth is Truth.UNKNOWN or view.value is None or view.distance is None:
        distance = wording.unknown(view.reason) if view.reason else ""
        value = formatting.NOTHING
    else:
        value = f"{view.value:.1f}"
        distance = (
            _("{n:.1f} to go").format(n=view.distance)
            if view.distance > 0
            else _("{n:.1f} below the limit").format(n=-view.distance)
        )
    words = {
        Truth.TRUE: _("true"),
        Truth.FALSE: _("false"),
        Truth.UNKNOWN: _("unknown"),
    }
    return ConditionLook(
        sentence=f"RSI({view.period}) ≤ {view.threshold:g}",
        truth=view.truth.value,
        truth_word=words[view.truth],
        value=value,
        distance=distance,
        basis=basis,
        share=None if view.value is None else view.value / 100,
        threshold_share=view.threshold / 100,
    )


def waiting_condition(market: str) -> ConditionLook:
    """The live condition before there is anything to judge."""
    view = ConditionView(14, 20.0, Truth.UNKNOWN, UnknownReason.LOADING, None, None, None)
    return condition_look(view, market, None)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
