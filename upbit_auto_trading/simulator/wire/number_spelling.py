"""How Upbit spells numbers in JSON: several Java spellings, all valid, all to be expected.

Source: raw frames and answers (`*_wire_number_form*` samples). Values come in as float64 and are
spelled with their shortest exact digits, so that no binary noise shows.
"""


def _digits(magnitude: float) -> tuple[str, int]:
    """Return the significant digits of a positive value and the power of ten of the first."""
    text, _, exponent = repr(float(magnitude)).partition("e")
    whole, _, fraction = text.partition(".")
    if exponent:
        digits, power = whole + fraction, int(exponent)
    elif whole != "0":
        digits, power = whole + fraction, len(whole) - 1
    else:
        digits = fraction.lstrip("0")
        power = len(digits) - len(fraction) - 1
    return digits.rstrip("0"), power


def java_double(value: float) -> str:
    """Spell as `Double.toString`: `1.16539E8`, `7.9276E-4`; plain from 0.001 up to 10⁷."""
    magnitude = abs(value)
    if 1e-3 <= magnitude < 1e7:
        return repr(float(value))
    if value == 0:
        return "0.0"
    digits, power = _digits(magnitude)
    sign = "-" if value < 0 else ""
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{power}"


def plain(value: float) -> str:
    """Spell without exponent and without trailing zeros: `116606000`, `0.00000689`, `0`."""
    whole = int(value)
    if value == whole:
        return str(whole)
    text = repr(float(value))
    if "e" not in text:
        return text
    digits, power = _digits(abs(value))
    sign = "-" if value < 0 else ""
    return f"{sign}0.{'0' * (-power - 1)}{digits}"


def fixed(value: float, decimals: int = 8) -> str:
    """Spell with at least `decimals` decimals: `142009000.00000000`; more only where needed."""
    if decimals == 8 and -1e6 < value < 1e6 and round(value, 8) == value:
        return f"{value:.8f}"
    whole, dot, fraction = plain(value).partition(".")
    if not dot:
        return f"{whole}.{'0' * decimals}"
    return f"{whole}.{fraction.ljust(decimals, '0')}"
