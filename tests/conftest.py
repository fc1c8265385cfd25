from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings

from command import Run, runner

_calm = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
settings.register_profile("default", deadline=None, derandomize=True, suppress_health_check=_calm)
settings.register_profile("long", deadline=None, max_examples=2_000, suppress_health_check=_calm)
settings.register_profile("quick", parent=settings.get_profile("default"), phases=[Phase.generate])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command of ``complaintflow`` in this process."""
    return runner(capsys, monkeypatch)
