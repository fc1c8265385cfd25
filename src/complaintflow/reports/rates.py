"""Rates: how many complaints there are for what was sold or shipped."""

from __future__ import annotations

from decimal import Decimal


def complaint_rate(complaints: int, units: int, *, per: int = 1000) -> Decimal:
    """Complaints for every ``per`` orders, parcels or whatever ``units`` counts (P28).

    Raises ``ValueError`` if there were no units: a rate of nothing is not a number.
    """
    if units <= 0:
        raise ValueError(f"units must be positive, not {units}: there is no rate without what it is measured by")
    return Decimal(complaints * per) / units
