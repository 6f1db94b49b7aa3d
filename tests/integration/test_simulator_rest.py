"""The quotation API of the simulated exchange, asked over loopback."""

import gzip
import json
from typing import Any

import pytest
from multidict import CIMultiDict

from tests.exchange_in_process import EXCHANGE_MS, RunningExchange, running_exchange
from upbit_auto_trading.simulator.server import ServerSettings
from upbit_auto_trading.simulator.wire.rate_groups import Penalties

MINUTES = "/v1/candles/minutes/1?market=KRW-BTC"


async def refusal(exchange: RunningExchange, path: str) -> tuple[int, Any]:
    status, headers, body = await exchange.get(path)
    assert headers["Content-Type"] == "application/json;charset=UTF-8"
    exchange.wall.seconds += 1
    return status, json.loads(body)["error"]["name"]


async def test_answers_carry_upbits_headers() -> None:
    async with running_exchange() as exchange:
        status, headers, body = await exchange.get(MINUTES + "&count=3")
        assert status == 200
        assert headers["Content-Type"] == "application/json;charset=UTF-8"
        assert headers["Remaining-Req"] == "group=candles; min=600; sec=9"
        assert headers["Limit-By-Ip"] == "Yes"
        assert headers["ETag"].startswith('W/"0')
        assert headers["Transfer-Encoding"] == "chunked"
        assert len(json.loads(body)) == 3


async def test_long_answers_are_compressed_for_those_who_take_it() -> None:
    async with running_exchange() as exchange:
        url = f"{exchange.rest_url}/v1/market/all?isDetails=true"
        async with exchange.rest.get(
            url, headers={"Accept-Encoding": "gzip"}, auto_decompress=False
        ) as answer:
            assert answer.headers["Content-Encoding"] == "gzip"
            rows = json.loads(gzip.decompress(await answer.read()))
        assert len(rows) == len(exchange.model.listing)
        assert set(rows[0]) == {"market", "korean_name", "english_name", "market_event"}


@pytest.mark.parametrize(
    "path",
    [
        "/v1/ticker?markets=krw-btc",
        "//v1/ticker?markets=KRW-BTC",
        "/v1/ticker/?markets=KRW-BTC",
        "/v1/ticker?markets=KRW-BTC&markets=KRW-BTC",
        "/v1/ticker?markets=KRW%2DBTC",
    ],
)
async def test_paths_and_codes_are_taken_in_every_spelling_clients_use(path: str) -> None:
    async with running_exchange() as exchange:
        assert [row["market"] for row in await exchange.get_json(path)] == ["KRW-BTC"]


async def test_parameters_may_come_as_a_form_in_the_body_of_a_get() -> None:
    async with (
        running_exchange() as exchange,
        exchange.rest.get(
            f"{exchange.rest_url}/v1/candles/days", data={"market": "KRW-BTC", "count": "2"}
        ) as answer,
    ):
        assert len(await answer.json()) == 2


@pytest.mark.parametrize(
    ("path", "status", "name"),
    [
        ("/v1/ticker", 400, 400),
        ("/v1/ticker?markets=KRW-BTC,KRW-NOPE", 404, 404),
        ("/v1/candles/minutes/1", 400, 400),
        ("/v1/candles/minutes/2?market=KRW-BTC", 400, 400),
        (MINUTES + "&count=abc", 400, 400),
        (MINUTES + "&count=0", 400, 400),
        (MINUTES + "&count=1_0", 400, 400),
        ("/v1/orderbook?markets=KRW-BTC&level=nan", 400, 400),
        ("/v1/trades/ticks?market=KRW-BTC&cursor=1_0", 400, 400),
        (MINUTES + "&to=yesterday", 400, 400),
        (MINUTES + "&to=2026-08-26T08:00:00+09:00", 400, 400),
        ("/v1/candles/days?market=KRW-BTC&converting_price_unit=USD", 400, 400),
        ("/v1/trades/ticks?market=KRW-BTC&days_ago=8", 400, 400),
        ("/v1/trades/ticks?market=KRW-BTC&to=25:00:00", 400, 400),
        ("/v1/orderbook?markets=KRW-BTC&level=much", 400, 400),
        ("/v1/nothing", 404, "not_found"),
        ("/nothing", 404, "not_found"),
    ],
)
async def test_what_upbit_refuses_is_refused_the_same_way(
    path: str, status: int, name: object
) -> None:
    async with running_exchange() as exchange:
        assert await refusal(exchange, path) == (status, name)


@pytest.mark.parametrize(
    "to",
    [
        "2026-08-26T08:05:00Z",
        "2026-08-26T08:05:00",
        "2026-08-26+08%3A05%3A00",
        "2026-08-26T17%3A05%3A00%2B09%3A00",
        "2026-08-26T08%3A05%3A00.000Z",
    ],
)
async def test_every_form_of_a_moment_means_the_same_and_excludes_it(to: str) -> None:
    async with running_exchange() as exchange:
        rows = await exchange.get_json(f"{MINUTES}&count=2&to={to}")
        assert rows[0]["candle_date_time_utc"] == "2026-08-26T08:04:00"


async def test_candles_page_without_gap_or_overlap_and_are_cut_to_two_hundred() -> None:
    async with running_exchange() as exchange:
        newest = await exchange.get_json(MINUTES + "&count=1000")
        assert len(newest) == 200
        oldest = newest[-1]["candle_date_time_utc"]
        older = await exchange.get_json(f"{MINUTES}&count=200&to={oldest}")
        starts = [row["candle_date_time_utc"] for row in newest + older]
        assert starts == sorted(set(starts), reverse=True)


async def test_the_first_candle_runs_and_holds_exactly_its_trades() -> None:
    async with running_exchange() as exchange:
        (row,) = await exchange.get_json("/v1/candles/minutes/60?market=KRW-BTC")
        assert row["candle_date_time_utc"] == "2026-08-26T08:00:00"
        until_ms = row["timestamp"] + 1
        trades = exchange.model.prints("KRW-BTC", EXCHANGE_MS // 3_600_000 * 3_600_000, until_ms)
        assert row["candle_acc_trade_volume"] == pytest.approx(sum(t.volume for t in trades))
        assert row["high_price"] == max(trade.price for trade in trades)
        assert row["trade_price"] == trades[-1].price


async def test_trades_page_by_cursor_and_days_reach_back_seven() -> None:
    async with running_exchange() as exchange:
        path = "/v1/trades/ticks?market=KRW-BTC"
        first = await exchange.get_json(path + "&count=50")
        cursor = first[-1]["sequential_id"]
        second = await exchange.get_json(f"{path}&count=50&cursor={cursor}")
        ids = [row["sequential_id"] for row in first + second]
        times = [row["timestamp"] for row in first + second]
        assert len(set(ids)) == 100
        assert times == sorted(times, reverse=True)
        old = await exchange.get_json(f"{path}&days_ago=7&to=12:00:00")
        assert old[0]["trade_date_utc"] == "2026-08-19"
        assert old[0]["trade_time_utc"] < "12:00:00"


async def test_books_have_the_level_and_count_asked_for() -> None:
    async with running_exchange() as exchange:
        path = "/v1/orderbook?markets=KRW-BTC,KRW-ETH"
        assert [len(r["orderbook_units"]) for r in await exchange.get_json(path)] == [30, 30]
        assert len((await exchange.get_json(path + "&count=50"))[0]["orderbook_units"]) == 30
        assert len((await exchange.get_json(path + "&count=1"))[0]["orderbook_units"]) == 1
        assert await exchange.get_json(path + "&level=7") == []
        (row,) = await exchange.get_json("/v1/orderbook/instruments?markets=KRW-BTC")
        grouped = await exchange.get_json(
            f"/v1/orderbook?markets=KRW-BTC&level={row['supported_levels'][1]}"
        )
        step = float(row["supported_levels"][1])
        assert all(unit["ask_price"] % step == 0 for unit in grouped[0]["orderbook_units"])


async def test_tickers_of_a_quote_currency_come_in_the_order_of_the_list() -> None:
    async with running_exchange() as exchange:
        rows = await exchange.get_json("/v1/ticker/all?quote_currencies=KRW")
        listed = [row.market for row in exchange.model.listing if row.quote == "KRW"]
        assert [row["market"] for row in rows] == listed


async def test_the_eleventh_request_in_a_second_gets_429_and_the_rest_of_them_418() -> None:
    penalties = Penalties(refusals=3, first_block_s=30)
    async with running_exchange(ServerSettings(penalties=penalties)) as exchange:
        path = "/v1/ticker?markets=KRW-BTC"
        answers = [await exchange.get(path) for _ in range(13)]
        assert [status for status, _, _ in answers] == [200] * 10 + [429, 429, 418]
        _, headers, body = answers[10]
        assert body == b"Too many API requests."
        assert headers["Remaining-Req"] == "group=ticker; min=600; sec=0"
        assert b"Blocked for 30 seconds" in answers[12][2]
        assert (await exchange.get(MINUTES))[0] == 200
        exchange.wall.seconds += 30
        assert (await exchange.get(path))[0] == 200


async def test_a_request_with_an_origin_has_one_try_in_ten_seconds() -> None:
    async with running_exchange() as exchange:
        first = await exchange.get(MINUTES, Origin="https://example.com")
        assert first[1]["Remaining-Req"] == "group=origin; min=6; sec=0"
        assert (await exchange.get(MINUTES, Origin="https://example.com"))[0] == 429
        assert (await exchange.get(MINUTES))[0] == 200


async def test_every_path_of_the_private_api_asks_for_a_token_first() -> None:
    async with running_exchange() as exchange:
        status, headers, body = await exchange.get("/v1/accounts")
        assert (status, json.loads(body)["error"]["name"]) == (401, "no_authorization_token")
        assert headers["Remaining-Req"] == "group=default; min=1800; sec=29"


async def test_a_header_named_twice_is_refused() -> None:
    async with running_exchange() as exchange:
        url = f"{exchange.rest_url}/v1/ticker?markets=KRW-BTC"
        once = CIMultiDict([("X-Client", "a")])
        twice = CIMultiDict([("X-Client", "a"), ("X-Client", "b")])
        async with exchange.rest.get(url, headers=once) as answer:
            assert answer.status == 200
        async with exchange.rest.get(url, headers=twice) as answer:
            assert answer.status == 400
            assert (await answer.json())["error"]["name"] == 400


async def test_scenarios_start_by_name_and_change_the_run() -> None:
    async with running_exchange() as exchange:
        before = (await exchange.get_json("/simulator/scenario"))["run_id"]
        url = f"{exchange.rest_url}/simulator/scenario"
        async with exchange.rest.post(url, json={"name": "surge", "market": "KRW-BTC"}) as answer:
            assert (await answer.json())["run_id"] != before
        wrongs: list[Any] = [
            {"name": "moon"},
            {"name": "surge", "market": "KRW-NOPE"},
            {"name": "recorded", "market": "KRW-ETH"},
            {},
            [],
        ]
        for wrong in wrongs:
            async with exchange.rest.post(url, json=wrong) as answer:
                assert answer.status == 400
                assert (await answer.json())["error"]
