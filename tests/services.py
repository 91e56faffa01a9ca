"""Private, throw-away servers for tests: PostgreSQL, Redis; where Chromium and Node.js are.

Nothing that is already running is touched: each server gets a free port on the loopback
interface, a temporary folder, and ends with the process that started it, whatever way that
process ends. Used by the fixtures in ``conftest.py``, by the benchmarks, and as a command:

    python -m tests.services [--only postgresql|redis] COMMAND ...

runs COMMAND with ``DATABASE_URL`` and ``REDIS_URL`` pointing at a new pair.

Start a server in the main thread: on Linux it is told to stop when the thread that started it ends.
"""

from __future__ import annotations

import argparse
import atexit
import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, Self

HOST = "127.0.0.1"
START_SECONDS = 60
STOP_SECONDS = 30
REQUIRE_VARIABLE = "MODERATION_REQUIRE_SERVICES"

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_ARGUMENTS = (
    "--headless",
    "--no-sandbox",  # Chromium refuses to run as root otherwise, as most build machines do
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class ServiceUnavailableError(RuntimeError):
    """A server's program is not installed, or the server did not start."""


def services_required() -> bool:
    """Whether a missing service is a failure rather than a reason to skip."""
    return os.environ.get(REQUIRE_VARIABLE, "") not in {"", "0"}


def find_program(name: str, *folders: Path) -> Path | None:
    """The program called ``name`` on PATH or else in one of ``folders``."""
    if on_path := shutil.which(name):
        return Path(on_path)
    return next((folder / name for folder in folders if (folder / name).is_file()), None)


def find_chromium() -> Path | None:
    """The browser named by the variable CHROMIUM, or the first one on PATH."""
    names = (os.environ["CHROMIUM"],) if "CHROMIUM" in os.environ else CHROMIUM_NAMES
    return next((path for name in names if (path := find_program(name))), None)


def find_node() -> Path | None:
    """Node.js, if npm is installed too."""
    return find_program("node") if find_program("npm") else None


class Server(ABC):
    """A server process of our own: ``start``, ``stop``, ``kill``, ``restart``, ``url``."""

    name: str
    stop_signal = signal.SIGTERM

    def __init__(self) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix=f"moderation-{self.name}-"))
        self.log = self.folder / "server.log"
        self._owner = os.getpid()
        self._process: subprocess.Popen[bytes] | None = None
        atexit.register(self.discard)

    @classmethod
    @abstractmethod
    def missing(cls) -> str:
        """What must be installed before this server can start; empty if nothing."""

    @property
    @abstractmethod
    def url(self) -> str:
        """Where clients find the server, in the form Django and Celery settings take."""

    @abstractmethod
    def _command(self) -> list[str]: ...

    @abstractmethod
    def _is_ready(self) -> bool: ...

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start and wait until the server answers.

        Raises:
            ServiceUnavailableError: it ended or did not answer in time; the message has its log.
        """
        if self.running:
            return
        deadline = time.monotonic() + START_SECONDS
        self._process = self._spawn()
        while not self._is_ready():
            if time.monotonic() > deadline:
                self.kill()
            if not self.running:
                raise ServiceUnavailableError(f"{self.name} did not start:\n{self._log_tail()}")
            time.sleep(0.02)

    def stop(self) -> None:
        """End in order: what was committed or accepted is kept if the server keeps data."""
        self._signal(self.stop_signal)

    def kill(self) -> None:
        """End at once, as a power cut would."""
        self._signal(signal.SIGKILL)

    def restart(self) -> None:
        self.stop()
        self.start()

    def discard(self) -> None:
        """Stop the server and remove its folder; safe to call twice."""
        if os.getpid() != self._owner:
            return  # a forked child inherits the exit handlers, but the server is its parent's
        atexit.unregister(self.discard)
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.discard()

    def _spawn(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [*_die_with_parent(), *self._command()],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._identity(),
            )

    def _identity(self) -> dict[str, Any]:
        """Popen's arguments that say as whom to run; nothing means as ourselves."""
        return {}

    def _signal(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(number)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _log_tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])


class PostgreSQL(Server):
    """A PostgreSQL cluster with one empty database.

    It does not wait for the disk: it keeps every commit through ``kill()``, but not through a crash
    of the machine. Pass ``durable=True`` where that wait is what is measured.
    """

    name = "postgresql"
    stop_signal = signal.SIGINT  # "fast": does not wait for clients to leave

    def __init__(self, *, durable: bool = False) -> None:
        super().__init__()
        self.durable = durable
        self.data = self.folder / "data"

    @classmethod
    def missing(cls) -> str:
        programs = ("initdb", "postgres")
        return ", ".join(name for name in programs if _find_postgresql(name) is None)

    @property
    def url(self) -> str:
        return self._url_of("postgres")

    def new_database(self, *, like: str = "") -> str:
        """Create a database of its own for one test, and return its URL.

        It is empty, or a copy of the database at the URL ``like``, which nobody may be using.
        """
        import psycopg

        name = f"moderation_{secrets.token_hex(6)}"
        template = f" TEMPLATE {like.rpartition('/')[2]}" if like else ""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}{template}")
        return self._url_of(name)

    def _url_of(self, database: str) -> str:
        return f"postgres://moderation@{HOST}:{self.port}/{database}"

    def start(self) -> None:
        if not self.data.exists():
            self._create_cluster()
        super().start()

    def _create_cluster(self) -> None:
        identity = self._identity()
        if identity:
            os.chown(self.folder, identity["user"], identity["group"])
        result = subprocess.run(
            [
                _require_postgresql("initdb"),
                f"--pgdata={self.data}",
                "--username=moderation",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
            ],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            **identity,
        )
        if result.returncode:
            raise ServiceUnavailableError(
                f"initdb failed:\n{result.stderr.decode(errors='replace')}"
            )

    def _command(self) -> list[str]:
        options = {
            "listen_addresses": HOST,
            "port": self.port,
            "unix_socket_directories": "",
            "max_connections": 60,
            "shared_buffers": "64MB",
            "timezone": "UTC",
            "fsync": "on" if self.durable else "off",
            "full_page_writes": "on" if self.durable else "off",
        }
        settings = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        return [_require_postgresql("postgres"), "-D", str(self.data), *settings]

    def _is_ready(self) -> bool:
        # The postmaster writes its state into the eighth line of its pid file; asking over the
        # network instead would need a client library here.
        assert self._process is not None
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[0] == str(self._process.pid) and lines[7].strip() == "ready"

    def _identity(self) -> dict[str, Any]:
        """PostgreSQL refuses to run as root: then be its own user, or nobody."""
        if os.geteuid() != 0:
            return {}
        for name in ("postgres", "nobody"):
            with contextlib.suppress(KeyError):
                user = pwd.getpwnam(name)
                return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        raise ServiceUnavailableError(
            "PostgreSQL refuses to run as root and no other user was found"
        )


class Redis(Server):
    """A Redis server that keeps nothing on disk: ``stop`` and ``kill`` lose every message."""

    name = "redis"

    @classmethod
    def missing(cls) -> str:
        return "" if find_program("redis-server") else "redis-server"

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"

    def clear(self) -> None:
        """Forget every key and message."""
        if not self._ask(b"FLUSHALL").startswith(b"+OK"):
            raise ServiceUnavailableError("Redis refused to forget its data")

    def _command(self) -> list[str]:
        program = find_program("redis-server")
        if program is None:
            raise ServiceUnavailableError("redis-server is not installed")
        options = {"bind": HOST, "port": self.port, "save": "", "appendonly": "no"}
        settings = [part for key, value in options.items() for part in (f"--{key}", str(value))]
        return [str(program), *settings]

    def _is_ready(self) -> bool:
        try:
            return self._ask(b"PING").startswith(b"+PONG")
        except OSError:
            return False

    def _ask(self, command: bytes) -> bytes:
        with socket.create_connection((HOST, self.port), timeout=5) as connection:
            connection.sendall(command + b"\r\n")
            return connection.recv(64)


def _find_postgresql(name: str) -> Path | None:
    """A PostgreSQL program; Debian keeps the server's off PATH, one folder for each version."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda folder: float(folder.parent.name),
        reverse=True,
    )
    # A version's programs belong together, so PATH is only asked if Debian's folders have none.
    in_folder = next((folder / name for folder in folders if (folder / name).is_file()), None)
    return in_folder or find_program(name)


def _require_postgresql(name: str) -> str:
    program = _find_postgresql(name)
    if program is None:
        raise ServiceUnavailableError(f"{name} is not installed")
    return str(program)


def _die_with_parent() -> list[str]:
    """A command prefix that ends the server even if we are killed; empty where it is unknown."""
    program = shutil.which("setpriv") if sys.platform == "linux" else None
    return [program, "--pdeathsig", "TERM", "--"] if program else []


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


SERVERS: dict[str, type[Server]] = {"postgresql": PostgreSQL, "redis": Redis}
VARIABLES = {"postgresql": "DATABASE_URL", "redis": "REDIS_URL"}


def main(arguments: list[str] | None = None) -> int:
    """Run a command beside new servers; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.services", description=__doc__)
    parser.add_argument("--only", choices=SERVERS, help="start this server alone")
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND ...")
    options = parser.parse_args(arguments)
    if not options.command:
        parser.error("name the command to run")
    chosen = [options.only] if options.only else list(SERVERS)
    missing = [what for name in chosen if (what := SERVERS[name].missing())]
    if missing:
        print(f"NOT RUN, {', '.join(missing)} not found: {' '.join(options.command)}")
        return 1 if services_required() else 0
    signal.signal(signal.SIGTERM, _exit_on_signal)
    with contextlib.ExitStack() as stack:
        environment = dict(os.environ)
        for name in chosen:
            environment[VARIABLES[name]] = stack.enter_context(SERVERS[name]()).url
        return subprocess.run(options.command, env=environment, check=False).returncode


def _exit_on_signal(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
