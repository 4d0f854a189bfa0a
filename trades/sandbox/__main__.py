"""``python -m trades.sandbox --port 8090 --data-dir var/sandbox --demo``"""

import argparse
import sqlite3
import sys
from dataclasses import fields
from pathlib import Path

from trades.sandbox.knobs import Knobs, UnknownKnob
from trades.sandbox.server import SandboxServer, demo_knobs, serve

WORDS = {"true": True, "false": False, "none": None}


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m trades.sandbox", description="Pretend upstreams."
    )
    made.add_argument("--port", type=int, required=True, help="port on 127.0.0.1; 0 takes any")
    made.add_argument("--data-dir", type=Path, help="where the world is kept; without it in memory")
    made.add_argument("--demo", action="store_true", help="demo accounts, short settlements")
    made.add_argument("--prefix", default="/api", help="path before VPSBot's endpoints")
    made.add_argument(
        "--seed-trades",
        action="append",
        default=[],
        metavar="KEY=NUMBER",
        help="a further account with this key and so many trades; may be repeated",
    )
    made.add_argument(
        "--knob",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=f"one of {', '.join(one.name for one in fields(Knobs))}; may be repeated",
    )
    return made


def main(arguments: list[str] | None = None) -> int:
    """0 when it was ended, 2 with one sentence when it could not start."""
    asked = parser().parse_args(arguments)
    try:
        knobs = demo_knobs() if asked.demo else Knobs()
        knobs.change(dict(_knob(text) for text in asked.knob))
        serve(
            port=asked.port,
            data_dir=asked.data_dir,
            demo=asked.demo,
            prefix=asked.prefix,
            knobs=knobs,
            seed_trades=dict(_seed(text) for text in asked.seed_trades),
            on_ready=_announce,
        )
    except (OSError, sqlite3.Error, UnknownKnob, ValueError) as error:
        sys.stderr.write(f"The sandbox cannot start: {error}\n")
        return 2
    return 0


def _knob(text: str) -> tuple[str, object]:
    name, _, value = text.partition("=")
    if value.lower() in WORDS:
        return name, WORDS[value.lower()]
    try:
        return name, int(value)
    except ValueError:
        return name, _float_or_text(value)


def _float_or_text(value: str) -> float | str:
    try:
        return float(value)
    except ValueError:
        return value


def _seed(text: str) -> tuple[str, int]:
    key, _, number = text.rpartition("=")
    return key, int(number)


def _announce(server: SandboxServer) -> None:
    sys.stdout.write(f"Sandbox on {server.url}: VPSBOT_URL={server.api_url}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
