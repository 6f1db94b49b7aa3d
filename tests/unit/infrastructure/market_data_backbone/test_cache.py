from upbit_auto_trading.infrastructure.market_data_backbone.cache import AnswerCache


def test_an_answer_is_given_with_its_age_until_it_is_too_old() -> None:
    cache: AnswerCache[str] = AnswerCache(30.0)
    cache.put("key", "value", 100.0)

    assert cache.get("key", 112.5) == ("value", 12.5)
    assert cache.get("key", 130.1) is None
    assert len(cache) == 0


def test_the_longest_unused_answer_gives_way() -> None:
    cache: AnswerCache[int] = AnswerCache(30.0, capacity=2)
    cache.put("a", 1, 0.0)
    cache.put("b", 2, 0.0)
    cache.get("a", 1.0)
    cache.put("c", 3, 1.0)

    assert cache.get("b", 1.0) is None
    assert cache.get("a", 1.0) == (1, 1.0)
