"""Journal entries in the user's words: a title, a reason, and the values behind a decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from upbit_auto_trading.application.order_tickets import BY_HAND
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.expression import Comparison
from upbit_auto_trading.domain.expression_edit import NoSuchNodeError, find
from upbit_auto_trading.domain.market import quote_of
from upbit_auto_trading.domain.truth import Truth
from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import _, language
from upbit_auto_trading.presentation.screens.account_words import (
    coins,
    market_name,
    moment,
)
from upbit_auto_trading.presentation.screens.backtest_words import signed
from upbit_auto_trading.presentation.screens.refusal_words import refusal_code, trouble_words
from upbit_auto_trading.presentation.screens.strategy_words import ROLE_TOKENS, of, role_icon
from upbit_auto_trading.presentation.sentence import Sentences
from upbit_auto_trading.presentation.sentence_words import number
from upbit_auto_trading.presentation.widgets.data_table import Cell, Column, Row
from upbit_auto_trading.presentation.widgets.journal_list import JournalRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from upbit_auto_trading.domain.market import MarketInfo
    from upbit_auto_trading.domain.paper_account import TimelineEntry
    from upbit_auto_trading.domain.rule import Rule
    from upbit_auto_trading.domain.strategy import Strategy

    Names = Mapping[str, MarketInfo]
    Strategies = Mapping[str, Strategy]

_TRUTH: Final = {
    Truth.TRUE.value: ("circle-dot", "good"),
    Truth.FALSE.value: ("circle", "text-3"),
    Truth.UNKNOWN.value: ("circle-dashed", "warn"),
}


def kinds() -> list[tuple[str, str]]:
    """Kinds of entries one can choose, the first one is all."""
    return [
        ("", _("Everything")),
        ("decision", _("Decisions")),
        ("order", _("Orders")),
        ("fill", _("Fills of orders")),
        ("data", _("Data")),
        ("run", _("Runs of strategies")),
    ]


def journal_row(entry: TimelineEntry, names: Names, strategies: Strategies) -> JournalRow:
    """An entry as the timeline shows it."""
    rule = _rule(entry, strategies)
    icon, ink, title, text = _told(entry, rule)
    if entry.kind == "run":
        text = " · ".join(filter(None, (_strategy_name(entry, strategies), text)))
    return JournalRow(
        entry.id,
        moment(entry.ms),
        icon,
        ink,
        title,
        market_name(names, entry.market) if entry.market else "",
        text,
        entry.correlation,
    )


def _rule(entry: TimelineEntry, strategies: Strategies) -> Rule | None:
    strategy = strategies.get(entry.strategy_id)
    identity = entry.data.get("rule")
    if strategy is None or not identity:
        return None
    try:
        return strategy.rule(str(identity))
    except LookupError:
        return None


def _strategy_name(entry: TimelineEntry, strategies: Strategies) -> str:
    """The name of the entry's strategy, with its version where the entry has it."""
    if entry.strategy_id == BY_HAND.id:
        return of(BY_HAND.name)
    strategy = strategies.get(entry.strategy_id)
    name = entry.strategy_id if strategy is None else of(strategy.name)
    revision = entry.data.get("revision")
    return f"{name} v{revision}" if revision else name


def _told(entry: TimelineEntry, rule: Rule | None) -> tuple[str, str, str, str]:
    words = {
        "decision": _decision,
        "order": _order,
        "fill": _fill,
        "data": _data,
        "run": _run,
        "cash": _cash,
    }.get(entry.kind)
    if words is not None:
        return words(entry, rule)
    return _other(entry)


def _name(entry: TimelineEntry, rule: Rule | None) -> str:
    if rule is not None:
        return of(rule.name)
    return str(entry.data.get("rule") or _("By hand"))


def _decision(entry: TimelineEntry, rule: Rule | None) -> tuple[str, str, str, str]:
    data = entry.data
    outcome = str(data.get("outcome", ""))
    what = {
        "ordered": _("orders"),
        "cancelled": _("cancels the open order"),
        "entered_mode": _("enters its mode"),
        "armed": _("is armed"),
        "notified": _("tells"),
        "suppressed": _("held back"),
        "refused": _("refused"),
        "observed": _("seen, nothing to do"),
        "held_back": _("not judged"),
    }.get(outcome, outcome)
    ink = ROLE_TOKENS[rule.role] if rule is not None else "text-2"
    icon = role_icon(rule) if rule is not None else "circle-dot"
    if outcome in ("suppressed", "observed"):
        icon, ink = "ban", "text-2"
    elif outcome == "refused":
        icon, ink = "triangle-alert", "bad"
    elif outcome == "held_back":
        icon, ink = "hourglass", "warn"
    reason = reason_words(str(data.get("reason", "")))
    price = data.get("price")
    parts = [reason] if reason else []
    if isinstance(price, float | int):
        parts.append(_("at {price}").format(price=_price(entry.market, float(price))))
    is_of_all = outcome == "held_back" and not data.get("rule")
    title = _("Not judged") if is_of_all else f"{_name(entry, rule)} — {what}"
    return icon, ink, title, " · ".join(parts)


def reason_words(code: str) -> str:
    """Why a rule that fired didn't act."""
    return {
        "suspended": _("another rule suspends it"),
        "holding": _("a position is held already"),
        "flat": _("nothing is held"),
        "entry_blocked": _("entries are blocked after a crash"),
        "limit_reached": _("it has acted as often as it may"),
        "cooling_down": _("it is cooling down"),
        "another_ordered": _("another rule ordered in this tick"),
        "order_open": _("an order is still open"),
        "backfilled": _("the data came later"),
        "in_mode": _("it is in that mode already"),
        "missing": _("no data"),
        "stale": _("the data is too old"),
        "transition_cache": _("subscription changing"),
        "unkept": _("the disk can't be written"),
    }.get(code, refusal_code(code) if code else "")


def _order(entry: TimelineEntry, rule: Rule | None) -> tuple[str, str, str, str]:
    data = entry.data
    state = str(data.get("state", ""))
    icon, ink, what = {
        "filled": ("check", "good", _("order filled")),
        "partly_filled": ("check", "warn", _("order partly filled")),
        "cancelled": ("x", "text-2", _("order cancelled")),
        "refused": ("triangle-alert", "bad", _("order refused")),
        "intended": ("circle-dashed", "text-2", _("order placed")),
    }.get(state, ("circle-dashed", "text-2", state or _("order placed")))
    side = {"buy": _("▲ buy"), "sell": _("▼ sell")}.get(str(data.get("side", "")), "")
    reason = refusal_code(str(data["reason"])) if data.get("reason") else ""
    return icon, ink, f"{_name(entry, rule)} — {what}", " · ".join(filter(None, (side, reason)))


def _fill(entry: TimelineEntry, rule: Rule | None) -> tuple[str, str, str, str]:
    data = entry.data
    is_buy = data.get("side") == "buy"
    unit = _unit(entry)
    text = _("{quantity} at {price} · {funds} · fee {fee}").format(
        quantity=coins(float(data["quantity"])),
        price=_price(entry.market, float(data["price"])),
        funds=formatting.number(float(data["funds"]), 0) + unit,
        fee=formatting.number(float(data["fee"]), 0) + unit,
    )
    what = _("bought") if is_buy else _("sold")
    ink = "up" if is_buy else "down"
    return ("log-in" if is_buy else "trending-down"), ink, f"{_name(entry, rule)} — {what}", text


def _data(entry: TimelineEntry, _rule: Rule | None) -> tuple[str, str, str, str]:
    quality = str(entry.data.get("quality", ""))
    age = entry.data.get("age_ms")
    aged = formatting.age(float(age) / 1000) if isinstance(age, int | float) else ""
    words = {
        "live": ("radio", "good", _("Data is live"), _("rules are judged")),
        "rest": ("radio", "warn", _("Data comes over REST"), _("rules are judged on it")),
        "backfilled": ("history", "text-2", _("A gap was filled"), _("nothing fires on it")),
        "missing": ("hourglass", "warn", _("Not judged"), _("no data")),
        "stale": ("hourglass", "warn", _("Not judged"), _("data from {age}").format(age=aged)),
        "transition_cache": ("hourglass", "warn", _("Not judged"), _("subscription changing")),
        "unkept": ("hourglass", "bad", _("Not judged"), _("the disk can't be written")),
    }
    return words.get(quality, ("hourglass", "warn", _("Data"), quality))


def _run(entry: TimelineEntry, _rule: Rule | None) -> tuple[str, str, str, str]:
    state = str(entry.data.get("state", ""))
    icon, what = {
        "opened": ("play", _("Strategy started")),
        "started": ("play", _("Strategy started")),
        "recovered": ("rotate-ccw", _("Strategy went on after a restart")),
        "stopped": ("square", _("Strategy stopped")),
        "closed": ("square", _("Run ended")),
        "suspended": ("pause", _("Orders suspended")),
        "resumed": ("play", _("Orders allowed again")),
        "changed": ("pencil", _("Strategy changed")),
        "ended": ("square", _("Judging ended")),
        "failed": ("octagon-alert", _("The run ended by itself")),
    }.get(state, ("circle-dot", state))
    return icon, "bad" if state == "failed" else "text-2", what, _run_facts(entry)


def _run_facts(entry: TimelineEntry) -> str:
    """Why a run failed, or what one that ended did."""
    if entry.data.get("reason"):
        return trouble_words(str(entry.data["reason"]))
    counts = entry.data.get("counts")
    if not isinstance(counts, dict):
        return ""
    return _("{ticks} prices · {decisions} decisions · {orders} orders · {fills} fills").format(
        **{name: f"{counts.get(name, 0):,}" for name in ("ticks", "decisions", "orders", "fills")}
    )


def _cash(entry: TimelineEntry, _rule: Rule | None) -> tuple[str, str, str, str]:
    amount = float(entry.data.get("amount", 0))
    return "banknote", "text-2", _("Cash moved"), signed(amount) + _unit(entry)


def _other(entry: TimelineEntry) -> tuple[str, str, str, str]:
    state = str(entry.data.get("state", ""))
    title = {
        ("stop", "stopped"): _("Everything stopped"),
        ("stop", "allowed"): _("Orders allowed again"),
        ("account", "reset"): _("A new account was begun"),
        ("account", "limits"): _("Limits changed"),
        ("ledger", "kept"): _("The disk can be written again"),
        ("ledger", "failing"): _("The disk can't be written"),
        ("ledger", "restored"): _("The account was restored from its newest backup"),
        ("ledger", "begun_anew"): _("The damaged account was set aside and begun anew"),
    }.get((entry.kind, state), f"{entry.kind} {state}".strip())
    icon = {"stop": "octagon-x", "account": "wallet", "ledger": "save", "alert": "bell"}.get(
        entry.kind, "info"
    )
    facts = _facts(entry, state)
    ink = "bad" if (entry.kind, state) in (("stop", "stopped"), ("ledger", "failing")) else "text-2"
    return icon, ink, title, facts


def _facts(entry: TimelineEntry, state: str) -> str:
    data = entry.data
    if (entry.kind, state) == ("account", "reset"):
        return _("{cash} to begin with · worth {worth} before").format(
            cash=_won(data.get("cash")), worth=_won(data.get("equity_before"))
        )
    if entry.kind == "stop" and "runs" in data:
        return _("strategies: {n}").format(n=data["runs"])
    return ", ".join(
        f"{name} {value}"
        for name, value in data.items()
        if name not in ("state", "event", "t") and not isinstance(value, dict | list)
    )


def _unit(entry: TimelineEntry) -> str:
    return formatting.unit_behind(quote_of(entry.market))


def _price(market: str, price: float) -> str:
    """A price with its currency: `97,043,000원`."""
    return formatting.price(market, price) + formatting.unit_behind(quote_of(market))


def _won(amount: object) -> str:
    """A sum as the ledger wrote it."""
    try:
        return formatting.number(float(str(amount)), 0) + formatting.unit_behind("KRW")
    except ValueError:
        return str(amount)


def value_columns() -> list[Column]:
    """The heads of the table of values behind a decision."""
    return [
        Column(_("Condition")),
        Column(_("Value"), 92, is_number=True),
        Column(_("Compared with"), 92, is_number=True),
        Column("", 70),
    ]


def value_rows(entry: TimelineEntry, strategies: Strategies) -> Sequence[Row]:
    """Every condition of the decision's rule with what it was worth at that moment."""
    why = entry.data.get("why")
    rule = _rule(entry, strategies)
    if not isinstance(why, dict):
        return ()
    names = {}
    strategy = strategies.get(entry.strategy_id)
    if strategy is not None:
        names = {one.id: of(one.name) for one in strategy.rules}
    told = Sentences(language(), shipped_variables(), quote=quote_of(entry.market), rules=names)
    return [_value_row(data, rule, told) for data in _comparisons(why)]


def _comparisons(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if "children" in data:
        return [found for child in data["children"] for found in _comparisons(child)]
    return [data]


def _value_row(data: Mapping[str, Any], rule: Rule | None, told: Sentences) -> Row:
    node = str(data.get("node", ""))
    words = node
    if rule is not None:
        for expression in (rule.trigger, rule.arming):
            if expression is None:
                continue
            try:
                found = find(expression, node)
            except NoSuchNodeError:
                continue
            if isinstance(found, Comparison):
                words = "".join(span.text for span in told.fact(found))
                break
    icon, ink = _TRUTH.get(str(data.get("truth")), _TRUTH[Truth.UNKNOWN.value])
    truth = {
        Truth.TRUE.value: _("true"),
        Truth.FALSE.value: _("false"),
    }.get(str(data.get("truth")), _("unknown"))
    return Row(
        node,
        (
            Cell(words, explanation=words),
            Cell(_value(data.get("left")), "text-1", "control-strong"),
            Cell(_value(data.get("right")), "text-2"),
            Cell(truth, ink, icon=icon),
        ),
    )


def _value(value: object) -> str:
    if not isinstance(value, int | float):
        return formatting.NOTHING
    return number(round(float(value), 2 if abs(value) >= 1000 else 4))
