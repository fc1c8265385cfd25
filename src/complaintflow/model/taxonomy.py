"""The categories and sub-types of complaints, as data that a host extends or replaces (R05-R20)."""

from __future__ import annotations

from typing import Literal

from complaintflow.model.base import Code, Frozen, Label


class SubType(Frozen):
    """One kind of complaint inside a category; ``needs`` names the facts that the record must carry."""

    code: Code
    label: Label
    needs: frozenset[Literal["discrepancy", "measurement", "staff"]] = frozenset()


class Category(Frozen):
    """A field of complaints, such as shipping, with its sub-types."""

    code: Code
    label: Label
    sub_types: tuple[SubType, ...]

    def sub_type(self, code: str) -> SubType | None:
        return next((s for s in self.sub_types if s.code == code), None)


class Classification(Frozen):
    """A category and sub-type by their codes."""

    category: Code
    sub_type: Code


def _types(*rows: tuple[str, str, str], needs: str = "") -> tuple[SubType, ...]:
    return tuple(
        SubType.model_validate({"code": code, "label": Label(en, zh), "needs": needs.split()}) for code, en, zh in rows
    )


def standard_categories() -> tuple[Category, ...]:
    """The four categories of the rule book: quality, contract, shipping, service."""
    quality = (
        _types(
            ("defect", "Defect", "产品缺陷"),  # R06
            ("wrong_specification", "Wrong specification", "规格不符"),  # R07
        )
        + _types(("out_of_tolerance", "Outside technical tolerance", "超出允许误差"), needs="measurement")  # R08
        + _types(
            ("malfunction", "Malfunction", "产品故障"),  # R09
            ("not_as_described", "Not as described or pictured", "与图片或描述不符"),  # R20
        )
    )
    contract = _types(  # R11; each compares with the contract (R12)
        ("quantity", "Quantity", "数量不符"),
        ("grade", "Grade", "等级不符"),
        ("specification", "Specification", "规格不符"),
        ("delivery_time", "Delivery time", "交货时间不符"),
        ("delivery_place", "Delivery place", "交货地点不符"),
        ("settlement", "Settlement", "结算方式不符"),
        ("terms", "Terms of trade", "交易条件不符"),
        needs="discrepancy",
    )
    shipping = _types(
        ("damage", "Damaged in transit", "运输损坏"),  # R14
        ("loss", "Lost in transit", "运输丢失"),
        ("spoilage", "Spoiled in transit", "运输变质"),
        ("packing", "Packing fault", "包装不当"),  # R15
        ("handling", "Loading or unloading fault", "装卸不当"),
    )
    service = _types(  # R17
        ("service_quality", "Service quality", "服务质量"),
        ("attitude", "Attitude", "服务态度"),
        ("manner", "Manner of service", "服务方式"),
        ("skill", "Skill", "服务技巧"),
    )
    return (
        Category(code="quality", label=Label("Product quality", "商品质量投诉"), sub_types=quality),  # R05
        Category(code="contract", label=Label("Sales contract", "购销合同投诉"), sub_types=contract),  # R10
        Category(code="shipping", label=Label("Shipping", "货物运输投诉"), sub_types=shipping),  # R13
        Category(code="service", label=Label("Service", "服务投诉"), sub_types=service),  # R16
    )
