from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.expressions import REGISTRY, expressions, random_comparisons
from upbit_auto_trading.domain.compatibility import (
    MismatchCode,
    RepairCode,
    Side,
    comparable,
    comparators_for,
    fitting,
    mismatch,
    reads_forming_bar,
    repairs,
    usual_level,
)
from upbit_auto_trading.domain.expression import (
    CROSSINGS,
    MAX_CONDITIONS,
    Bar,
    Comparator,
    Comparison,
    Constant,
    Expression,
    Group,
    GroupKind,
    VariableOperand,
    all_of,
    any_of,
    comparisons,
    depth,
    none_of,
    variable,
    walk,
    with_ids,
)
from upbit_auto_trading.domain.expression_edit import (
    ImpossibleEditError,
    NoSuchNodeError,
    TooDeepError,
    TooManyConditionsError,
    add,
    change_kind,
    duplicate,
    find,
    move,
    negate,
    parent_of,
    remove,
    replace_node,
    unwrap,
    wrap,
)

if TYPE_CHECKING:
    from collections.abc import Callable

RSI = variable("rsi", "1m", period=14)
CLOSE = variable("close", "1m")


def rsi_below(level: float) -> Comparison:
    return Comparison(RSI, Comparator.LESS, Constant(level))


A, B, C, D = (rsi_below(level) for level in (10, 20, 30, 40))
TREE = with_ids(all_of(A, any_of(B, C), none_of(D)))


def ids(expression: Expression) -> list[str]:
    return [node.id for node in walk(expression)]


def test_equal_means_the_same_whatever_the_ids() -> None:
    assert with_ids(all_of(A, B)) == all_of(A, B)
    assert hash(with_ids(all_of(A, B))) == hash(all_of(A, B))
    assert all_of(A, B) != all_of(B, A)


def test_parts_a_comparator_does_not_use_do_not_make_a_difference() -> None:
    assert Comparison(RSI, Comparator.RISING, Constant(5), tolerance=3) == Comparison(
        RSI, Comparator.RISING
    )
    assert Comparison(RSI, Comparator.LESS, Constant(5), Constant(9), span=4) == rsi_below(5)
    assert Group(GroupKind.ALL, (A,), needed=7) == all_of(A)
    assert Group(GroupKind.NOT, (A, B)) == none_of(any_of(A, B))


def test_ids_are_given_in_reading_order_and_kept_where_they_are() -> None:
    assert ids(TREE) == ["n1", "n2", "n3", "n4", "n5", "n6", "n7"]
    known = replace(B, id="n1")
    assert ids(with_ids(all_of(A, known, known))) == ["n2", "n3", "n1", "n4"]


def test_conditions_come_in_reading_order_and_depth_counts_groups() -> None:
    assert comparisons(TREE) == (A, B, C, D)
    assert [depth(A), depth(TREE), depth(none_of(TREE))] == [0, 2, 3]


def test_a_node_is_added_at_its_place() -> None:
    end = add(TREE, "n3", D)
    assert find(end, "n3") == any_of(B, C, D)
    assert find(add(TREE, "n3", D, 0), "n3") == any_of(D, B, C)
    assert ids(end)[:6] == ["n1", "n2", "n3", "n4", "n5", "n8"]


def test_a_second_child_of_a_not_means_neither() -> None:
    both = add(TREE, "n6", A)
    assert find(both, "n6") == none_of(any_of(D, A))
    assert find(add(both, "n6", B), "n6") == none_of(any_of(D, A, B))


def test_removing_the_last_child_removes_its_group() -> None:
    assert remove(TREE, "n7") == all_of(A, any_of(B, C))
    assert remove(remove(TREE, "n4"), "n5") == all_of(A, none_of(D))
    two = with_ids(Group(GroupKind.AT_LEAST, (A, B), 2))
    assert remove(two, "n2") == Group(GroupKind.AT_LEAST, (B,), 1)


def test_a_node_moves_between_and_within_groups() -> None:
    assert move(TREE, "n2", "n3", 1) == all_of(any_of(B, A, C), none_of(D))
    assert move(TREE, "n7", "n1", 0) == all_of(D, A, any_of(B, C))
    row = with_ids(all_of(A, B, C))
    assert move(row, "n2", "n1", 2) == all_of(B, A, C)
    assert move(row, "n4", "n1", 0) == all_of(C, A, B)
    moved = move(TREE, "n2", "n3")
    assert find(moved, "n2") == A


def test_a_group_does_not_move_into_itself() -> None:
    with pytest.raises(ImpossibleEditError):
        move(TREE, "n1", "n3")
    with pytest.raises(ImpossibleEditError):
        move(TREE, "n3", "n3")


def test_wrapping_and_unwrapping() -> None:
    assert wrap(TREE, "n2", GroupKind.ANY) == all_of(any_of(A), any_of(B, C), none_of(D))
    assert wrap(with_ids(A), "n1", GroupKind.ALL) == all_of(A)
    assert unwrap(TREE, "n3") == all_of(A, B, C, none_of(D))
    assert unwrap(TREE, "n6") == all_of(A, any_of(B, C), D)
    with pytest.raises(ImpossibleEditError):
        unwrap(TREE, "n1")
    with pytest.raises(ImpossibleEditError):
        unwrap(TREE, "n2")


def test_negating_twice_changes_nothing() -> None:
    once = negate(TREE, "n2")
    assert once == all_of(none_of(A), any_of(B, C), none_of(D))
    assert negate(once, "n2") == TREE
    assert negate(TREE, "n7") == all_of(A, any_of(B, C), D)
    assert negate(negate(TREE, "n1"), "n1") == TREE


def test_a_group_changes_its_kind() -> None:
    assert find(change_kind(TREE, "n3", GroupKind.ALL), "n3") == all_of(B, C)
    assert find(change_kind(TREE, "n3", GroupKind.NOT), "n3") == none_of(any_of(B, C))
    two = change_kind(TREE, "n3", GroupKind.AT_LEAST, 9)
    assert find(two, "n3") == Group(GroupKind.AT_LEAST, (B, C), 2)


def test_a_node_is_replaced_and_keeps_its_id() -> None:
    assert find(replace_node(TREE, "n2", B), "n2") == B
    assert find(replace_node(TREE, "n2", any_of(A, B)), "n2") == any_of(A, B)


def test_a_copy_stands_behind_the_original() -> None:
    assert duplicate(TREE, "n4") == all_of(A, any_of(B, B, C), none_of(D))
    assert duplicate(with_ids(A), "n1") == all_of(A, A)


def test_the_limits_hold_for_every_edit() -> None:
    full = with_ids(all_of(*[A] * MAX_CONDITIONS))
    with pytest.raises(TooManyConditionsError):
        add(full, "n1", B)
    with pytest.raises(TooManyConditionsError):
        duplicate(full, "n2")
    deep = with_ids(all_of(all_of(all_of(all_of(all_of(A))))))
    with pytest.raises(TooDeepError):
        wrap(deep, "n6", GroupKind.ANY)
    with pytest.raises(TooDeepError):
        negate(deep, "n6")
    with pytest.raises(TooDeepError):
        replace_node(deep, "n6", any_of(A))


def test_a_missing_node_and_a_missing_group_are_told_apart() -> None:
    with pytest.raises(NoSuchNodeError):
        remove(TREE, "n99")
    with pytest.raises(ImpossibleEditError):
        add(TREE, "n2", B)
    with pytest.raises(ImpossibleEditError):
        remove(TREE, "n1")


@given(expressions(), st.data())
def test_no_edit_loses_or_repeats_an_id(expression: Expression, data: st.DataObject) -> None:
    nodes = ids(expression)
    node = data.draw(st.sampled_from(nodes))
    target = data.draw(st.sampled_from(nodes))
    edits: dict[str, Callable[[], Expression]] = {
        "negate": lambda: negate(expression, node),
        "wrap": lambda: wrap(expression, node, data.draw(st.sampled_from(GroupKind))),
        "remove": lambda: remove(expression, node),
        "move": lambda: move(expression, node, target),
        "duplicate": lambda: duplicate(expression, node),
        "unwrap": lambda: unwrap(expression, node),
        "add": lambda: add(expression, node, expression),
    }
    try:
        edited = edits[data.draw(st.sampled_from(sorted(edits)))]()
    except (ImpossibleEditError, TooDeepError, TooManyConditionsError):
        return
    after = ids(edited)
    assert len(set(after)) == len(after)
    assert all(after)
    for group in walk(edited):
        if isinstance(group, Group):
            assert group.kind is not GroupKind.NOT or len(group.children) <= 1
            assert parent_of(edited, group.id) is None or group.id != edited.id


def test_only_what_counts_the_same_thing_is_compared() -> None:
    assert comparable(REGISTRY["close"], REGISTRY["sma"])
    assert comparable(REGISTRY["rsi"], REGISTRY["stochastic_k"])
    for one, other in (
        ("rsi", "close"),
        ("macd", "cci"),
        ("atr", "close"),
        ("obv", "volume"),
        ("rsi", "williams_r"),
        ("cash", "profit_krw"),
    ):
        assert not comparable(REGISTRY[one], REGISTRY[other]), (one, other)


def test_rsi_against_a_price_offers_a_level_its_average_and_a_change() -> None:
    senseless = Comparison(variable("rsi", "5m", period=9), Comparator.LESS, CLOSE)
    found = mismatch(senseless, REGISTRY)
    assert found is not None
    assert found.code is MismatchCode.UNITS
    assert (found.fact("left_unit"), found.fact("right_unit")) == ("index", "price")
    constant, average, change = repairs(senseless, REGISTRY)
    assert constant.comparison.right == Constant(30)
    assert average.comparison.right == variable("rsi_average", "5m", period=9)
    assert change.comparison.left == variable("bar_change", "1m")
    codes = [constant.code, average.code, change.code]
    assert codes == [RepairCode.CONSTANT, RepairCode.AVERAGE, RepairCode.AS_CHANGE]


def test_a_price_against_a_percentage_becomes_a_change() -> None:
    senseless = Comparison(CLOSE, Comparator.GREATER, variable("profit_percent"))
    by_code = {repair.code: repair.comparison for repair in repairs(senseless, REGISTRY)}
    assert by_code[RepairCode.AS_CHANGE].left == variable("bar_change", "1m")
    price = Comparison(variable("profit_percent"), Comparator.GREATER, variable("best_bid"))
    codes = [repair.code for repair in repairs(price, REGISTRY)]
    assert codes == [RepairCode.CONSTANT]


def test_a_crossing_needs_bars_on_every_side() -> None:
    crossing = Comparison(variable("profit_percent"), Comparator.CROSSES_UP, Constant(5))
    found = mismatch(crossing, REGISTRY)
    assert found is not None
    assert found.code is MismatchCode.NO_HISTORY
    (repair,) = repairs(crossing, REGISTRY)
    assert repair.comparison.comparator is Comparator.GREATER_EQUAL
    held = Comparison(variable("profit_percent"), Comparator.GREATER, Constant(5), for_bars=3)
    (repair,) = repairs(held, REGISTRY)
    assert repair.comparison.for_bars == 1
    mixed = Comparison(CLOSE, Comparator.CROSSES_UP, variable("average_price"))
    assert mismatch(mixed, REGISTRY) is not None
    assert not set(comparators_for(REGISTRY["cash"])) & CROSSINGS


def test_a_price_rises_by_percent_and_an_index_by_points() -> None:
    profit = variable("profit_percent")
    assert mismatch(Comparison(CLOSE, Comparator.RISES_BY, Constant(5)), REGISTRY) is None
    assert mismatch(Comparison(CLOSE, Comparator.RISES_BY, profit), REGISTRY) is None
    assert mismatch(Comparison(CLOSE, Comparator.RISES_BY, CLOSE), REGISTRY) is not None
    assert mismatch(Comparison(RSI, Comparator.RISES_BY, profit), REGISTRY) is not None


def test_the_usual_level_lies_on_the_side_the_comparator_looks_at() -> None:
    rsi = REGISTRY["rsi"]
    assert usual_level(rsi, Comparator.LESS) == 30
    assert usual_level(rsi, Comparator.CROSSES_UP) == 70
    assert usual_level(REGISTRY["macd"], Comparator.LESS) == 0
    assert usual_level(REGISTRY["close"], Comparator.LESS) is None


def test_drop_targets_are_what_can_be_compared() -> None:
    condition = rsi_below(30)
    right = {entry.id for entry in fitting(condition, Side.RIGHT, REGISTRY)}
    assert "stochastic_k" in right
    assert "close" not in right
    assert {entry.id for entry in fitting(condition, Side.UPPER, REGISTRY)} == set()
    left = {entry.id for entry in fitting(condition, Side.LEFT, REGISTRY)}
    assert left == {entry.id for entry in REGISTRY}
    crossing = Comparison(CLOSE, Comparator.CROSSES_UP, variable("sma", "1m"))
    assert "average_price" not in {v.id for v in fitting(crossing, Side.LEFT, REGISTRY)}


def test_a_condition_on_the_forming_candle_repaints() -> None:
    forming = Comparison(
        VariableOperand("rsi", (), "1m", Bar.FORMING), Comparator.LESS, Constant(3)
    )
    assert reads_forming_bar(forming, REGISTRY)
    assert not reads_forming_bar(rsi_below(3), REGISTRY)
    cash = Comparison(variable("cash"), Comparator.LESS, Constant(3))
    assert not reads_forming_bar(cash, REGISTRY)


@given(random_comparisons())
def test_every_repair_makes_sense(comparison: Comparison) -> None:
    offered = repairs(comparison, REGISTRY)
    assert bool(offered) <= (mismatch(comparison, REGISTRY) is not None)
    for repair in offered:
        assert mismatch(repair.comparison, REGISTRY) is None
        for operand in repair.comparison.operands:
            if isinstance(operand, VariableOperand):
                REGISTRY.check(operand)
