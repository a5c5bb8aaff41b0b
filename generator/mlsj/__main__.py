"""Entry point of `mlsj` and `python -m mlsj`."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    from mlsj.cli.main import main as run

    run()


if __name__ == "__main__":
    main()
