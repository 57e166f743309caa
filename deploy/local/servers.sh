#!/bin/sh
# The servers, the browser and the checkers that the tests start privately: says what is missing and, as root on Debian, installs
# it. Silent when nothing is missing; never fails, since the tests themselves name what they could not cover.
set -eu
PATH=$PATH:/usr/sbin:/sbin
missing=
need() {
    for program in $2; do
        if command -v "$program" >/dev/null; then return 0; fi
    done
    missing="$missing $1"
}
need mariadb-server 'mariadbd mysqld'
need redis-server 'redis-server valkey-server'
need rabbitmq-server rabbitmq-server
need prometheus promtool
need chromium 'chromium chromium-browser google-chrome'
# What says whether the files for compose and systemd are what these take.
docker compose version >/dev/null 2>&1 || need docker-compose docker-compose
need systemd systemd-analyze
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "tests: without$missing some parts are not covered"
elif [ "$(id -u)" -ne 0 ]; then
    echo "tests: without$missing some parts are not covered; install with: sudo apt-get install$missing"
else
    echo "tests: installing$missing"
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086 # a list of packages
    if ! { apt-get update -qq && apt-get install -qq -y --no-install-recommends $missing; } >/dev/null; then
        echo "tests: apt-get could not install$missing; going on without"
    fi
fi
