#!/bin/sh
# Makes the virtual environment: environment.sh FOLDER REQUIREMENTS…
# Needs Python 3.11 or newer, or uv, which fetches one; uses uv from the PATH, else installs it into the folder.
set -eu
folder=$1
shift

find_python() {
    for candidate in ${PYTHON:-} python3.11 python3.12 python3.13 python3; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

if ! python=$(find_python); then
    if ! command -v uv >/dev/null; then
        echo "Alrim needs Python 3.11 or newer and found none: install it, or name it with PYTHON=/path/to/python3.11" >&2
        exit 1
    fi
    python=3.11
fi

if command -v uv >/dev/null; then
    uv=uv
    [ -x "$folder/bin/python" ] || uv venv --quiet --allow-existing --python "$python" "$folder"
else
    uv=$folder/bin/uv
    if [ ! -x "$uv" ]; then
        if ! "$python" -m venv "$folder" >/dev/null; then
            echo "$python cannot make a virtual environment: install uv, or on Debian the package python3-venv" >&2
            exit 1
        fi
        "$folder/bin/python" -m pip install --quiet --disable-pip-version-check 'uv>=0.9,<1'
    fi
fi
echo "installing what $* pin into $folder"
"$uv" pip sync --quiet --compile-bytecode --python "$folder/bin/python" --require-hashes "$@"
