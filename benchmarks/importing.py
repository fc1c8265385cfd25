"""Milliseconds to import the library, beside what it cannot do without."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.harness import Figure, Scale, in_turns, ratio

_IMPORTS = {
    "floor": "from pydantic import BaseModel; import transitions",
    "floor with Field": "from pydantic import BaseModel, Field; import transitions",
    "complaintflow": "import complaintflow",
}


def _in_a_new_process(statement: str, bytecode: str) -> Callable[[], float]:
    """The bytecode has a folder of its own, filled by the first run: an installed package is compiled, too."""
    program = f"import time; start = time.perf_counter(); {statement}; print(time.perf_counter() - start)"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = bytecode

    def run() -> float:
        command = [sys.executable, "-c", program]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)  # noqa: S603 - ours
        return float(done.stdout)

    return run


def figures(scale: Scale) -> Iterator[Figure]:
    """The front door beside the bare imports; the middle line shows what pydantic loads for any field."""
    with TemporaryDirectory() as bytecode:
        sides = {name: _in_a_new_process(statement, bytecode) for name, statement in _IMPORTS.items()}
        found = in_turns(sides, scale.rounds)
    for name, aim in zip(_IMPORTS, ("the floor", "", "below 1.5"), strict=True):
        yield Figure(f"import, {name}", f"{median(found[name]) * 1e3:.0f} ms", ratio(found[name], found["floor"]), aim)
