"""The Celery tasks, a verb a file."""
