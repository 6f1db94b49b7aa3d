"""Every REST method of the official client, called once or more on a running exchange."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from tests.contract.sdk.typed import problems

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit import Upbit  # type: ignore[import-not-found]

Report = dict[str, list[str]]
_DONE_S = 10.0
# Below 30 requests a second: a refused one would be repeated by the client half a second later,
# when what it was about may be over.
_ASK_EVERY_S = 0.1
_PACE_S = 0.05


def public_calls(client: Upbit) -> Report:
    """Call the quotation API."""
    candles, books = client.candles, client.orderbooks
    calls: dict[str, Callable[[], Any]] = {
        "trading_pairs.list": lambda: client.trading_pairs.list(is_details=True),
        "candles.list_seconds": lambda: candles.list_seconds(market="KRW-BTC", count=3),
        "candles.list_minutes": lambda: candles.list_minutes(
            unit=5, market="KRW-BTC", count=3, to="2026-03-11 14:40:00"
        ),
        "candles.list_days": lambda: candles.list_days(
            market="KRW-BTC", count=3, converting_price_unit="KRW"
        ),
        "candles.list_weeks": lambda: candles.list_weeks(market="KRW-BTC", count=2),
        "candles.list_months": lambda: candles.list_months(market="KRW-BTC", count=2),
        "candles.list_years": lambda: candles.list_years(market="KRW-BTC", count=1),
        "trades.list": lambda: client.trades.list(market="KRW-BTC", count=5),
        "tickers.list_by_trading_pairs": lambda: client.tickers.list_by_trading_pairs(
            markets="KRW-BTC,KRW-ETH"
        ),
        "tickers.list_by_quote_currencies": lambda: client.tickers.list_by_quote_currencies(
            quote_currencies="KRW"
        ),
        "orderbooks.list": lambda: books.list(markets="KRW-BTC", level="0", count=15),
        "orderbooks.list_instruments": lambda: books.list_instruments(markets="KRW-BTC"),
    }
    empty_allowed = {"candles.list_minutes"}
    report: Report = {}
    for name, call in calls.items():
        answer = call()
        report[name] = problems(list(answer))
        if not answer and name not in empty_allowed:
            report[name].append("nothing came back")
    return report


class PrivateCalls:
    """The exchange API: orders that rest, trade, are replaced and cancelled; money that moves."""

    def __init__(self, client: Upbit, sub_client: Upbit) -> None:
        self._client = client
        self._sub = sub_client
        self.report: Report = {}

    def run(self) -> Report:
        """Call everything."""
        self._account()
        self._orders()
        self._cancels()
        self._pockets()
        self._transfers()
        return self.report

    def _note(self, name: str, answer: Any, *, what: str = "") -> Any:
        time.sleep(_PACE_S)
        found = problems(list(answer) if isinstance(answer, list | tuple) else answer)
        self.report.setdefault(name, []).extend(f"{what}{text}" for text in found)
        return answer

    def _expect(self, name: str, fact: bool, text: str) -> None:
        if not fact:
            self.report.setdefault(name, []).append(text)

    def _account(self) -> None:
        client = self._client
        rows = self._note("accounts.list", client.accounts.list())
        self._expect("accounts.list", bool(rows), "no balance")
        self._note("api_keys.list", client.api_keys.list())
        wallets = self._note("wallet_status.list", client.wallet_status.list())
        self._expect("wallet_status.list", bool(wallets), "no wallet")
        chance = self._note(
            "orders.retrieve_chance", client.orders.retrieve_chance(market="KRW-BTC")
        )
        self._expect("orders.retrieve_chance", chance.bid_fee == "0.0005", "another fee")

    def _orders(self) -> None:
        orders = self._client.orders
        price = self._low_price()
        wish = {"market": "KRW-BTC", "side": "bid", "ord_type": "limit", "volume": "1"}
        wish["price"] = price
        self._note("orders.test_create", orders.test_create(**wish))
        # A blank and a plus: the client hashes them in a way of its own.
        placed = self._note("orders.create", orders.create(**wish, identifier="a b+c"))
        self._note("orders.create", orders.create(**wish, smp_type="reduce", identifier="second"))
        self._note("orders.create", orders.create(**wish, time_in_force="post_only"))
        by_name = self._note("orders.retrieve", orders.retrieve(identifier="a b+c"))
        self._expect("orders.retrieve", by_name.uuid == placed.uuid, "another order")
        listed = self._note("orders.list_by_uuids", orders.list_by_uuids(uuids=[placed.uuid]))
        self._expect("orders.list_by_uuids", len(listed) == 1, f"{len(listed)} orders")
        paged = self._note("orders.list_open", list(orders.list_open(limit=1)))
        self._expect("orders.list_open", len(paged) == 3, f"{len(paged)} open orders, not 3")
        bought = orders.create(market="KRW-BTC", side="bid", ord_type="price", price="100000")
        self._note("orders.create", bought, what="market buy: ")
        ended = self._ended(bought.uuid)
        self._note("orders.retrieve", ended, what="market buy: ")
        self._expect("orders.retrieve", bool(ended.trades), "a market buy without trades")
        sold = orders.create(
            market="KRW-BTC", side="ask", ord_type="market", volume=ended.executed_volume
        )
        self._note("orders.retrieve", self._ended(sold.uuid), what="market sell: ")
        best = orders.create(
            market="KRW-BTC", side="bid", ord_type="best", price="10000", time_in_force="ioc"
        )
        self._note("orders.create", best, what="best: ")
        self._ended(best.uuid)
        closed = self._note(
            "orders.list_closed", orders.list_closed(states=["done", "cancel"], limit=10)
        )
        self._expect("orders.list_closed", len(closed) >= 3, f"{len(closed)} closed orders")

    def _cancels(self) -> None:
        orders = self._client.orders
        replaced = self._note(
            "orders.cancel_and_new",
            orders.cancel_and_new(
                prev_order_identifier="a b+c",
                new_ord_type="limit",
                new_price=self._low_price(),
                new_volume="remain_only",
                new_identifier="third",
            ),
        )
        self._expect("orders.cancel_and_new", bool(replaced.new_order_uuid), "no new uuid")
        self._ended(replaced.uuid)
        cancelled = self._note("orders.cancel", orders.cancel(identifier="second"))
        self._expect("orders.cancel", cancelled.state == "wait", "not answered as wait")
        self._ended(cancelled.uuid)
        both = self._note(
            "orders.cancel_by_uuids",
            orders.cancel_by_uuids(uuids=[replaced.new_order_uuid, cancelled.uuid]),
        )
        counts = (both.success.count, both.failed.count)
        self._expect("orders.cancel_by_uuids", counts == (1, 1), f"counts {counts}")
        self._ended(replaced.new_order_uuid)
        rest = self._note("orders.cancel_open", orders.cancel_open(pairs="KRW-BTC", count=300))
        self._expect("orders.cancel_open", rest.success.count == 1, f"{rest.success.count} left")

    def _pockets(self) -> None:
        pockets, sub = self._client.pockets, self._sub.pockets
        rows = self._note("pockets.list", pockets.list())
        main_uuid, sub_uuid = (row.uuid for row in rows)
        self._note("pockets.list_api_keys", pockets.list_api_keys(uuids=[sub_uuid]))
        sent = pockets.universal_transfer(to=sub_uuid, currency="KRW", amount="1000000.50")
        self._note("pockets.universal_transfer", sent)
        until = time.monotonic() + _DONE_S
        while pockets.list_universal_transfers(uuids=[sent.uuid])[0].state != "done":
            self._expect("pockets.universal_transfer", time.monotonic() < until, "never done")
            if time.monotonic() > until:
                return
            time.sleep(_ASK_EVERY_S)
        self._note("pockets.list_universal_transfers", pockets.list_universal_transfers())
        balance = self._note("pockets.retrieve_balance", pockets.retrieve_balance(uuid=sub_uuid))
        self._expect("pockets.retrieve_balance", balance[0].balance == "1000000.5", "another sum")
        back = sub.transfer(to=main_uuid, currency="KRW", amount="10", identifier="back")
        self._note("pockets.transfer", back)
        self._note("pockets.list_transfers", sub.list_transfers(identifiers=["back"]))

    def _transfers(self) -> None:
        client, coin = self._client, {"currency": "BTC", "net_type": "BTC"}
        deposits, withdraws = client.deposits, client.withdraws
        self._note("deposits.retrieve_chance", deposits.retrieve_chance(**coin))
        made = self._note("deposits.create_coin_address", deposits.create_coin_address(**coin))
        self._note("deposits.list_coin_addresses", deposits.list_coin_addresses())
        self._note("deposits.retrieve_coin_address", deposits.retrieve_coin_address(**coin))
        won = {"amount": "10000", "two_factor_type": "kakao"}
        first = self._note("deposits.deposit_krw", deposits.deposit_krw(**won))
        self._note("deposits.retrieve", deposits.retrieve(uuid=first.uuid))
        self._note("withdraws.retrieve_chance", withdraws.retrieve_chance(**coin))
        known = self._note("withdraws.list_coin_addresses", withdraws.list_coin_addresses())
        registered = any(row.withdraw_address == made.deposit_address for row in known)
        self._expect("withdraws.list_coin_addresses", registered, "address not registered")
        self._note("withdraws.create_krw_withdrawal", withdraws.create_krw_withdrawal(**won))
        wish = {**coin, "amount": "0.1", "address": made.deposit_address}
        sent = self._note("withdraws.create_withdrawal", withdraws.create_withdrawal(**wish))
        stopped = withdraws.create_withdrawal(**wish)
        self._note("withdraws.cancel_withdrawal", withdraws.cancel_withdrawal(uuid=stopped.uuid))
        arrived = self._arrived(sent.uuid)
        self._note("withdraws.list", list(withdraws.list(limit=1)))
        self._note("deposits.list", list(deposits.list(limit=1)))
        vasp = self._note("travel_rule.list_vasps", client.travel_rule.list_vasps())[0].vasp_uuid
        self._note(
            "travel_rule.verify_deposit_by_uuid",
            client.travel_rule.verify_deposit_by_uuid(deposit_uuid=arrived.uuid, vasp_uuid=vasp),
        )
        self._verify_by_txid(wish, vasp)

    def _verify_by_txid(self, wish: dict[str, str], vasp: str) -> None:
        client = self._client
        sent = client.withdraws.create_withdrawal(**wish)
        arrived = self._arrived(sent.uuid)
        verified = client.travel_rule.verify_deposit_by_txid(
            currency="BTC", net_type="BTC", txid=arrived.txid, vasp_uuid=vasp
        )
        self._note("travel_rule.verify_deposit_by_txid", verified)

    def _arrived(self, uuid: str) -> Any:
        """Return the deposit that a withdrawal became, as soon as it has arrived."""
        until = time.monotonic() + _DONE_S
        while time.monotonic() < until:
            sent = self._note("withdraws.retrieve", self._client.withdraws.retrieve(uuid=uuid))
            if sent.state == "DONE":
                return self._client.deposits.retrieve(txid=sent.txid)
            time.sleep(_ASK_EVERY_S)
        raise TimeoutError(f"withdrawal {uuid} isn't done")

    def _ended(self, uuid: str) -> Any:
        until = time.monotonic() + _DONE_S
        while time.monotonic() < until:
            order = self._client.orders.retrieve(uuid=uuid)
            if order.state != "wait":
                return order
            time.sleep(_ASK_EVERY_S)
        raise TimeoutError(f"order {uuid} hasn't ended")

    def _low_price(self) -> str:
        last = self._client.tickers.list_by_trading_pairs(markets="KRW-BTC")[0].trade_price
        return str(int(float(last) * 0.5) // 1000 * 1000)
