#!/usr/bin/env python3
"""Greet the person named on the command line."""

import sys


def greeting(name: str) -> str:
    """Return what to say to `name`."""
    # TODO: say hello to `name`, with an exclamation mark.
    sys.exit("greet.py does not greet yet")


if __name__ == "__main__":
    print(greeting(sys.argv[1]))
