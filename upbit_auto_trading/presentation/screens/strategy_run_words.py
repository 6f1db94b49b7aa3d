"""What a strategy's run does, and why something about it can't be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upbit_auto_trading.application.paper_views import RunCondition, TradingRefusedError
from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.recording import LedgerError
from upbit_auto_trading.domain.tick import Quality
from upbit_auto_trading.presentation import formatting, wording
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import refusal_words
from upbit_auto_trading.presentation.widgets.strategy_run import RunLook

if TYPE_CHECKING:
    from upbit_auto_trading.application.paper_views import RunView
    from upbit_auto_trading.presentation.viewmodels.strategy_editor import StrategyEditor
    from upbit_auto_trading.presentation.viewmodels.strategy_live import StrategyLive


def run_look(editor: StrategyEditor, live: StrategyLive | None, trouble: str) -> RunLook:
    """What the bar above the rules says of the run."""
    if live is None or editor.strategy is None:
        return RunLook(_("nothing runs"), "text-3", "circle", may_act=False)
    if not live.may_trade:
        hint = refusal_words.no_account(trouble)
        return RunLook(_("no paper account"), "warn", "triangle-alert", may_act=False, hint=hint)
    run = live.run
    if run is None or not run.is_live:
        return _resting(editor, live, run)
    return _running(editor, run)


def _resting(editor: StrategyEditor, live: StrategyLive, run: RunView | None) -> RunLook:
    words, ink, icon = _("judged only, no orders"), "text-2", "eye"
    if run is not None and run.condition is RunCondition.STARTING:
        return RunLook(_("starting…"), "acc", "hourglass", may_act=False)
    if run is not None and run.condition is RunCondition.FAILED:
        words = _("it ended by itself: {why}").format(why=refusal_words.trouble_words(run.trouble))
        ink, icon = "bad", "octagon-alert"
    elif run is not None and run.position is not None:
        words, ink, icon = _("stopped while holding"), "warn", "triangle-alert"
    hint = ""
    if editor.saved is None or editor.is_changed:
        hint = _("Save it first: only saved versions run.")
    elif not editor.can_be_saved:
        hint = _("It can't run yet: see the check at the right.")
    elif live.is_stopped:
        hint = _("Everything is stopped. Allow orders again first.")
    return RunLook(words, ink, icon, may_act=not hint, hint=hint)


def _running(editor: StrategyEditor, run: RunView) -> RunLook:
    words, ink, icon, holds = _("running on paper"), "good", "circle-play", "suspend"
    if run.condition is RunCondition.SUSPENDED:
        words, holds = _("suspended: judged, no orders"), "resume"
        ink, icon = "warn", "circle-pause"
    elif run.condition is RunCondition.HELD:
        words, ink, icon = _("held: the disk can't be written"), "bad", "octagon-alert"
    elif run.quality is Quality.REST:
        words = _("running by prices from REST, {age}").format(age=formatting.age(run.age_s))
        ink, icon = "warn", "triangle-alert"
    elif run.quality is not None and not run.quality.is_print:
        words = _("held back: data {age}").format(age=formatting.age(run.age_s))
        ink, icon = "warn", "triangle-alert"
    words = f"{words} · v{run.strategy.revision}"
    change = ""
    if run.pending is not None:
        words += " · " + _("v{revision} from the next entry").format(revision=run.pending.revision)
    elif editor.saved is not None and editor.saved.revision > run.strategy.revision:
        change = _("Version {old} is running. When is version {new} to take its place?").format(
            old=run.strategy.revision, new=editor.saved.revision
        )
    return RunLook(words, ink, icon, "stop", holds=holds, change=change)


def done(name: str) -> str:
    """What was done."""
    return {
        "start": _("It runs on paper from now on."),
        "stop": _("It is stopped. What it holds stays."),
        "suspend": _("Suspended: its rules order nothing."),
        "resume": _("Its rules may order again."),
        "apply": _("The new version is in force."),
        "apply_later": _("The new version follows once nothing is held."),
    }[name]


def refused(error: Exception) -> str:
    """Why something couldn't be done."""
    if isinstance(error, MarketDataError):
        return _("Not done: {why}.").format(why=wording.failure(error.cause))
    if isinstance(error, LedgerError):
        return _("Not done: it can't be kept on disk ({code}).").format(code=error.code)
    if not isinstance(error, TradingRefusedError):
        return str(error)
    facts = {name: str(value) for name, value in error.facts.items()}
    told = {
        "already_running": _("It runs already."),
        "not_running": _("It doesn't run."),
        "everything_stopped": _("Everything is stopped. Allow orders again first."),
        "quote_not_offered": _("Only markets against KRW can be traded on paper."),
        "market_not_listed": _("The exchange doesn't list this market."),
        "not_enough_cash": _("Not enough free cash: {needed} needed, {free} free."),
        "below_minimum": _("Too little cash: the least is {minimum}."),
        "position_open": _("It still holds something."),
        "has_errors": _("The check found errors: mend them first."),
        "unusable_strategy": _("A trigger can't be judged as it is."),
    }.get(error.code)
    if told is None:
        return _("Not done ({code}).").format(code=error.code)
    amounts = {"needed": "?", "free": "?", "minimum": "?"} | {
        name: _amount(value) for name, value in facts.items()
    }
    return told.format(**amounts)


def _amount(text: str) -> str:
    try:
        return f"{float(text):,.0f}"
    except ValueError:
        return text
