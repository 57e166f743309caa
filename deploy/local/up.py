"""`make up`: a whole installation in the foreground, on this machine, out of nothing but its own folder.

Prepares (state directory, secrets, schema), starts broker and sandbox, then the Procfile's processes, says when
everything answers, and stops all of it on Ctrl-C or when one of them ends. It must not know what they do.
"""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from config.settings import Api, Flower, Installation, Sandbox, SettingsError, settings
from config.vocabulary import Env, Process
from deploy.local import lock, ports, readiness, secret_file, supervisor
from deploy.local.broker import socket_path
from deploy.local.refusal import Refusal

ROOT: Final = Path(__file__).resolve().parents[2]
ASKED_BY_THE_DEMO: Final = ("ALRIM_API_PORT", "ALRIM_SANDBOX_PORT")


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What a run needs to know; `held` is the lock, `said` the settings that another terminal must repeat."""

    var: Path
    places: readiness.Ports
    held: int
    said: str


def main() -> int:
    """Run until stopped; return the exit status: 0 after Ctrl-C, 1 if something ended by itself or is in the way."""
    os.chdir(ROOT)
    began = time.monotonic()
    with supervisor.interrupts() as heard:
        try:
            prepared = _prepare()
        except (Refusal, SettingsError) as error:
            if heard.count:
                return 0
            print(f"make up: {error}", file=sys.stderr)  # noqa: T201 - a person at a terminal reads it
            return 1
        return _run(prepared, heard, began)


def _prepare() -> _Prepared:
    os.environ["ALRIM_ENV"] = Env.LOCAL
    # Whatever a shell or a supervisor around us calls PORT is not meant for the API.
    os.environ.pop("PORT", None)
    var = settings(Installation).var.resolve()
    ports.check_socket_path(socket_path(var))
    # The longest name among those that lie there.
    ports.check_socket_path(var / f"health.{Process.WORKER_BULK}.sock")
    var.mkdir(mode=0o700, parents=True, exist_ok=True)
    held = lock.take(var / "up.lock")
    places = readiness.Ports(
        settings(Api).api_port,
        settings(Flower).flower_port,
        settings(Sandbox).sandbox_port,
        settings(Sandbox).sandbox_smtp_port,
    )
    ports.check(places.by_setting())
    said = "".join(f"{name}={os.environ[name]} " for name in ASKED_BY_THE_DEMO if name in os.environ)
    _complete_environment(var, places)
    _migrate()
    return _Prepared(var, places, held, said)


def _complete_environment(var: Path, places: readiness.Ports) -> None:
    values = secret_file.load(var / "secrets.env")
    token, secret = (
        os.environ.get(f"ALRIM_SOLAPI_RECEIPT_{name}", values[f"ALRIM_SOLAPI_RECEIPT_{name}"])
        for name in ("TOKEN", "SECRET")
    )
    values["ALRIM_SANDBOX_WEBHOOK_SECRET"] = secret
    values["ALRIM_SANDBOX_WEBHOOK_URL"] = f"http://{ports.LOOPBACK}:{places.api}/api/receipts/solapi/{token}"
    values |= {name: str(port) for name, port in places.by_setting().items()}
    for name, value in values.items():
        os.environ.setdefault(name, value)
    os.environ["ALRIM_VAR"] = str(var)
    os.environ["ALRIM_API_HOST"] = ports.LOOPBACK
    # The Procfile names programs, not where this environment keeps them.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"


def _migrate() -> None:
    done = subprocess.run(["alembic", "upgrade", "head"], check=False)  # noqa: S607 - from the PATH that was just set
    if done.returncode:
        raise Refusal("the database could not be migrated: see above")


def _run(prepared: _Prepared, heard: supervisor.Interrupts, began: float) -> int:
    running = supervisor.Supervisor(sys.stdout, prepared.held)
    ended = None
    try:
        ended = _bring_up(running, prepared, heard)
        if ended is None and not heard.count:
            seconds = time.monotonic() - began
            running.say(readiness.banner(prepared.places, prepared.var, seconds, prepared.said))
            ended = running.wait(heard, lambda: False)
    finally:
        running.say("stopping" if ended is None else f"{ended.describe()}: stopping everything else")
        running.stop(heard)
        running.say("stopped")
    return 0 if ended is None else 1


def _bring_up(
    running: supervisor.Supervisor, prepared: _Prepared, heard: supervisor.Interrupts
) -> supervisor.Ended | None:
    beneath = supervisor.commands(Path("Procfile.local").read_text())
    listens = socket_path(prepared.var)
    listens.unlink(missing_ok=True)
    if settings(Installation).broker_url.get_secret_value():
        # Somebody brought a broker of their own.
        del beneath["broker"]
    running.start(beneath, os.environ)
    lock.write(prepared.held, [os.getpid(), *running.processes])
    ended = running.wait(heard, lambda: "broker" not in beneath or listens.exists())
    if ended is not None or heard.count:
        return ended
    running.start(supervisor.commands(Path("Procfile").read_text()), os.environ)
    lock.write(prepared.held, [os.getpid(), *running.processes])
    return running.wait(heard, readiness.Waiting(prepared.places.probes(), running.say).over)


if __name__ == "__main__":
    sys.exit(main())
