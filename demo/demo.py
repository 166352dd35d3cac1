#!/usr/bin/env python3
"""The demo: a private nginx, one balancer and two backends, all on this machine's loopback.

Without options it prints an address to open and shows members, routes and reloads as they change,
until Ctrl-C. With --once it plays a whole story unattended and prints what it measured; the exit
code is 0 if the story held. Gossip stays on loopback; nginx listens on ports of the kernel's choice,
as generated configuration does, on all addresses of this machine. Nothing is left behind.
"""

import argparse
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "e2e"))

from harness.process import tidy_up_on_exit  # noqa: E402  (the path above comes first)
import live  # noqa: E402
import story  # noqa: E402
import table  # noqa: E402


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__.split("\n\n")[0])
    parser.add_argument("--once", action="store_true",
                        help="play the story unattended, print what was measured, and end")
    parser.add_argument("--repeat", type=int, default=3, metavar="N",
                        help="with --once: measure each step N times (default %(default)s)")
    parser.add_argument("--format", choices=("text", "json"), default="text",
                        help="with --once: how to print the measurements")
    arguments = parser.parse_args()
    if arguments.repeat < 1:
        parser.error("--repeat must be at least 1")
    return arguments


def play_once(arguments):
    rows = story.play(arguments.repeat, say=lambda line: print(line, file=sys.stderr, flush=True))
    if arguments.format == "json":
        print(json.dumps([row.as_json() for row in rows], indent=4))
    else:
        print(table.render(rows))
    return 0 if all(row.held for row in rows) else 1


def main():
    arguments = parse_arguments()
    tidy_up_on_exit()
    try:
        if arguments.once:
            return play_once(arguments)
        live.watch()
        return 0
    except KeyboardInterrupt:
        print()
        return 0 if not arguments.once else 130
    except FileNotFoundError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 2
    except AssertionError as error:
        print(f"the story did not hold: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
