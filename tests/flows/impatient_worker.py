"""The product's worker on a Redis that gives out again, after seconds and not minutes, what nobody acknowledged."""

from workers.celery_app import app

IMPATIENCE = {"visibility_timeout": 4, "unacked_restore_interval": 1}
app.conf.broker_transport_options = {**app.conf.broker_transport_options, **IMPATIENCE}
