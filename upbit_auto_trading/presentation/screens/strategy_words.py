"""What the strategy screen says: rules as cards, what was found, what the capital is for."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.rule import BuyAmount, EnterMode, Role
from upbit_auto_trading.domain.rule_numbers import rule_numbers
from upbit_auto_trading.domain.strategy_check import Finding, Severity
from upbit_auto_trading.domain.timeframe import from_epoch_ms
from upbit_auto_trading.domain.variable import Unit
from upbit_auto_trading.presentation import formatting, wording
from upbit_auto_trading.presentation.i18n import _, language
from upbit_auto_trading.presentation.screens.strategy_sentences import (
    RuleSentences,
)
from upbit_auto_trading.presentation.sentence_words import number as spelled
from upbit_auto_trading.presentation.sentence_words import sentence_words
from upbit_auto_trading.presentation.widgets.capital_bar import CapitalLook, CapitalSegment
from upbit_auto_trading.presentation.widgets.rule_card import QuickValue, RuleLook

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from upbit_auto_trading.application.library import SavedVersion
    from upbit_auto_trading.domain.account import Account
    from upbit_auto_trading.domain.market import MarketInfo
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
TONES: Final = {Severity.ERROR: "bad", Severity.WARNING: "warn", Severity.NOTICE: ""}


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
                    "" if severity is None else TONES[severity],
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


def money(amount: Decimal, quote: str) -> str:
    """An amount with its currency: `600,300원`."""
    whole = amount == amount.to_integral_value()
    text = f"{amount:,.0f}" if whole or quote == "KRW" else f"{amount.normalize():,f}"
    return text + sentence_words(language()).money(quote)


def money_unit(quote: str) -> str:
    """What follows an amount: `원`."""
    return sentence_words(language()).money(quote).strip()


def cant_be_saved(*, has_refused: bool) -> str:
    """Why a strategy can't be saved, and where that is told."""
    if has_refused:
        return _("It can't be saved yet: a number marked in red isn't taken.")
    return _("It can't be saved yet: see the check at the right.")


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


def market_choices(markets: Iterable[MarketInfo]) -> list[tuple[str, str]]:
    """The markets a strategy can run on, with their names."""
    is_korean = language() == "ko"
    return [
        (one.market, one.korean_name if is_korean else one.english_name)
        for one in markets
        if one.quote == "KRW"
    ]


def held_back(age_s: float | None) -> str:
    """What a rule says of itself while its data can't be trusted."""
    return _("held back: data {age}").format(age=formatting.age(age_s))


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
