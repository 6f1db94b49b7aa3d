"""What the strategy screen says: rules as cards, what was found, what the capital is for."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.rule import BuyAmount, EnterMode, Role
from upbit_auto_trading.domain.rule_numbers import rule_numbers
from upbit_auto_trading.domain.strategy_check import Finding, FindingCode, Severity
from upbit_auto_trading.domain.timeframe import from_epoch_ms
from upbit_auto_trading.domain.variable import Unit
from upbit_auto_trading.presentation import formatting, wording
from upbit_auto_trading.presentation.i18n import _, language
from upbit_auto_trading.presentation.screens.strategy_sentences import (
    RuleSentences,
    rule_names,
)
from upbit_auto_trading.presentation.sentence_words import number as spelled
from upbit_auto_trading.presentation.sentence_words import sentence_words
from upbit_auto_trading.presentation.widgets.capital_bar import CapitalLook, CapitalSegment
from upbit_auto_trading.presentation.widgets.rule_card import QuickValue, RuleLook
from upbit_auto_trading.presentation.widgets.strategy_findings import FindingLook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.application.library import SavedVersion
    from upbit_auto_trading.domain.account import Account
    from upbit_auto_trading.domain.rule import Rule
    from upbit_auto_trading.domain.strategy import Strategy
    from upbit_auto_trading.domain.variable import Words
    from upbit_auto_trading.presentation.viewmodels.strategy_shelf import ShelfProblem

ROLE_TOKENS: Final = {
    Role.ENTRY: "entry",
    Role.SCALE_IN: "scale-in",
    Role.EXIT: "exit",
    Role.RISK: "risk",
    Role.MANAGEMENT: "management",
}
_TONES: Final = {Severity.ERROR: "bad", Severity.WARNING: "warn", Severity.NOTICE: ""}


def role_word(role: Role) -> str:
    """A role in one word."""
    return {
        Role.ENTRY: _("Entry"),
        Role.SCALE_IN: _("Add"),
        Role.EXIT: _("Exit"),
        Role.RISK: _("Risk"),
        Role.MANAGEMENT: _("Management"),
    }[role]


def role_icon(rule: Rule) -> str:
    """The icon that tells what a rule does."""
    if rule.role is Role.ENTRY:
        return "log-in"
    if rule.role is Role.SCALE_IN:
        return "layers-2"
    if rule.role is Role.RISK:
        return "siren"
    if rule.role is Role.MANAGEMENT or isinstance(rule.action, EnterMode):
        return "rocket"
    return "trending-down" if rule.arming is not None else "target"


def of(words: Words) -> str:
    """A text that is kept in both languages."""
    return words.korean if language() == "ko" else words.english


def rule_looks(
    strategy: Strategy, findings: Sequence[Finding], quote: str
) -> list[tuple[str, RuleLook]]:
    """Every rule as its card shows it, in acting order."""
    sentences = RuleSentences(strategy, quote)
    worst: dict[str, Severity] = {}
    for finding in findings:
        worst.setdefault(finding.rule, finding.severity)
    looks = []
    for rule in strategy.rules:
        severity = worst.get(rule.id)
        note = ""
        if severity is Severity.ERROR:
            note = _("must be mended")
        elif severity is Severity.WARNING:
            note = _("look again")
        looks.append(
            (
                rule.id,
                RuleLook(
                    str(rule.number),
                    role_icon(rule),
                    of(rule.name),
                    ROLE_TOKENS[rule.role],
                    role_word(rule.role),
                    sentences.pieces(rule),
                    rule.enabled,
                    "" if severity is None else _TONES[severity],
                    note,
                    _quick_values(rule),
                ),
            )
        )
    return looks


def _quick_values(rule: Rule) -> tuple[QuickValue, ...]:
    """The other level traders compare such a scale with, one click away."""
    for number in rule_numbers(rule, shipped_variables()):
        if number.comparison is None:
            continue
        variable = shipped_variables()[number.comparison.left.variable]
        if variable.unit is not Unit.INDEX or not variable.levels:
            continue
        middle = ((variable.minimum or 0.0) + (variable.maximum or 0.0)) / 2
        same_side = [
            level
            for level in variable.levels
            if (level < middle) is (number.value < middle) and level != number.value
        ]
        if same_side:
            nearest = min(same_side, key=lambda level: abs(level - number.value))
            words = _("Use {number}").format(number=spelled(nearest))
            return (QuickValue(number.path, nearest, words),)
    return ()


def finding_looks(strategy: Strategy, findings: Sequence[Finding], quote: str) -> list[FindingLook]:
    """What was found, worst first, then what is in order."""
    looks = [_finding_look(strategy, finding, quote) for finding in findings]
    found = {finding.code for finding in findings}
    if any(rule.enabled for rule in strategy.rules):
        for codes, words in _checked():
            if not codes & found:
                looks.append(FindingLook("good", words))
    return looks


def _checked() -> list[tuple[frozenset[FindingCode], str]]:
    """Every check that can pass, with what that means."""
    return [
        (frozenset({FindingCode.CAPITAL_EXCEEDED}), _("It never needs more than its allocation")),
        (
            frozenset({FindingCode.AMOUNT_BELOW_MINIMUM}),
            _("Every order reaches the exchange's minimum"),
        ),
        (
            frozenset({FindingCode.NO_ENTRY, FindingCode.NO_EXIT}),
            _("There is a way in and a way out"),
        ),
        (
            frozenset({FindingCode.CONTRADICTION, FindingCode.NEVER_TRUE, FindingCode.NEVER_KNOWN}),
            _("Every condition can come true"),
        ),
        (
            frozenset({FindingCode.STOP_ABOVE_AVERAGING}),
            _("No stop sells before averaging down buys"),
        ),
        (
            frozenset({FindingCode.TRAILING_BELOW_ENTRY}),
            _("A trailing stop never sells below the entry"),
        ),
        (frozenset({FindingCode.RISK_NOT_FIRST}), _("Risk rules come before all others")),
    ]


def _finding_look(strategy: Strategy, finding: Finding, quote: str) -> FindingLook:
    facts = dict(finding.facts)
    names = rule_names(strategy)
    title, detail = _found_words(finding, facts, names, quote)
    repair, words = "", ""
    if finding.code is FindingCode.CAPITAL_EXCEEDED:
        repair = f"allocate:{facts['needed']}"
        words = _("Allocate {amount}").format(amount=money(Decimal(str(facts["needed"])), quote))
    elif finding.code is FindingCode.AMOUNT_BELOW_MINIMUM:
        repair = f"amount:{finding.rule}:{facts['minimum']}"
        words = _("Raise to {amount}").format(amount=money(Decimal(str(facts["minimum"])), quote))
    elif finding.code is FindingCode.RISK_NOT_FIRST:
        repair, words = f"first:{finding.rule}", _("Move it to the top")
    elif finding.code is FindingCode.UNLIMITED_ADDS:
        repair, words = f"limit:{finding.rule}", _("Limit it to 3 times")
    return FindingLook(
        _TONES[finding.severity] or "note", title, detail, finding.rule, repair, words
    )


def _found_words(
    finding: Finding, facts: dict[str, float | str], names: dict[str, str], quote: str
) -> tuple[str, str]:
    rule = names.get(finding.rule, "")
    other = names.get(str(facts.get("other", "")), "")
    told = {
        FindingCode.NO_ENTRY: (
            _("No rule ever buys"),
            _("Add a rule with the role Entry, or switch one on."),
        ),
        FindingCode.NO_EXIT: (
            _("No rule ever sells"),
            _("A position would stay open until you close it by hand."),
        ),
        FindingCode.AMOUNT_BELOW_MINIMUM: (
            _("{rule} buys for less than the exchange takes"),
            _("{amount}, but the least is {minimum}"),
        ),
        FindingCode.CAPITAL_EXCEEDED: (
            _("It may need more than its allocation"),
            _("{needed} at worst, {allocated} allocated"),
        ),
        FindingCode.UNLIMITED_ADDS: (
            _("{rule} may buy without end"),
            _("Without a limit a long fall uses all of the cash."),
        ),
        FindingCode.MISMATCH: (
            _("{rule} compares what can't be compared"),
            _("Open the trigger to mend it."),
        ),
        FindingCode.NEVER_TRUE: (
            _("A condition of {rule} can never hold"),
            _("Its threshold lies outside of what the value can be."),
        ),
        FindingCode.CONTRADICTION: (
            _("Two conditions of {rule} rule each other out"),
            _("They can never hold at the same time."),
        ),
        FindingCode.NEVER_KNOWN: (
            _("{rule} reads {variable}, which it can never know"),
            _("Such a condition stays unknown and never fires."),
        ),
        FindingCode.STOP_ABOVE_AVERAGING: (
            _("{rule} sells before {other} buys"),
            _("It sells at {stop} %, the other would buy at {level} % only."),
        ),
        FindingCode.TRAILING_BELOW_ENTRY: (
            _("{rule} can sell at a loss"),
            _("Armed and fallen at once it sells at {worst} %."),
        ),
        FindingCode.ARMS_WITHOUT_ARMING: (
            _("{rule} arms a rule that needs no arming"),
            _("That part does nothing."),
        ),
        FindingCode.LEVEL_IGNORED: (
            _("{rule} fires on the edge"),
            _("Only sells are tried again while their condition holds."),
        ),
        FindingCode.RISK_NOT_FIRST: (
            _("{rule} comes after {other}"),
            _("In one tick only the first order is placed: risk rules belong on top."),
        ),
        FindingCode.NEVER_ACTS: (_("{rule} never acts"), _("Its limit is 0.")),
        FindingCode.CAN_REPAINT: (
            _("{rule} reads a candle that is still forming"),
            _("What it says can change until the candle closes."),
        ),
    }[finding.code]
    words: dict[str, str] = {"rule": f"‘{rule}’", "other": f"‘{other}’", "variable": ""}
    if "variable" in facts:
        words["variable"] = of(shipped_variables()[str(facts["variable"])].short)
    for name, value in facts.items():
        if name in ("amount", "minimum", "needed", "allocated"):
            words[name] = money(Decimal(str(value)), quote)
        elif name in ("stop", "level", "worst"):
            words[name] = spelled(round(float(value), 2))
    return told[0].format(**words), told[1].format(**words)


def money(amount: Decimal, quote: str) -> str:
    """An amount with its currency: `600,300원`."""
    whole = amount == amount.to_integral_value()
    text = f"{amount:,.0f}" if whole or quote == "KRW" else f"{amount.normalize():,f}"
    return text + sentence_words(language()).money(quote)


def money_unit(quote: str) -> str:
    """What follows an amount: `원`."""
    return sentence_words(language()).money(quote).strip()


def check_summary(passed: int, warnings: int, errors: int) -> str:
    """How the check ended, in numbers."""
    parts = [_("{count} passed").format(count=passed)]
    if warnings:
        parts.append(_("{count} to look at").format(count=warnings))
    if errors:
        parts.append(_("{count} to mend").format(count=errors))
    return " · ".join(parts)


def version_words(version: SavedVersion) -> str:
    """A saved version in a menu."""
    saved = from_epoch_ms(version.saved_ms).astimezone(formatting.KST)
    moment = f"{saved:%Y-%m-%d %H:%M}"
    return _("Version {revision} · {moment}").format(revision=version.version, moment=moment)


def shelf_problem(problem: ShelfProblem) -> str:
    """Why nothing was saved or opened, and what that means."""
    if problem.code == "E-STRATEGIES-READ-ONLY":
        return _("Not saved: a newer version of this program wrote the file.")
    return _("The strategies on disk can't be used now ({code}). What you edit stays here.").format(
        code=problem.code
    )


def judged_on(market: str, age_s: float | None) -> str:
    """Which market the rules are judged on, and how old its newest print is."""
    if age_s is None:
        return _("{market} · drag a line to change its number").format(market=market)
    return _("{market} · judged {age} · drag a line to change its number").format(
        market=market, age=formatting.age(age_s)
    )


def not_judged(rule: Rule, problem: Exception | None) -> str:
    """Why a rule isn't judged at this moment."""
    if not rule.enabled:
        return _("switched off")
    if isinstance(problem, MarketDataError):
        return _("not judged: {why}").format(why=wording.failure(problem.cause))
    if problem is not None:
        return _("a trigger can't be judged as it is")
    return _("loading candles…")


def capital_look(
    strategy: Strategy, account: Account, needed: Decimal, allocated: Decimal, quote: str
) -> CapitalLook:
    """What the strategy needs at worst, rule by rule, against what is allocated."""
    segments = []
    dearest: tuple[Decimal, Rule] | None = None
    adds: list[tuple[Decimal, Rule]] = []
    for rule in strategy.rules:
        if not rule.enabled or not rule.buys:
            continue
        amount = (
            rule.action.amount
            if isinstance(rule.action, BuyAmount)
            else account.share(getattr(rule.action, "percent", 0.0))
        )
        cost = account.with_fee(amount)
        if rule.role is not Role.ENTRY:
            adds.append((cost * (1 if rule.limit is None else rule.limit), rule))
        elif dearest is None or cost > dearest[0]:
            dearest = cost, rule
    whole = max(needed, allocated, Decimal(1))
    for cost, rule in ([dearest] if dearest else []) + adds[::-1]:
        if not cost:
            continue
        times = "" if rule.role is Role.ENTRY or rule.limit is None else f" ×{rule.limit}"
        segments.append(
            CapitalSegment(
                of(rule.name) + times,
                money(cost, quote),
                float(cost / whole),
                ROLE_TOKENS[rule.role],
            )
        )
    spare = allocated - needed
    return CapitalLook(
        _("Allocated {amount}").format(amount=money(allocated, quote)),
        _("{amount} to spare").format(amount=money(spare, quote))
        if spare >= 0
        else _("{amount} short").format(amount=money(-spare, quote)),
        "good" if spare >= 0 else "bad",
        _("At worst {amount}").format(amount=money(needed, quote)),
        float(needed / whole),
        float(allocated / whole),
        tuple(segments),
    )


def count_words(count: int) -> str:
    """How often a rule fired."""
    return _("fired {count}×").format(count=formatting.number(count, 0))
