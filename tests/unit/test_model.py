from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from babel.core import get_global
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from complaintflow import Actor, Money, Role, actions, standard_workflow
from complaintflow.model.base import Text, UtcDatetime
from complaintflow.model.casenumber import case_number, read_case_number
from complaintflow.model.money import CURRENCIES, minor_digits, totals
from complaintflow.model.taxonomy import standard_categories
from complaintflow.workflow.decide import decide

moments = TypeAdapter(UtcDatetime)
texts = TypeAdapter(Text)


def test_a_naive_time_is_refused_and_any_other_zone_becomes_utc() -> None:
    """Law 14."""
    with pytest.raises(ValidationError, match="timezone"):
        moments.validate_python(datetime(2026, 3, 2, 9))  # noqa: DTZ001 - the point of the test
    beijing = datetime(2026, 3, 2, 9, tzinfo=timezone(timedelta(hours=8)))
    assert moments.validate_python(beijing).utcoffset() == timedelta()
    assert moments.validate_python(beijing) == beijing
    assert moments.validate_json('"2026-03-02T09:00:00+08:00"').hour == 1


def test_deciding_at_a_naive_time_is_an_error() -> None:
    """Law 14."""
    actor = Actor(id="li", roles={Role.AGENT})
    with pytest.raises(ValueError, match="aware"):
        decide(standard_workflow(), None, actions.Approve(), actor, datetime(2026, 3, 2))  # noqa: DTZ001


@pytest.mark.parametrize("amount", [1.5, "-1", "1.001", "NaN", "Infinity", "x"])
def test_money_refuses_floats_negatives_too_many_decimals_and_nonsense(amount: object) -> None:
    """Law 14."""
    with pytest.raises(ValidationError):
        Money.model_validate({"amount": amount, "currency": "EUR"})


@pytest.mark.parametrize(("amount", "currency"), [("1.5", "JPY"), ("1", "EURO"), ("1", "eur"), ("1", "XAU")])
def test_money_refuses_what_its_currency_does_not_have(amount: str, currency: str) -> None:
    with pytest.raises(ValidationError):
        Money.model_validate({"amount": amount, "currency": currency})


@pytest.mark.parametrize(
    ("text", "said"), [(("1", "JPY"), "1 JPY"), (("1.5", "EUR"), "1.50 EUR"), (("1", "KWD"), "1.000 KWD")]
)
def test_money_is_written_with_the_decimals_of_its_currency(text: tuple[str, str], said: str) -> None:
    assert str(Money(amount=Decimal(text[0]), currency=text[1])) == said


@given(st.lists(st.tuples(st.integers(0, 10**9), st.sampled_from(("CNY", "EUR", "USD")))))
def test_sums_keep_currencies_apart_and_lose_no_cent(amounts: list[tuple[int, str]]) -> None:
    """Law 14."""
    money = [Money(amount=Decimal(cents) / 100, currency=currency) for cents, currency in amounts]
    for currency, total in totals(money).items():
        assert total.amount * 100 == sum(cents for cents, c in amounts if c == currency)
    with pytest.raises(ValueError, match="never added"):
        Money(amount=Decimal(1), currency="CNY") + Money(amount=Decimal(1), currency="EUR")


def test_the_currencies_are_those_in_use_today() -> None:
    """Compared with CLDR, which dates the currencies of every country; BGN ended in 2026 and is kept for old cases."""
    in_use = {
        code
        for entries in get_global("territory_currencies").values()
        for code, _, end, tender in entries
        if end is None and tender
    }
    assert in_use ^ CURRENCIES <= {"BGN"}
    assert {c for c in CURRENCIES if minor_digits(c) == 3} == {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}


@pytest.mark.parametrize("text", ["", "   ", "a\x00b", "x" * 20_001, "\ud800"])
def test_text_refuses_what_no_database_can_hold_or_nobody_wrote(text: str) -> None:
    with pytest.raises(ValidationError):
        texts.validate_python(text)


ids = st.text(min_size=1, max_size=40)
MARCH = datetime(2026, 3, 31, 23, tzinfo=UTC)


@given(ids)
def test_a_case_number_is_understood_however_it_is_read_out(complaint_id: str) -> None:
    number = case_number(complaint_id, MARCH)
    assert number.startswith("C2603-")
    spoken = number.lower().replace("0", "o").replace("1", "l").replace("-", " ")
    assert read_case_number(spoken) == read_case_number(number) == number


@given(ids, st.integers(0, 13), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_a_case_number_with_one_wrong_symbol_is_noticed(complaint_id: str, at: int, wrong: str) -> None:
    symbols = list(case_number(complaint_id, MARCH)[1:].replace("-", ""))
    if symbols[at] != wrong:
        symbols[at] = wrong
        with pytest.raises(ValueError, match="not a case number"):
            read_case_number("".join(symbols))


def test_the_taxonomy_has_the_categories_and_sub_types_of_the_rule_book_in_two_languages() -> None:
    """R05-R11, R13-R17, R20."""
    found = {c.code: {s.code for s in c.sub_types} for c in standard_categories()}
    assert found == {
        "quality": {"defect", "wrong_specification", "out_of_tolerance", "malfunction", "not_as_described"},
        "contract": {"quantity", "grade", "specification", "delivery_time", "delivery_place", "settlement", "terms"},
        "shipping": {"damage", "loss", "spoilage", "packing", "handling"},
        "service": {"service_quality", "attitude", "manner", "skill"},
    }
    for category in standard_categories():
        for label in (category.label, *(s.label for s in category.sub_types)):
            assert label.in_language("zh-TW") == label.zh != label.en == label.in_language("fr")


def test_every_action_has_a_name_in_two_languages_and_refuses_unknown_fields() -> None:
    for name, cls in actions.ACTIONS.items():
        assert cls.label.en
        assert cls.label.zh
        with pytest.raises(ValidationError, match="Extra inputs"):
            cls.model_validate({"type": name, "surprise": 1})
