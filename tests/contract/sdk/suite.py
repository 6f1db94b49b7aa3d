"""Runs the official client, unmodified: `-m tests.contract.sdk.suite REST_URL KEY SECRET`.

The key and secret are those of a sub-pocket; the main pocket's come from the environment.

Prints one line of JSON: for each method of the client and each stream, what was wrong with it.
Runs in `.venv-sdk`, because the client needs an older `websockets` than the application.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from upbit import AsyncUpbit, Upbit  # type: ignore[import-not-found]

from tests.contract.sdk.rest_calls import PrivateCalls, Report, public_calls
from tests.contract.sdk.stream_calls import (
    announcements,
    info_streams,
    private_streams,
    public_connection,
    public_streams,
    sync_stream,
)

_NOT_ENDPOINTS = frozenset({"with_raw_response", "with_streaming_response"})


def methods_of(client: Upbit) -> set[str]:
    """Return `resource.method` of every REST method the client has."""
    found = set()
    for resource in (name for name in dir(type(client)) if not name.startswith(("_", "ws_"))):
        held = getattr(client, resource, None)
        if "upbit.resources" not in type(held).__module__:
            continue
        for method in dir(type(held)):
            if not method.startswith("_") and method not in _NOT_ENDPOINTS:
                found.add(f"{resource}.{method}")
    return found


def streams_of(client: Upbit) -> set[str]:
    """Return `ws_stream.method` of every stream the client can open."""
    return {f"ws_stream.{name}" for name in dir(type(client.ws_stream)) if not name.startswith("_")}


async def stream_report(client: AsyncUpbit, base_url: str, low_price: str) -> Report:
    """Read every stream; public, private and info side by side."""
    report: Report = {}
    async with client:
        await asyncio.gather(
            public_streams(client, report),
            private_streams(client, low_price, report),
            info_streams(client, report),
            announcements(client, base_url, report),
            public_connection(client, report),
        )
    return report


def main(base_url: str, sub_key: str, sub_secret: str) -> dict[str, Any]:
    """Return what is wrong, by method, and the methods that were not called."""
    with (
        Upbit(base_url=base_url) as client,
        Upbit(base_url=base_url, access_key=sub_key, secret_key=sub_secret) as sub_client,
    ):
        report = public_calls(client)
        report |= PrivateCalls(client, sub_client).run()
        last = client.tickers.list_by_trading_pairs(markets="KRW-BTC")[0].trade_price
        low_price = str(int(float(last) * 0.5) // 1000 * 1000)
        report |= asyncio.run(stream_report(AsyncUpbit(base_url=base_url), base_url, low_price))
        sync_stream(client, report)
        expected = methods_of(client) | streams_of(client)
    return {"report": report, "not_called": sorted(expected - report.keys())}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*sys.argv[1:])) + "\n")
