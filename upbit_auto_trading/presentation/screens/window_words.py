"""What the frame of the window says: mode, banners, status strip, title."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upbit_auto_trading.application.candles import ChartState, ChartStatus
from upbit_auto_trading.application.connection import ConnectionNotice, EndpointKind
from upbit_auto_trading.application.metrics_grades import Grade
from upbit_auto_trading.domain.settings import SettingsTrouble
from upbit_auto_trading.domain.subscription import ConnectionState
from upbit_auto_trading.presentation import formatting, wording
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import metrics_words
from upbit_auto_trading.presentation.screens.strip_words import CONNECTION_INKS
from upbit_auto_trading.presentation.widgets.banner import BannerLook
from upbit_auto_trading.presentation.widgets.mode_bar import ModeKind, ModeLook
from upbit_auto_trading.presentation.widgets.status_strip import StatusItem

if TYPE_CHECKING:
    from upbit_auto_trading.application.connection import ExchangeEndpoint
    from upbit_auto_trading.application.services import Services
    from upbit_auto_trading.application.subscription_metrics import FeedHealth
    from upbit_auto_trading.domain.settings import SettingsProblem
    from upbit_auto_trading.domain.ticker import Ticker


def starting_look() -> ModeLook:
    """The mode bar before an exchange is chosen."""
    return ModeLook(ModeKind.STARTING, _("Starting"), (_("Choosing the exchange"),))


def mode_look(endpoint: ExchangeEndpoint) -> ModeLook:
    """Whose prices these are."""
    if endpoint.kind is EndpointKind.UPBIT:
        return ModeLook(
            ModeKind.MARKET_DATA,
            _("Live prices — Upbit"),
            (_("Prices only: no order leaves this program"),),
        )
    chips = [_("Prices shown are not real")]
    if endpoint.kind is EndpointKind.CUSTOM:
        chips.append(endpoint.host)
    return ModeLook(ModeKind.TRAINING, _("Training — simulated exchange"), tuple(chips))


def data_badge(alarm: Grade) -> tuple[str, str]:
    """The mark at the metrics screen in the rail, and why it is there; none while all is well."""
    return {
        Grade.WARN: ("warn", _("a gap in the data is being filled")),
        Grade.BAD: ("bad", _("the live data is in trouble")),
    }.get(alarm, ("", ""))


def notice_look(services: Services, refusal: str = "") -> BannerLook | None:
    """Why this exchange was chosen if the user didn't ask for it, and whether it is a new one."""
    changed = ""
    if services.simulation_change is not None:
        changed = _(
            "The simulated exchange is another one: its earlier market data was dropped. "
            "Paper accounts stay as they were."
        )
    if services.notice is not ConnectionNotice.UPBIT_UNREACHABLE:
        return _simulation_look(changed) if changed else None
    text = _(
        "Upbit couldn't be reached, so the simulated exchange was started. "
        "Its records are kept apart."
    )
    if refusal:
        text = _("Upbit still can't be reached. The simulated exchange goes on.")
    return BannerLook(
        icon="wifi-off",
        lead=_("Offline"),
        text=" ".join(filter(None, (text, changed))),
        code="E-UPBIT-UNREACHABLE",
        action=_("Reconnect"),
        tone="warn",
        is_training=True,
    )


def _simulation_look(text: str) -> BannerLook:
    return BannerLook(
        icon="info",
        lead=_("New simulation"),
        text=text,
        code="E-SIMULATION-CHANGED",
        action=_("Got it"),
        tone="acc",
        is_training=True,
        action_icon="check",
    )


def connection_look(
    services: Services, status: ChartStatus | None, *, was_connected: bool
) -> BannerLook | None:
    """What is wrong with the connection and what happens next; None while it is fine."""
    state = services.feed.connection_state
    age = formatting.age(status.age_s if status else None)
    if state is not ConnectionState.CONNECTED:
        if state in (ConnectionState.CONNECTING, ConnectionState.CLOSED) and not was_connected:
            return None
        if not was_connected:
            return BannerLook(
                icon="wifi-off",
                lead=_("No connection"),
                text=_("{host} doesn't answer. It is being tried again by itself.").format(
                    host=services.endpoint.host
                ),
                code="E-WS-CONNECT",
                tone="bad",
            )
        if status is not None and status.state is ChartState.REST:
            return _rest_only(age)
        return BannerLook(
            icon="unplug",
            lead=_("Connection lost"),
            text=_(
                "Prices are the last ones received ({age}). It is being reconnected by itself; "
                "conditions aren't judged until then."
            ).format(age=age),
            code="E-WS-LOST",
            tone="bad",
        )
    if status is not None and status.state is ChartState.REST:
        return _rest_only(age)
    if status is not None and status.state is ChartState.STALE:
        return BannerLook(
            icon="triangle-alert",
            lead=_("Data has stopped"),
            text=_(
                "The newest price is from {age}. The subscription is being renewed; "
                "conditions aren't judged until then."
            ).format(age=age),
            code="E-WS-STALL",
            tone="warn",
        )
    return None


def _rest_only(age: str) -> BannerLook:
    return BannerLook(
        icon="unplug",
        lead=_("REST only"),
        text=_(
            "The live connection brings nothing; prices are asked for every two seconds ({age}). "
            "It is being reconnected by itself."
        ).format(age=age),
        code="E-WS-REST",
        tone="warn",
    )


def connection_facts(services: Services, health: FeedHealth) -> list[StatusItem]:
    """What the settings screen tells of the connection, one fact a row."""
    endpoint = services.endpoint
    kind = {
        EndpointKind.UPBIT: _("Upbit"),
        EndpointKind.SIMULATOR: _("Simulated exchange"),
        EndpointKind.CUSTOM: _("Another exchange, named at the start"),
    }[endpoint.kind]
    ink = CONNECTION_INKS[health.connection]
    metrics = services.metrics.performance_metrics() if health.messages_received else {}
    budgets = [
        f"{metrics_words.rest_group(name)} "
        f"{budget['remaining']:,.0f}/{budget['allowed_per_s']:,.0f}"
        for name, budget in metrics.get("budgets", {}).get("rest", {}).items()
        if budget["remaining"] is not None
    ]
    facts = [
        StatusItem(_("Exchange"), kind),
        StatusItem("WebSocket", endpoint.ws_url),
        StatusItem(
            _("WebSocket state"),
            wording.connection(health.connection),
            ink if ink in ("bad", "warn", "good") else "text-1",
        ),
        StatusItem(_("Messages"), _("{n:,.0f}/s").format(n=health.messages_per_s)),
        StatusItem(_("Received"), f"{health.messages_received:,}"),
        StatusItem(_("Reconnects"), f"{health.reconnects}"),
        StatusItem("REST", endpoint.rest_url),
    ]
    if budgets:
        facts.append(StatusItem(_("REST requests left, a second"), " · ".join(budgets)))
    return facts


def settings_problem(problem: SettingsProblem) -> tuple[str, str]:
    """What was wrong with the settings, and what the program did: a title and a sentence."""
    title = {
        SettingsTrouble.DAMAGED: _("The settings were damaged"),
        SettingsTrouble.TOO_NEW: _("The settings are of a newer version"),
        SettingsTrouble.UNUSABLE: _("The settings can't be read"),
        SettingsTrouble.INVALID: _("A setting isn't valid"),
        SettingsTrouble.NOT_SAVED: _("The settings can't be saved"),
    }[problem.trouble]
    text = {
        SettingsTrouble.DAMAGED: _("They were set aside as {detail}; the usual ones are used."),
        SettingsTrouble.TOO_NEW: _("They are left as they are; the usual ones are used."),
        SettingsTrouble.UNUSABLE: _("The usual ones are used and nothing is kept ({detail})."),
        SettingsTrouble.INVALID: _("Its usual value is used ({detail})."),
        SettingsTrouble.NOT_SAVED: _("Changes hold until the program ends ({detail})."),
    }[problem.trouble]
    return title, text.format(detail=problem.detail)


def title(name: str, market: str, ticker: Ticker | None) -> str:
    """The window's title: what the task bar can tell at a glance."""
    program = _("Upbit Auto Trading")
    if ticker is None:
        return program
    price = formatting.price(market, ticker.trade_price)
    return f"{price} {formatting.percent(ticker.change_rate)} {name} · {program}"
