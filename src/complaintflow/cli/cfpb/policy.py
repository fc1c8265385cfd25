"""The policy for this source: its products and issues as categories, and the only due time that the file knows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from hashlib import blake2b

from complaintflow.model.base import Label
from complaintflow.model.remedy import RemedyKind
from complaintflow.model.taxonomy import Category, SubType
from complaintflow.rules.policy import Policy
from complaintflow.workflow.standard_policy import standard_policy

REPLY_WITHIN = timedelta(days=15)
"""A company answers within 15 calendar days, or the response is not timely."""
FINAL_WITHIN = timedelta(days=60)
"""Everything else: a final response may take 60 days, and the consumer may dispute it for as long."""

BUREAU = "bureau"
COMPANY = "company"
MONETARY = "monetary_relief"
NON_MONETARY = "non_monetary_relief"
CAUSE_NOT_TOLD = "not_told"

_REMEDIES = (
    # The public file tells that money was paid, not how much: an amount must not be demanded here.
    RemedyKind(code=MONETARY, label=Label("Monetary relief", "金钱补偿"), money="optional"),
    RemedyKind(code=NON_MONETARY, label=Label("Non-monetary relief", "非金钱补救")),
)


def code(name: str) -> str:
    """A machine-readable code of any name, the same in every file, different for different names.

    A name that its code does not show in full (punctuation, capitals, other scripts, length) gets a short digest.
    """
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "_", ascii_only.lower()).strip("_")
    if name == slug.replace("_", " ").capitalize() and slug[:1].isalpha() and len(slug) <= 64:
        return slug
    digest = blake2b(name.encode(), digest_size=5).hexdigest()
    return f"{slug[:50].rstrip('_') if slug[:1].isalpha() else 'x'}_{digest}"


def source_policy(names: Iterable[tuple[str, str]]) -> Policy:
    """The standard policy with the products and issues of the file; each pair is (product, issue)."""
    issues: dict[str, set[str]] = {}
    for product, issue in names:
        issues.setdefault(product, set()).add(issue)
    standard = standard_policy()
    return replace(
        standard,
        categories=tuple(_category(product, issues[product]) for product in sorted(issues)),
        remedies=(*standard.remedies, *_REMEDIES),
        causes={CAUSE_NOT_TOLD: Label("Not told in the file", "文件未说明")},
        departments={BUREAU: Label("The bureau", "消费者金融保护局"), COMPANY: Label("The company", "被投诉公司")},
        routes={code(product): COMPANY for product in issues},
        front_desk=COMPANY,
        reviewers=BUREAU,
        duties={kind: replace(duty, within=FINAL_WITHIN) for kind, duty in standard.duties.items()},
        # The file tells whether the consumer disputed, and nothing of what followed: there is no second round.
        max_disputes=0,
        max_appeals=0,
    )


def _category(product: str, issues: Iterable[str]) -> Category:
    sub_types = tuple(SubType(code=code(issue), label=Label(issue, issue)) for issue in sorted(issues))
    return Category(code=code(product), label=Label(product, product), sub_types=sub_types)
