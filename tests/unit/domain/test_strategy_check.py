from dataclasses import replace
from decimal import Decimal

from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.account import Account
from upbit_auto_trading.domain.expression import (
    Bar,
    Comparator,
    Comparison,
    Constant,
    all_of,
    variable,
)
from upbit_auto_trading.domain.rule import BuyAmount, EnterMode, Firing, Sell
from upbit_auto_trading.domain.strategy import Strategy
from upbit_auto_trading.domain.strategy_check import (
    Finding,
    FindingCode,
    Severity,
    capital_needed,
    check_strategy,
)

ACCOUNT = Account(Decimal(1_000_000), Decimal("0.0005"), Decimal(5000))
TEMPLATE = shipped_template(SEVEN_RULES).strategy


def found(strategy: Strategy, account: Account = ACCOUNT) -> dict[FindingCode, Finding]:
    findings = check_strategy(strategy, shipped_variables(), account)
    return {finding.code: finding for finding in findings}


def changed(identity: str, **fields: object) -> Strategy:
    return TEMPLATE.with_rule(replace(TEMPLATE.rule(identity), **fields))  # type: ignore[arg-type]


def below(name: str, level: float, timeframe: str | None = None) -> Comparison:
    return Comparison(variable(name, timeframe), Comparator.LESS_EQUAL, Constant(level))


def test_nothing_is_wrong_with_the_shipped_template() -> None:
    assert found(TEMPLATE) == {}


def test_the_template_needs_six_amounts_with_their_fees() -> None:
    assert capital_needed(TEMPLATE, ACCOUNT) == Decimal(600300)
    enough = replace(ACCOUNT, cash=Decimal(600300))
    assert FindingCode.CAPITAL_EXCEEDED not in found(TEMPLATE, enough)
    short = found(TEMPLATE, replace(ACCOUNT, cash=Decimal(600299)))
    assert short[FindingCode.CAPITAL_EXCEEDED].severity is Severity.ERROR
    facts = dict(short[FindingCode.CAPITAL_EXCEEDED].facts)
    assert Decimal(facts["needed"]) == 600_300
    allocated = replace(TEMPLATE, allocation=Decimal(1000))
    assert FindingCode.CAPITAL_EXCEEDED in found(allocated)


def test_an_amount_below_the_exchanges_minimum_is_an_error() -> None:
    finding = found(changed("pyramid", action=BuyAmount(Decimal(4999))))[
        FindingCode.AMOUNT_BELOW_MINIMUM
    ]
    assert (finding.rule, finding.severity) == ("pyramid", Severity.ERROR)
    assert dict(finding.facts) == {"amount": "4999", "minimum": "5000"}


def test_a_strategy_that_never_enters_or_never_sells_is_told() -> None:
    no_entry = found(changed("oversold_entry", enabled=False))
    assert no_entry[FindingCode.NO_ENTRY].severity is Severity.ERROR
    sellers = {rule.id for rule in TEMPLATE.rules if isinstance(rule.action, Sell)}
    rules = tuple(replace(r, enabled=r.id not in sellers) for r in TEMPLATE.rules)
    assert FindingCode.NO_EXIT in found(replace(TEMPLATE, rules=rules))


def test_a_stop_that_sells_before_averaging_down_contradicts_it() -> None:
    stop = changed("trailing_stop", trigger=below("profit_percent", -4.0), arming=None)
    finding = found(stop)[FindingCode.STOP_ABOVE_AVERAGING]
    assert dict(finding.facts) == {"other": "average_down", "stop": -4.0, "level": -5.0}
    later = changed("trailing_stop", trigger=below("profit_percent", -6.0), arming=None)
    assert FindingCode.STOP_ABOVE_AVERAGING not in found(later)


def test_a_trailing_stop_that_may_sell_below_the_entry_is_told() -> None:
    finding = found(changed("trailing_stop", trigger=below("drawdown_from_peak", -6.0)))[
        FindingCode.TRAILING_BELOW_ENTRY
    ]
    assert round(float(dict(finding.facts)["worst"]), 6) == round((1.05 * 0.94 - 1) * 100, 6)


def test_a_level_no_rsi_can_reach_is_never_true() -> None:
    never = changed("oversold_entry", trigger=below("rsi", -1.0, "1m"))
    assert found(never)[FindingCode.NEVER_TRUE].rule == "oversold_entry"
    at_the_edge = changed("oversold_entry", trigger=below("rsi", 0.0, "1m"))
    assert FindingCode.NEVER_TRUE not in found(at_the_edge)


def test_conditions_that_exclude_each_other_are_told() -> None:
    rsi = variable("rsi", "1m")
    both = all_of(
        Comparison(rsi, Comparator.LESS_EQUAL, Constant(20.0), id="low"),
        Comparison(rsi, Comparator.GREATER_EQUAL, Constant(30.0), id="high"),
    )
    finding = found(changed("oversold_entry", trigger=both))[FindingCode.CONTRADICTION]
    assert dict(finding.facts) == {"node": "low", "other": "high"}


def test_comparing_an_rsi_with_a_price_is_an_error() -> None:
    odd = Comparison(variable("rsi", "1m"), Comparator.LESS, variable("close", "1m"), id="odd")
    finding = found(changed("oversold_entry", trigger=odd))[FindingCode.MISMATCH]
    assert (finding.severity, dict(finding.facts)) == (Severity.ERROR, {"node": "odd"})


def test_an_entry_that_reads_the_position_is_never_known() -> None:
    reading = changed("oversold_entry", trigger=below("profit_percent", 1.0))
    assert found(reading)[FindingCode.NEVER_KNOWN].rule == "oversold_entry"


def test_times_left_of_a_rule_without_a_limit_is_never_known() -> None:
    findings = found(changed("pyramid", limit=None))
    assert findings[FindingCode.NEVER_KNOWN].rule == "take_profit"
    assert findings[FindingCode.UNLIMITED_ADDS].rule == "pyramid"


def test_a_mode_that_arms_a_rule_without_arming_does_nothing_to_it() -> None:
    finding = found(changed("surge", action=EnterMode("surge", (), ("take_profit",))))
    assert dict(finding[FindingCode.ARMS_WITHOUT_ARMING].facts) == {"target": "take_profit"}


def test_a_forming_candle_is_said_to_repaint() -> None:
    forming = Comparison(variable("rsi", "1m", bar=Bar.FORMING), Comparator.LESS, Constant(20.0))
    finding = found(changed("oversold_entry", trigger=forming))[FindingCode.CAN_REPAINT]
    assert finding.severity is Severity.NOTICE


def test_risk_rules_below_others_level_on_buys_and_a_limit_of_none_are_told() -> None:
    last = replace(TEMPLATE, rules=(*TEMPLATE.rules[1:], TEMPLATE.rules[0]))
    assert dict(found(last)[FindingCode.RISK_NOT_FIRST].facts) == {"other": "trailing_stop"}
    assert FindingCode.LEVEL_IGNORED in found(changed("pyramid", firing=Firing.LEVEL))
    assert found(changed("pyramid", limit=0))[FindingCode.NEVER_ACTS].rule == "pyramid"
