"""Currencies: how many digits of an amount are minor units. Amounts are whole minor units everywhere; only texts show a point."""

from decimal import Decimal
from typing import Final

_USUAL_DIGITS: Final = 2
_OTHER_DIGITS: Final = {"CLP": 0, "ISK": 0, "JPY": 0, "KRW": 0, "VND": 0, "BHD": 3, "JOD": 3, "KWD": 3, "OMR": 3, "TND": 3}


def minor_digits(currency: str) -> int:
    """Digits behind the point of an ISO 4217 currency."""
    return _OTHER_DIGITS.get(currency, _USUAL_DIGITS)


def decimal_amount(amount_minor: int, currency: str) -> Decimal:
    """The amount in whole units of its currency, exact: 120050 EUR cents are `1200.50`."""
    sign = 1 if amount_minor < 0 else 0
    # Built digit by digit: arithmetic on decimals rounds to the precision of its context.
    return Decimal((sign, tuple(int(digit) for digit in str(abs(amount_minor))), -minor_digits(currency)))
