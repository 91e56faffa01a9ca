"""What ``python -m project.demo`` does, from reading its options to its exit status."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from os import environ

from django.db import DatabaseError

from project.demo import options as command_line
from project.demo import surroundings
from project.demo.options import Options
from project.demo.problems import Interrupted, Problem, first_line
from project.demo.processes import Died, Processes

FAILED, MISUSE, INTERRUPTED = 1, 2, 130


def run(arguments: Sequence[str]) -> int:
    """Run the demo and return its exit status: 0, or 1 (failed), 2 (cannot start), 130."""
    try:
        options = command_line.read(arguments, environ)
        if options.reset_passwords:
            return _reset_passwords(options)
        if options.check:
            from project.demo.checking import check

            return check(options)
        return _stay(options)
    except Problem as problem:
        print(f"demo: {problem}", file=sys.stderr)
        return MISUSE
    except DatabaseError as error:
        print(f"demo: the database fails: {first_line(error)}", file=sys.stderr)
        return FAILED
    except Died as death:
        print(f"demo: {death}", file=sys.stderr)
        return FAILED
    except (Interrupted, KeyboardInterrupt):
        return INTERRUPTED


def _reset_passwords(options: Options) -> int:
    surroundings.set_up(options)
    surroundings.migrate()
    from project.demo import accounts, site

    site.print_credentials(accounts.create(reset=True))
    return 0


def _stay(options: Options) -> int:
    """Run the site until somebody ends it, which is a success."""
    with surroundings.occupied(options.folder), Processes(options.folder / "logs") as processes:
        surroundings.set_up(options)
        surroundings.check_port(options.port)
        surroundings.check_broker(options.redis_url)
        from project.demo import accounts, site

        site.check_articles(options)
        surroundings.migrate()
        site.print_services(options)
        site.start(processes, options)
        site.print_credentials(accounts.create())
        site.load(options)
        site.wait_for_web(processes, options)
        print(f"Newsroom   {site.address(options, 'newsroom:front')}")
        print(f"Queue      {site.address(options, 'admin:moderation_case_changelist')}")
        print(f"Logs       {options.folder / 'logs'}")
        with contextlib.suppress(Interrupted):
            print("Ctrl-C ends it.", flush=True)
            processes.wait()
        print("\nStopping ...", flush=True)
    return 0
