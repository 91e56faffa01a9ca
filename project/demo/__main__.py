"""Refuses what cannot work, then hands over. Older Pythons have to be able to read this file."""

import sys

MISUSE = 2


def main() -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 - an older Python is what it is about
        version = ".".join(map(str, sys.version_info[:2]))
        print(f"demo: needs Python 3.11 or newer, this is {version}", file=sys.stderr)
        return MISUSE
    try:
        from project.demo.command import run

        return run(sys.argv[1:])
    except ModuleNotFoundError as error:
        print(f"demo: {error.name} is not installed; `make env` installs it", file=sys.stderr)
        return MISUSE


if __name__ == "__main__":
    sys.exit(main())
