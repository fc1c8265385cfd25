"""Case numbers that people can read out: no confusable letters, and a check symbol for the mishearing."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b

_SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U."""
_HEARD_AS = str.maketrans("ILO", "110", "- ")


def _check_symbol(symbols: str) -> str:
    """Luhn's sum modulo 32: finds every single wrong symbol and nearly every swap of neighbours."""
    total = 0
    for position, symbol in enumerate(reversed(symbols)):
        total += sum(divmod(_SYMBOLS.index(symbol) * (2 - position % 2), 32))
    return _SYMBOLS[-total % 32]


def _grouped(symbols: str) -> str:
    return f"C{symbols[:4]}-{symbols[4:9]}-{symbols[9:]}"


def case_number(complaint_id: str, recorded_at: datetime) -> str:
    """Year and month (UTC) of the record, 45 bits of the id, one check symbol: ``C2611-7K3M9-QX4C2``.

    It needs no counter that all cases share. Among 100,000 cases of one month two alike are expected once in
    some 7,000 months; the stores refuse the second.
    """
    bits = int.from_bytes(blake2b(complaint_id.encode(), digest_size=6).digest()) >> 3
    tail = "".join(_SYMBOLS[bits >> shift & 31] for shift in range(40, -1, -5))
    symbols = f"{recorded_at:%y%m}{tail}"
    return _grouped(symbols + _check_symbol(symbols))


def read_case_number(heard: str) -> str:
    """The number as it is stored, from what somebody typed or said: lower case, O for 0, I or L for 1, spaces.

    Raises ``ValueError`` if the length, a symbol or the check symbol is wrong.
    """
    symbols = heard.strip().upper().removeprefix("C").translate(_HEARD_AS)
    if len(symbols) != 14 or any(s not in _SYMBOLS for s in symbols):
        raise ValueError(f"{heard!r} is not a case number: expected one like C2611-7K3M9-QX4C2")
    if _check_symbol(symbols[:-1]) != symbols[-1]:
        raise ValueError(f"{heard!r} is not a case number: a symbol is wrong or two are swapped")
    return _grouped(symbols)
