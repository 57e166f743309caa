"""A private MariaDB: own data, own port, root without a password on loopback.

It commits as production does (each commit is on disk), so that a kill loses nothing that was answered; all
else is made small. It knows nothing of the product's tables.
"""

import os
import secrets
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pymysql

from tests.servers.process import LOOPBACK, Child, ServerError, first_words, free_port, locate

INSTALLER = ("mariadb-install-db", "mysql_install_db")
HANDSHAKE = 10
"""Protocol version, fifth byte of the greeting (https://mariadb.com/kb/en/connection/)."""


def find() -> Path | None:
    """The server's binary; None unless the program that makes its data directory is there too."""
    return locate("mariadbd", "mysqld") if locate(*INSTALLER) else None


class Mariadb:
    """One server on one data directory below `home`, which outlives `kill` and `start`."""

    def __init__(self, binary: Path, home: Path, options: Sequence[str] = ()) -> None:
        self.binary = binary
        self.port = free_port()
        self._data = home / "data"
        self._install_log = home / "install.log"
        # Root must say that it means to stay root; everybody else may not say anything.
        self._user = ["--user=root"] if os.geteuid() == 0 else []
        command: list[str | Path] = [
            binary,
            "--no-defaults",
            *self._user,
            f"--datadir={self._data}",
            f"--socket={home / 'mariadb.sock'}",
            f"--pid-file={home / 'mariadb.pid'}",
            f"--bind-address={LOOPBACK}",
            f"--port={self.port}",
            "--skip-name-resolve",
            "--character-set-server=utf8mb4",
            "--innodb-flush-log-at-trx-commit=1",
            "--innodb-buffer-pool-size=64M",
            "--innodb-log-file-size=16M",
            # Hundreds of small databases: a file for each table would cost more than the tests.
            "--innodb-file-per-table=0",
            "--performance-schema=OFF",
            "--max-connections=300",
            *options,
        ]
        self._child = Child(command, home / "mariadb.log")

    @property
    def url(self) -> str:
        """SQLAlchemy URL of the server, without a database."""
        return self._url("")

    def start(self) -> None:
        """Make the data directory if there is none, and serve; does nothing if it runs."""
        if not self._data.exists():
            self._install()
        self._child.start(self._ready, within=30)

    def stop(self) -> None:
        """Shut down in order."""
        self._child.stop()

    def kill(self) -> None:
        """Cut the power."""
        self._child.kill()

    def fresh_database(self) -> str:
        """Create an empty database and return its SQLAlchemy URL."""
        name = f"t_{secrets.token_hex(8)}"
        with pymysql.connect(host=LOOPBACK, port=self.port, user="root") as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        return self._url(name)

    def _url(self, name: str) -> str:
        return f"mysql+pymysql://root@{LOOPBACK}:{self.port}/{name}?charset=utf8mb4"

    def _ready(self) -> bool:
        greeting = first_words(self.port)
        return len(greeting) > HANDSHAKE and greeting[4] == HANDSHAKE

    def _install(self) -> None:
        installer = locate(*INSTALLER)
        if installer is None:
            raise ServerError(f"none of {INSTALLER} found")
        command: list[str | Path] = [
            installer,
            *("--no-defaults", *self._user, f"--datadir={self._data}"),
            *("--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"),
            # Small from the first byte; must agree with what the server is started with.
            *("--innodb-log-file-size=16M", "--innodb-file-per-table=0", "--innodb-flush-log-at-trx-commit=0"),
        ]
        with self._install_log.open("wb") as log:
            if subprocess.run(command, stdout=log, stderr=log, check=False, timeout=60).returncode:
                raise ServerError(f"no data directory: {self._install_log.read_text(errors='replace')[-500:]}")
