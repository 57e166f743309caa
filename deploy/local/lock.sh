#!/bin/sh
# Pins requirements/*.in with hashes for the oldest Python we run on; runtime first, since the others build upon it.
# The pins name no index, so that every machine uses its own.
set -eu
uv=$(command -v uv || echo .venv/bin/uv)
for name in runtime tracing dev bench; do
    "$uv" pip compile --quiet --python-version 3.11 --generate-hashes --no-header --no-annotate \
        --no-emit-index-url --no-emit-find-links --output-file "requirements/$name.txt" "requirements/$name.in"
done
