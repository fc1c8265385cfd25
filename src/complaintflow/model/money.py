"""Money: a Decimal amount in an ISO 4217 currency; different currencies are never added (law 14)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from complaintflow.model.base import Frozen

_NO_MINOR_UNIT = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"
_TWO_DIGITS = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY
    COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR
    ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK
    MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP
    SLE SOS SRD SSP STN SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD XCG YER ZAR ZMW
    ZWG
"""
_DIGITS = {
    code: digits
    for digits, codes in ((0, _NO_MINOR_UNIT), (2, _TWO_DIGITS), (3, _THREE_DIGITS))
    for code in codes.split()
}

CURRENCIES = frozenset(_DIGITS)
"""The circulating currencies of ISO 4217 (funds, metals and test codes are left out)."""


def minor_digits(currency: str) -> int:
    """How many decimal digits the currency has: 2 for EUR, 0 for JPY, 3 for KWD (ISO 4217)."""
    return _DIGITS[currency]


def _known(currency: str) -> str:
    if currency not in CURRENCIES:
        raise ValueError(f"{currency!r} is not a circulating ISO 4217 currency, such as CNY or EUR")
    return currency


_AS_TEXT = WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "integer"}]})
"""What forms are told: a number with a point in it would be a float."""


class Money(Frozen):
    """An amount of one currency, never negative, with no more decimals than the currency has.

    Raises ``pydantic.ValidationError`` for a float, a negative amount, an unknown currency or too many decimals.
    """

    amount: Annotated[Decimal, Field(ge=0, max_digits=18, allow_inf_nan=False), _AS_TEXT]
    currency: Annotated[str, AfterValidator(_known)]

    @classmethod
    def of(cls, amount: Decimal | int | str, currency: str) -> Money:
        """``Money.of("10.50", "EUR")``. Raises ``pydantic.ValidationError`` as the class does."""
        return cls.model_validate({"amount": amount, "currency": currency})

    @model_validator(mode="before")
    @classmethod
    def _refuse_float(cls, data: object) -> object:
        if isinstance(data, dict) and isinstance(data.get("amount"), float):
            raise ValueError(  # noqa: TRY004 - pydantic collects ValueError only
                "a float cannot hold money exactly: give a Decimal, an int or a string"
            )
        return data

    @model_validator(mode="after")
    def _fits_currency(self) -> Money:
        digits = minor_digits(self.currency)
        if self.amount != round(self.amount, digits):
            raise ValueError(f"{self.currency} has {digits} decimals, {self.amount} has more")
        return self

    def __add__(self, other: Money) -> Money:
        """The sum. Raises ``ValueError`` if the currencies differ."""
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} are never added")
        return Money(amount=self.amount + other.amount, currency=self.currency)

    def __str__(self) -> str:
        return f"{self.amount:.{minor_digits(self.currency)}f} {self.currency}"


def totals(amounts: Iterable[Money | None]) -> dict[str, Money]:
    """The sum of each currency on its own, by currency code; ``None`` counts as nothing."""
    sums: dict[str, Money] = {}
    for money in amounts:
        if money is not None:
            sums[money.currency] = sums[money.currency] + money if money.currency in sums else money
    return sums
