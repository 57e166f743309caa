"""The product's worker on a Redis that gives out again, after seconds and not minutes, what nobody acknowledged."""

from workers.celery_app import app

app.conf.broker_transport_options = {**app.conf.broker_transport_options, "visibility_timeout": 4}
