"""Money on the wire: whole minor units with their currency."""

from functions.wire import Wire


class MoneyOut(Wire):
    amount_minor: int
    currency: str
