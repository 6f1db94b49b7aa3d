"""Every indicator once more in plain Python, from its definition, one candle at a time.

Slow on purpose: each value is computed from the candles again, sums are exact (`fsum`), nothing
is carried on but where the definition itself is recursive.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import fsum, isnan, nan, sqrt

from upbit_auto_trading.domain.expression import ParameterValue
from upbit_auto_trading.domain.indicator import CandleRow

Line = list[float]
Values = dict[str, ParameterValue]


@dataclass
class Market:
    candles: list[CandleRow]

    def __post_init__(self) -> None:
        self.open = [c.open for c in self.candles]
        self.high = [c.high for c in self.candles]
        self.low = [c.low for c in self.candles]
        self.close = [c.close for c in self.candles]
        self.volume = [c.volume for c in self.candles]
        self.turnover = [c.turnover for c in self.candles]
        self.typical = [fsum((c.high, c.low, c.close)) / 3 for c in self.candles]

    def __len__(self) -> int:
        return len(self.candles)


def windows(line: Line, length: int, of: Callable[[Line], float]) -> Line:
    return [
        of(line[end - length + 1 : end + 1]) if end >= length - 1 else nan
        for end in range(len(line))
    ]


def mean(values: Line) -> float:
    return fsum(values) / len(values)


def exponential(line: Line, length: int) -> Line:
    """Seeded with the mean of the first `length` known values."""
    first = next((place for place, value in enumerate(line) if not isnan(value)), len(line))
    result = [nan] * len(line)
    seeded = first + length - 1
    if seeded >= len(line):
        return result
    value = mean(line[first : seeded + 1])
    result[seeded] = value
    for place in range(seeded + 1, len(line)):
        value += 2 / (length + 1) * (line[place] - value)
        result[place] = value
    return result


def weighted(values: Line) -> float:
    weights = range(1, len(values) + 1)
    return fsum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights)


def macd_lines(m: Market, v: Values) -> tuple[Line, Line, Line]:
    fast, slow = sorted((int(v["fast"]), int(v["slow"])))
    late = [nan] * (slow - fast) + exponential(m.close[slow - fast :], fast)
    line = [a - b for a, b in zip(late, exponential(m.close, slow), strict=True)]
    signal = exponential(line, int(v["signal"]))
    shown = [nan if isnan(s) else a for a, s in zip(line, signal, strict=True)]
    return shown, signal, [a - s for a, s in zip(shown, signal, strict=True)]


def true_ranges(m: Market) -> Line:
    ranges = [nan]
    for place in range(1, len(m)):
        before = m.close[place - 1]
        ends = (m.high[place] - m.low[place], m.high[place] - before, before - m.low[place])
        ranges.append(max(ends))
    return ranges


def average_true_range(m: Market, v: Values) -> Line:
    length, ranges = int(v["period"]), true_ranges(m)
    result = [nan] * len(m)
    if len(m) <= length:
        return result
    value = mean(ranges[1 : length + 1])
    result[length] = value
    for place in range(length + 1, len(m)):
        value = (value * (length - 1) + ranges[place]) / length
        result[place] = value
    return result


def directional(m: Market, v: Values) -> tuple[Line, Line, Line]:
    length, ranges = int(v["period"]), true_ranges(m)
    up, down = [0.0], [0.0]
    for place in range(1, len(m)):
        rise, fall = m.high[place] - m.high[place - 1], m.low[place - 1] - m.low[place]
        up.append(rise if rise > fall and rise > 0 else 0.0)
        down.append(fall if fall > rise and fall > 0 else 0.0)
    plus, minus, strength = [nan] * len(m), [nan] * len(m), [nan] * len(m)
    sums = [fsum(line[1:length]) for line in (up, down, ranges)]
    directions: Line = []
    for place in range(length, len(m)):
        moves = (up[place], down[place], ranges[place])
        sums = [s - s / length + move for s, move in zip(sums, moves, strict=True)]
        plus[place], minus[place] = (100 * s / sums[2] if sums[2] else 0.0 for s in sums[:2])
        both = plus[place] + minus[place]
        # Without any direction nothing is added to the strength, and later it stays as it was.
        directions.append(100 * abs(plus[place] - minus[place]) / both if both else nan)
        if len(directions) == length:
            strength[place] = fsum(d for d in directions if not isnan(d)) / length
        elif len(directions) > length:
            before, newest = strength[place - 1], directions[-1]
            strength[place] = before if isnan(newest) else before + (newest - before) / length
    return plus, minus, strength


def relative_strength(m: Market, length: int) -> Line:
    result = [nan] * len(m)
    gain = loss = 0.0
    for place in range(1, len(m)):
        change = m.close[place] - m.close[place - 1]
        if place <= length:
            gain, loss = gain + max(change, 0) / length, loss + max(-change, 0) / length
        else:
            gain = (gain * (length - 1) + max(change, 0)) / length
            loss = (loss * (length - 1) + max(-change, 0)) / length
        if place >= length and gain + loss:
            result[place] = 100 * gain / (gain + loss)
    return result


def parabolic(m: Market, v: Values) -> Line:
    most = float(v["maximum"])
    step = min(float(v["acceleration"]), most)
    result = [nan] * len(m)
    if len(m) < 2:
        return result
    fall, rise = m.low[0] - m.low[1], m.high[1] - m.high[0]
    sign = -1 if fall > rise and fall > 0 else 1
    # On the way down the same rules hold for the market upside down.
    tops = m.high if sign > 0 else [-x for x in m.low]
    floors = m.low if sign > 0 else [-x for x in m.high]
    stop, extreme, factor = floors[0], tops[1], step
    for place in range(1, len(m)):
        old = max(place - 1, 1)
        if floors[place] <= stop:
            sign = -sign
            tops, floors = [-x for x in floors], [-x for x in tops]
            stop, factor = min(-extreme, floors[old], floors[place]), step
            result[place] = sign * stop
            extreme = tops[place]
        else:
            result[place] = sign * stop
            if tops[place] > extreme:
                extreme, factor = tops[place], min(factor + step, most)
        stop = min(stop + factor * (extreme - stop), floors[old], floors[place])
    return result


def bands(m: Market, v: Values) -> tuple[Line, Line, Line]:
    length, deviations = int(v["period"]), float(v["deviations"])

    def spread(values: Line) -> float:
        middle = mean(values)
        return sqrt(fsum((x - middle) ** 2 for x in values) / len(values))

    middle = windows(m.close, length, mean)
    width = [deviations * s for s in windows(m.close, length, spread)]
    upper = [a + w for a, w in zip(middle, width, strict=True)]
    return upper, middle, [a - w for a, w in zip(middle, width, strict=True)]


def channel(m: Market, length: int) -> Line:
    tops, floors = windows(m.high, length, max), windows(m.low, length, min)
    return [(top + floor) / 2 for top, floor in zip(tops, floors, strict=True)]


def delayed(line: Line, candles: int) -> Line:
    return ([nan] * candles + line)[: len(line)]


def percent_of_range(line: Line, floors: Line, tops: Line, rounding: float = 0.0) -> Line:
    return [
        nan if abs(high - low) <= rounding else 100 * (x - low) / (high - low)
        for x, low, high in zip(line, floors, tops, strict=True)
    ]


def stochastic(m: Market, v: Values) -> Line:
    length = int(v["period"])
    raw = percent_of_range(m.close, windows(m.low, length, min), windows(m.high, length, max))
    return windows(raw, int(v["smooth"]), mean)


def stochastic_of_rsi(m: Market, v: Values) -> Line:
    rsi, length = relative_strength(m, int(v["period"])), int(v["stochastic"])
    known = [x == x for x in rsi]  # noqa: PLR0124
    enough = [
        place >= length - 1 and all(known[place - length + 1 : place + 1])
        for place in range(len(m))
    ]
    floors = [x if ok else nan for x, ok in zip(windows(rsi, length, min), enough, strict=True)]
    raw = percent_of_range(rsi, floors, windows(rsi, length, max), 1e-9)
    return windows(raw, int(v["smooth"]), mean)


def commodity_channel(m: Market, v: Values) -> Line:
    def of(values: Line) -> float:
        middle = mean(values)
        deviation = mean([abs(x - middle) for x in values])
        return (values[-1] - middle) / (0.015 * deviation) if max(values) != min(values) else nan

    return windows(m.typical, int(v["period"]), of)


def money_flow(m: Market, v: Values) -> Line:
    flows = [(0.0, 0.0)]
    for place in range(1, len(m)):
        change = m.typical[place] - m.typical[place - 1]
        flow = m.typical[place] * m.volume[place]
        flows.append((flow if change > 0 else 0.0, flow if change < 0 else 0.0))
    result = []
    length = int(v["period"])
    for place in range(len(m)):
        inside = flows[place - length + 1 : place + 1]
        gain, loss = fsum(f[0] for f in inside), fsum(f[1] for f in inside)
        known = place >= length and gain + loss > 0
        result.append(100 * gain / (gain + loss) if known else nan)
    return result


def on_balance(m: Market) -> Line:
    line = [m.volume[0]]
    for place in range(1, len(m)):
        change = m.close[place] - m.close[place - 1]
        line.append(line[-1] + m.volume[place] * ((change > 0) - (change < 0)))
    return line


def day_average(m: Market) -> Line:
    day = 86_400_000
    result = []
    for place, candle in enumerate(m.candles):
        today = candle.start_ms // day
        inside = [p for p in range(place + 1) if m.candles[p].start_ms // day == today]
        whole = inside[0] > 0 or candle.start_ms - candle.start_ms % day == m.candles[0].start_ms
        volume = fsum(m.volume[p] for p in inside)
        money = fsum(m.typical[p] * m.volume[p] for p in inside)
        result.append(money / volume if whole and volume else nan)
    return result


def change_of_bars(m: Market, v: Values) -> Line:
    length = int(v["period"])
    references = {
        "first": delayed(m.open, length - 1),
        "high": windows(m.high, length, max),
        "low": windows(m.low, length, min),
    }
    reference = references[str(v["origin"])]
    return [(c / r - 1) * 100 for c, r in zip(m.close, reference, strict=True)]


def rate_of_change(m: Market, v: Values) -> Line:
    old = delayed(m.close, int(v["period"]))
    return [(c / o - 1) * 100 for c, o in zip(m.close, old, strict=True)]


def williams(m: Market, v: Values) -> Line:
    length = int(v["period"])
    shares = percent_of_range(m.close, windows(m.low, length, min), windows(m.high, length, max))
    return [share - 100 for share in shares]


def percent_b(m: Market, v: Values) -> Line:
    upper, _, lower = bands(m, v)
    flat = [top == floor for top, floor in zip(upper, lower, strict=True)]
    shares = percent_of_range(m.close, lower, upper)
    return [nan if f else s / 100 for s, f in zip(shares, flat, strict=True)]


def width(m: Market, v: Values) -> Line:
    return [(u - lo) / mid * 100 for u, mid, lo in zip(*bands(m, v), strict=True)]


def span_a(m: Market, v: Values) -> Line:
    lines = (channel(m, int(v["conversion"])), channel(m, int(v["base"])))
    return delayed([(a + b) / 2 for a, b in zip(*lines, strict=True)], int(v["base"]) - 1)


def average(line: Line, v: Values, name: str = "period") -> Line:
    return windows(line, int(v[name]), mean)


ORACLES: dict[str, Callable[[Market, Values], Line]] = {
    "price": lambda m, _: m.close,
    "open": lambda m, _: m.open,
    "high": lambda m, _: m.high,
    "low": lambda m, _: m.low,
    "close": lambda m, _: m.close,
    "typical": lambda m, _: m.typical,
    "sma": lambda m, v: average(m.close, v),
    "ema": lambda m, v: exponential(m.close, int(v["period"])),
    "wma": lambda m, v: windows(m.close, int(v["period"]), weighted),
    "vwap": lambda m, _: day_average(m),
    "macd": lambda m, v: macd_lines(m, v)[0],
    "macd_signal": lambda m, v: macd_lines(m, v)[1],
    "macd_histogram": lambda m, v: macd_lines(m, v)[2],
    "adx": lambda m, v: directional(m, v)[2],
    "plus_di": lambda m, v: directional(m, v)[0],
    "minus_di": lambda m, v: directional(m, v)[1],
    "ichimoku_conversion": lambda m, v: channel(m, int(v["conversion"])),
    "ichimoku_base": lambda m, v: channel(m, int(v["base"])),
    "ichimoku_span_a": span_a,
    "ichimoku_span_b": lambda m, v: delayed(channel(m, int(v["span_b"])), int(v["base"]) - 1),
    "parabolic_sar": parabolic,
    "rsi": lambda m, v: relative_strength(m, int(v["period"])),
    "rsi_average": lambda m, v: average(relative_strength(m, int(v["period"])), v, "average"),
    "stochastic_k": stochastic,
    "stochastic_d": lambda m, v: average(stochastic(m, v), v, "average"),
    "stoch_rsi_k": stochastic_of_rsi,
    "stoch_rsi_d": lambda m, v: average(stochastic_of_rsi(m, v), v, "average"),
    "cci": commodity_channel,
    "williams_r": williams,
    "roc": rate_of_change,
    "bar_change": change_of_bars,
    "atr": average_true_range,
    "natr": lambda m, v: [
        a / c * 100 for a, c in zip(average_true_range(m, v), m.close, strict=True)
    ],
    "bollinger_upper": lambda m, v: bands(m, v)[0],
    "bollinger_middle": lambda m, v: bands(m, v)[1],
    "bollinger_lower": lambda m, v: bands(m, v)[2],
    "bollinger_width": width,
    "bollinger_percent_b": percent_b,
    "donchian_upper": lambda m, v: windows(m.high, int(v["period"]), max),
    "donchian_middle": lambda m, v: channel(m, int(v["period"])),
    "donchian_lower": lambda m, v: windows(m.low, int(v["period"]), min),
    "volume": lambda m, _: m.volume,
    "volume_average": lambda m, v: average(m.volume, v),
    "turnover": lambda m, _: m.turnover,
    "turnover_average": lambda m, v: average(m.turnover, v),
    "obv": lambda m, _: on_balance(m),
    "mfi": money_flow,
}
