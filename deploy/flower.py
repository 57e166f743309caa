"""Flower's options: `celery -A workers.celery_app:app flower --conf=deploy/flower.py`.

Flower executes this file when it starts and takes every name that is an option of its own; the command line
wins over it. Operators look at the system here and act through the API, which records who did what: so it is
read-only. It must not know what the tasks mean.
"""

import os

from config.settings import Flower, Installation, SettingsError, settings

try:
    _installation, _flower = settings(Installation), settings(Flower)
except SettingsError as error:
    raise SystemExit(f"flower does not start: {error}") from None

_password = _flower.flower_password.get_secret_value()
if _password and _flower.flower_user:
    basic_auth = [f"{_flower.flower_user}:{_password}"]
elif not _installation.is_local:
    raise SystemExit(
        "flower does not start: outside ALRIM_ENV=local ALRIM_FLOWER_USER and ALRIM_FLOWER_PASSWORD are due"
    )
else:
    # Its API and page are open to this machine's users only; see `address`.
    os.environ["FLOWER_UNAUTHENTICATED_API"] = "true"

_installation.var.mkdir(parents=True, exist_ok=True)

port = _flower.flower_port
address = "127.0.0.1"
read_only = True
# What operators have seen survives a restart, and a crash but for the last minute.
persistent = True
db = str(_installation.var.resolve() / "flower")
state_save_interval = 60_000
max_tasks = 100_000
# Containers get a new host name each time; their predecessors leave the list after an hour.
purge_offline_workers = 3600
natural_time = False
tasks_columns = "name,uuid,state,received,started,runtime,worker,retries,exception"
