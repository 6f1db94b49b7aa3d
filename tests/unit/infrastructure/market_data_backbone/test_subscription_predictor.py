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


def by_screen(*, tells: bool) -> SubscriptionPredictor:
    """Play a user who opens a screen's own market from there, screens in no order."""
    source = random.Random(5)
    own = {f"screen {number}": market for number, market in enumerate(MARKETS[:10])}
    predictor = SubscriptionPredictor()
    for number in range(200):
        screen = source.choice(sorted(own))
        if tells:
            predictor.went_to(screen)
        predictor.guesses(number * 30.0 - 1)
        predictor.opened(own[screen], number * 30.0, swap_ms=20.0)
    return predictor


def right(predictor: SubscriptionPredictor) -> float:
    """Return the share of guesses that were right, of one guess at a time."""
    return predictor.figures.hits / (predictor.figures.hits + predictor.figures.misses)


def test_what_is_opened_from_a_screen_is_expected_there() -> None:
    told = by_screen(tells=True)

    told.opened("KRW-AA", 6000.0)
    told.went_to("screen 1")
    assert told.guesses(6001.0)[0] == "KRW-BB"
    told.went_to("screen 2")
    assert told.guesses(6002.0)[0] == "KRW-CC"
    assert right(told) > 0.9
    assert right(by_screen(tells=False)) < 0.5
    assert not told.is_off


def test_screens_that_lead_anywhere_switch_guessing_off() -> None:
    source = random.Random(7)
    predictor = SubscriptionPredictor()
    for number in range(400):
        predictor.went_to(source.choice(["strategies", "account", "markets"]))
        predictor.guesses(number * 30.0 - 1)
        predictor.opened(source.choice(MARKETS), number * 30.0, swap_ms=20.0)

    assert predictor.is_off
    assert predictor.figures.made < 80


def test_what_screens_lead_to_is_kept_and_nonsense_is_left_out() -> None:
    state = by_screen(tells=True).state()
    state["screens"]["screen 2"] = 3

    again = SubscriptionPredictor()
    again.restore(state)
    again.went_to("screen 1")

    assert again.guesses(6001.0) == ("KRW-BB",)
    assert "screen 2" not in again.state()["screens"]
