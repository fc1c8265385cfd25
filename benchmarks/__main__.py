"""``python -m benchmarks`` prints every figure; ``--smoke`` runs all of them in a few seconds, for CI."""

from __future__ import annotations

import platform
from argparse import ArgumentParser

from benchmarks import deciding, durable, importing, keeping
from benchmarks.harness import FULL, SMOKE, table


def main() -> None:
    """Run and print."""
    parser = ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="tiny runs: proves that it works, the figures are rough")
    scale = SMOKE if parser.parse_args().smoke else FULL
    print(
        f"Python {platform.python_version()}, {scale.rounds} rounds of {scale.cases} cases; durable on the TMPDIR disk"
    )
    print(table(figure for part in (deciding, durable, importing, keeping) for figure in part.figures(scale)))


if __name__ == "__main__":
    main()
