"""Each trouble in four parts: what happened, the effect on money, what is done, what to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.metrics_grades import Grade
from upbit_auto_trading.application.metrics_reading import Trouble
from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import metrics_words as words
from upbit_auto_trading.presentation.widgets.metrics_trouble import ActionLook, TroubleLook

if TYPE_CHECKING:
    from upbit_auto_trading.application.metrics_reading import Readings
    from upbit_auto_trading.domain.feed_sample import FeedSample
    from upbit_auto_trading.presentation.viewmodels.stakes import Stakes

ASK_AGAIN, RENEW, LOG, BUNDLE = "ask_again", "renew", "log", "bundle"
CODES: Final = {
    Trouble.LOST: "E-WS-LOST",
    Trouble.BANNED: "E-REST-BLOCKED",
    Trouble.STALLED: "E-WS-STALL",
    Trouble.STREAM_STALLED: "E-STREAM-STALL",
    Trouble.DIFFERS: "E-SUB-DIFFERS",
    Trouble.UNFILLABLE: "E-GAP-OPEN",
    Trouble.FILLING: "W-GAP-FILLING",
    Trouble.REFUSED: "E-REST-LIMIT",
    Trouble.UNREADABLE: "E-DATA-BAD",
    Trouble.LATE: "E-DATA-LATE",
    Trouble.SLOW_APP: "E-APP-SLOW",
    Trouble.SLOW_SCREEN: "E-SCREEN-SLOW",
    Trouble.SLOW_SWAP: "E-SWAP-SLOW",
    Trouble.UNANSWERED: "E-NOT-IN-TIME",
    Trouble.RECONNECTING: "E-RECONNECTS",
    Trouble.BUDGET: "E-BUDGET",
    Trouble.GROWING: "E-MEMORY",
    Trouble.OLD_VALUE: "W-OLD-VALUE",
    Trouble.POOR_GUESSES: "W-PREDICTION",
    Trouble.ON_REST: "E-ON-REST",
}


@dataclass(frozen=True, slots=True)
class _Told:
    title: str
    money: str
    done: str
    todo: str
    actions: tuple[str, ...] = ()


def summary(readings: Readings) -> str:
    """The line beside the title while nothing is bad: what is worth watching, if anything."""
    titles = {
        trouble: _told(trouble, readings, None).title for trouble, *_rest in readings.troubles
    }
    lasting = [title for trouble, title in titles.items() if trouble not in readings.over]
    if lasting:
        return " · ".join(lasting)
    if titles:
        return _("All is well again. Over, and still in the figures: {what}").format(
            what=" · ".join(titles.values())
        )
    return _("Everything is as it should be: what you see is live.")


def look(
    trouble: Trouble, grade: Grade, readings: Readings, since: float, stakes: Stakes | None
) -> TroubleLook:
    """One trouble as the panel shows it; `since` is wall-clock seconds.

    `stakes` is what hangs on the data; None where no account is open.
    """
    sample, is_over = readings.sample, trouble in readings.over
    told = _over(trouble, readings) if is_over else _told(trouble, readings, stakes)
    began = formatting.clock(datetime.fromtimestamp(since, UTC))
    when = _("since {time}, for {s}").format(
        time=began, s=words.seconds(max(0.0, sample.at - since))
    )
    if is_over:
        when = _("began at {time}, is over").format(time=began)
    parts = [
        (_("Effect on my money"), told.money),
        (_("What is already being done"), told.done),
        (_("What I can do"), told.todo),
    ]
    actions = [_action(name, is_primary=place == 0) for place, name in enumerate(told.actions)]
    actions += [_action(LOG), _action(BUNDLE)]
    tone = "bad" if grade is Grade.BAD and not is_over else "warn"
    return TroubleLook(told.title, CODES[trouble], when, parts, actions, tone)


def log_words(trouble: Trouble) -> tuple[str, ...]:
    """What log lines behind a trouble have in them: any of these."""
    connection = ("connect", "reconnect", "epoch", "W-TRAINING")
    told = {
        Trouble.LOST: connection,
        Trouble.RECONNECTING: connection,
        Trouble.STALLED: ("stall", "recover", *connection),
        Trouble.STREAM_STALLED: ("stall", "recover", "isolat", "server error", "W-TRAINING"),
        Trouble.OLD_VALUE: ("stall", "recover", "W-TRAINING"),
        Trouble.DIFFERS: ("subscri", "swap", "W-TRAINING"),
        Trouble.SLOW_SWAP: ("swap", "subscri"),
        Trouble.BANNED: ("418", "429", "block", "limit", "W-TRAINING"),
        Trouble.REFUSED: ("418", "429", "block", "limit", "W-TRAINING"),
        Trouble.BUDGET: ("418", "429", "limit"),
        Trouble.UNFILLABLE: ("gap", "backfill", "fill"),
        Trouble.FILLING: ("gap", "backfill", "fill"),
        Trouble.UNREADABLE: ("malformed", "quarantine", "read", "W-TRAINING"),
        Trouble.UNANSWERED: ("fallback", "stall", "REST", "W-TRAINING"),
        Trouble.ON_REST: ("fallback", "stall", "REST", "W-TRAINING"),
    }.get(trouble, ())
    return (CODES[trouble], *told)


def _action(name: str, *, is_primary: bool = False) -> ActionLook:
    icon, text = {
        ASK_AGAIN: ("refresh-cw", _("Subscribe again")),
        RENEW: ("plug-zap", _("Reconnect")),
        LOG: ("scroll-text", _("Log lines behind it")),
        BUNDLE: ("download", _("Save diagnostics")),
    }[name]
    return ActionLook(name, icon, text, is_primary)


def money(stakes: Stakes | None) -> str:
    """What data that can't be trusted means for money, by what hangs on it at this moment."""
    if stakes is None:
        return _(
            "Rules that need this data hold back: they neither fire nor send an order until it "
            "is fresh again."
        )
    told = _(
        "No strategy is running, so nothing is bought or sold by itself. Before an order by hand, "
        "look how old its price is."
    )
    if stakes.held_back:
        told = _(
            "Strategies that hold back: {held} of {n}. No rule of theirs fires, no order is sent "
            "until their data is fresh again."
        ).format(held=stakes.held_back, n=stakes.strategies)
    elif stakes.on_rest:
        told = _("Strategies that go on: {n}, of them by prices from REST: {rest}.").format(
            n=stakes.strategies, rest=stakes.on_rest
        )
    elif stakes.strategies:
        told = _("Strategies that go on: {n}. The data they are judged on is fresh.").format(
            n=stakes.strategies
        )
    if not stakes.positions and not stakes.orders:
        return told
    return _("{text} Positions {positions}, open orders {orders}.").format(
        text=told, positions=stakes.positions, orders=stakes.orders
    )


def _over(trouble: Trouble, readings: Readings) -> _Told:
    """What has ended: the figure reaches back to it, the data is fine again."""
    reach = _("the last hour") if trouble is Trouble.RECONNECTING else _("the last minute")
    return _Told(
        _told(trouble, readings, None).title,
        _("None any more from this: it has ended."),
        _("The figure tells of {reach} and turns green by itself.").format(reach=reach),
        _("Nothing. The log lines say what it was."),
    )


def _told(trouble: Trouble, readings: Readings, stakes: Stakes | None) -> _Told:
    sample = readings.sample
    held_back = money(stakes)
    none = _("None: what rules are judged on is fresh.")
    if stakes is not None and stakes.held_back:
        none = held_back
    by_itself = _("It comes back by itself. The button only makes it sooner.")
    streams = sample.streams
    if trouble is Trouble.LOST:
        return _Told(
            _("The connection is lost"),
            held_back,
            _("REST isn't reached either. Both are tried again and again; gaps are filled later.")
            if readings.is_rest_silent
            else _(
                "It reconnects by itself; meanwhile REST answers, and gaps are filled afterwards."
            ),
            _("Check the network. {text}").format(text=by_itself),
            (RENEW,),
        )
    if trouble in (Trouble.STALLED, Trouble.STREAM_STALLED):
        title = (
            _("WebSocket is connected, but data has stopped")
            if trouble is Trouble.STALLED
            else _("{n} streams have stopped").format(n=streams.stalled)
        )
        return _Told(
            title,
            held_back,
            _(
                "REST carries the values, the subscription is asked for again, then the "
                "connection is renewed."
            ),
            by_itself,
            (ASK_AGAIN, RENEW),
        )
    if trouble is Trouble.BANNED:
        left = words.seconds(sample.banned_for_s)
        return _Told(
            _("The exchange has blocked REST requests for {left}").format(left=left),
            _("Live data goes on over WebSocket. History and checks have to wait.")
            if stakes is None or not stakes.held_back
            else held_back,
            _("No request is sent until the block ends, not even after a restart."),
            _("Wait. Close other programs that use Upbit from this network."),
        )
    if trouble is Trouble.REFUSED:
        return _Told(
            _("The exchange refused a request: too many (429)"),
            none,
            _("The group paused for a second and goes at half its rate for a minute."),
            _("Close other programs that use Upbit from this network."),
        )
    if trouble is Trouble.DIFFERS:
        return _Told(
            _("The exchange sends something else than what was asked for"),
            held_back,
            _("The whole subscription is asked for again."),
            by_itself,
            (ASK_AGAIN, RENEW),
        )
    if trouble in (Trouble.UNFILLABLE, Trouble.FILLING):
        return _gap(trouble, sample, held_back)
    return _slow_or_tight(trouble, held_back, none)


def _gap(trouble: Trouble, sample: FeedSample, held_back: str) -> _Told:
    if trouble is Trouble.UNFILLABLE:
        return _Told(
            _("A gap can't be filled: it began before what the exchange still gives"),
            _("Windows and indicators over the gap stay unknown, and so do rules on them."),
            _("Everything since then is complete."),
            _("Start the rules that need the gap anew."),
        )
    return _Told(
        _("{n} gaps are being filled").format(n=sample.gaps.open),
        held_back,
        _("What was missed is asked for over REST, the most urgent first."),
        _("Nothing: it takes some seconds."),
    )


def _slow_or_tight(trouble: Trouble, held_back: str, none: str) -> _Told:
    on = _("It is measured on, and shown here as soon as it ends.")
    return {
        Trouble.UNREADABLE: _Told(
            _("Data that can't be read arrives"),
            held_back,
            _("It is dropped and counted; when it goes on, REST takes over."),
            _("Save the diagnostics and report it."),
            (RENEW,),
        ),
        Trouble.LATE: _Told(
            _("Data arrives late"),
            _("Prices are older than they look; orders would meet other prices."),
            on,
            _("Check the network and the computer's clock."),
            (RENEW,),
        ),
        Trouble.SLOW_APP: _Told(
            _("The program reacts slowly"),
            _("Decisions come later by as much."),
            on,
            _("Close charts and other programs that use the processor."),
        ),
        Trouble.SLOW_SCREEN: _Told(
            _("The screen shows values late"),
            _("None for rules: they don't wait for the screen."),
            on,
            _("Close charts, or make the window smaller."),
        ),
        Trouble.SLOW_SWAP: _Told(
            _("Switching markets takes long"),
            none,
            on,
            _("Check the network; nothing is lost meanwhile."),
        ),
        Trouble.UNANSWERED: _Told(
            _("Not every value arrives in time"),
            held_back,
            _("REST is asked beside the socket, and the socket is watched."),
            _("See which streams are late in the table."),
            (ASK_AGAIN,),
        ),
        Trouble.RECONNECTING: _Told(
            _("The connection breaks often"),
            _("Rules hold back for the moment of each break."),
            _("It reconnects by itself each time, and gaps are filled."),
            _("Check the network: a cable is steadier than Wi-Fi."),
        ),
        Trouble.BUDGET: _Told(
            _("The exchange's limits are nearly used up"),
            _("None; changes wait for their turn."),
            _("Requests are spaced out; nothing goes beyond the limit."),
            _("Wait some seconds before switching on."),
        ),
        Trouble.GROWING: _Told(
            _("The program takes more and more memory"),
            none,
            on,
            _("Save the diagnostics, then start the program again."),
        ),
        Trouble.OLD_VALUE: _Told(
            _("A stream is quieter than usual"),
            _("None yet. Rules that need it hold back once it passes its limit."),
            _("If it goes on, REST is asked whether there was anything to deliver."),
            _("Nothing: if it has stopped, it is mended by itself."),
        ),
        Trouble.POOR_GUESSES: _Told(
            _("Subscribing ahead doesn't pay at present"),
            none,
            _("It has been reduced or switched off; it tries again now and then."),
            _("Nothing."),
        ),
        Trouble.ON_REST: _Told(
            _("Much of the data comes over REST"),
            held_back,
            _("REST carries what the socket doesn't; the socket is being mended."),
            _("See the streams' reasons in the table."),
            (ASK_AGAIN, RENEW),
        ),
    }[trouble]
