from __future__ import annotations

import subprocess
import sys


def test_importing_the_library_pulls_in_no_adapter_and_no_framework() -> None:
    heavy = {"alembic", "cloudevents", "hypothesis", "rich", "sqlalchemy", "typer"}
    code = f"import sys, complaintflow; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.strip() == "set()"


def test_the_front_door_has_at_most_thirty_names() -> None:
    import complaintflow

    assert len(complaintflow.__all__) <= 30
    assert all(hasattr(complaintflow, name) for name in complaintflow.__all__)
