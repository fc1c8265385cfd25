"""``python -m benchmarks`` prints every figure; ``--smoke`` runs all of them in a minute, for CI."""

from __future__ import annotations

import platform
from argparse import ArgumentParser

from benchmarks import deciding, durable, importing, keeping, large, pgbench, postgres, server
from benchmarks.harness import FULL, SMOKE, table

PARTS = {"deciding": deciding, "durable": durable, "importing": importing, "keeping": keeping}
ON_A_SERVER = {"postgres": postgres, "large": large}


def main() -> None:
    """Run and print."""
    parser = ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of: {', '.join([*PARTS, *ON_A_SERVER])}; all, if none is named")
    parser.add_argument("--smoke", action="store_true", help="tiny runs: proves that it works, the figures are rough")
    given = parser.parse_args()
    parts = {**PARTS, **ON_A_SERVER}
    if unknown := set(given.parts) - parts.keys():
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    scale = SMOKE if given.smoke else FULL
    print(
        f"Python {platform.python_version()}, {scale.rounds} rounds of {scale.cases} cases; durable on the TMPDIR disk"
    )
    for name in given.parts or parts:
        missing = what_is_missing() if name in ON_A_SERVER else None
        print(f"\n{name} is left out: {missing}" if missing else f"\n{table(parts[name].figures(scale))}", flush=True)


def what_is_missing() -> str | None:
    """What the parts on a server lack here."""
    if not pgbench.is_there():
        return "pgbench is not on the PATH; it comes with PostgreSQL"
    return None if server.is_there() else f"no PostgreSQL answers at {server.URL}"


if __name__ == "__main__":
    main()
