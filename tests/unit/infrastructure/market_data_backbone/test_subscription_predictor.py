import random

from upbit_auto_trading.infrastructure.market_data_backbone.subscription_predictor import (
    SubscriptionPredictor,
)

MARKETS = [f"KRW-{letter}{letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]


def walk(predictor: SubscriptionPredictor, steps: list[str]) -> None:
    for number, market in enumerate(steps):
        predictor.opened(market, number * 30.0, swap_ms=20.0)
        predictor.guesses(number * 30.0 + 1)


def test_a_user_who_goes_round_the_same_markets_is_expected() -> None:
    predictor = SubscriptionPredictor()
    walk(predictor, ["KRW-AA", "KRW-BB", "KRW-CC"] * 20)

    figures = predictor.figures
    assert figures.hits / (figures.hits + figures.misses) > 0.9
    assert figures.saved_ms == 20.0 * figures.hits
    assert not predictor.is_off


def test_a_user_with_favourites_is_expected_often() -> None:
    source = random.Random(11)
    steps = [
        source.choices(MARKETS[:6], [8, 6, 4, 1, 1, 1])[0] for _ in range(300)
    ]  # people return
    predictor = SubscriptionPredictor()
    walk(predictor, steps)

    assert predictor.figures.hits > predictor.figures.misses
    assert not predictor.is_off


def test_guessing_a_random_walk_switches_itself_off_and_stays_cheap() -> None:
    source = random.Random(7)
    predictor = SubscriptionPredictor()
    walk(predictor, [source.choice(MARKETS) for _ in range(400)])

    assert predictor.is_off
    assert predictor.figures.switched_off >= 1
    assert predictor.figures.made < 80


def test_after_a_random_phase_a_steady_one_brings_guessing_back() -> None:
    source = random.Random(3)
    predictor = SubscriptionPredictor()
    walk(predictor, [source.choice(MARKETS) for _ in range(200)])
    assert predictor.is_off

    walk(predictor, ["KRW-AA", "KRW-BB"] * 150)

    assert not predictor.is_off


def test_what_the_pointer_rests_on_comes_first_and_only_for_a_moment() -> None:
    predictor = SubscriptionPredictor()
    walk(predictor, ["KRW-AA", "KRW-BB"] * 5)
    predictor.hinted("KRW-ZZ", 400.0)

    assert predictor.guesses(401.0)[0] == "KRW-ZZ"
    assert "KRW-ZZ" not in predictor.guesses(403.0)


def test_under_strain_only_a_hint_is_worth_a_message() -> None:
    predictor = SubscriptionPredictor()
    walk(predictor, ["KRW-AA", "KRW-BB"] * 10)

    assert predictor.guesses(700.0, strained=True) == ()
    predictor.hinted("KRW-CC", 700.0)
    assert predictor.guesses(700.5, strained=True) == ("KRW-CC",)


def test_the_market_on_the_chart_is_never_guessed() -> None:
    predictor = SubscriptionPredictor()
    walk(predictor, ["KRW-AA", "KRW-BB"] * 10)

    assert "KRW-BB" not in predictor.guesses(700.0)


def test_what_was_learnt_is_kept_and_nonsense_is_left_out() -> None:
    predictor = SubscriptionPredictor()
    walk(predictor, ["KRW-AA", "KRW-BB", "KRW-CC"] * 5)
    state = predictor.state()
    state["habits"]["KRW-BAD"] = "nonsense"

    again = SubscriptionPredictor()
    again.restore(state)
    again.opened("KRW-CC", 500.0)

    assert again.guesses(501.0) == ("KRW-AA",)
    assert "KRW-BAD" not in again.state()["habits"]


def test_opening_the_same_market_again_teaches_nothing() -> None:
    predictor = SubscriptionPredictor()
    walk(predictor, ["KRW-AA"] * 30)

    assert predictor.guesses(1000.0) == ()
    assert predictor.figures.made == 0
