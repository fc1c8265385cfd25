"""The examples run, each as its reader would run it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def run(name: str, folder: Path) -> list[str]:
    command = [sys.executable, "-W", "error", "-X", "utf8", str(EXAMPLES / name)]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, encoding="utf-8")  # noqa: S603 - our own files
    return done.stdout.splitlines()


def test_the_shop_refuses_a_gift_over_the_limit_and_gives_one_inside(tmp_path: Path) -> None:
    refused, settled, confirmed, stage = run("shop_backend.py", tmp_path)
    assert "over_limit" in refused
    assert "25.00 EUR is over your own limit of 20.00 EUR" in refused
    assert (settled, confirmed) == ("{'stage': 'awaiting_feedback'}", "{'stage': 'awaiting_review'}")
    assert stage == "您的投诉已处理完毕。"
    assert (tmp_path / "shop.db").exists()


def test_the_async_shop_loses_nothing(tmp_path: Path) -> None:
    recorded, upheld = run("async_shop.py", tmp_path)
    assert recorded.startswith("5 cases, such as C")
    assert upheld == "5 upheld and waiting for a person"
