#!/bin/sh
# bundle.sh FILE.zip: a source bundle for Elastic Beanstalk's Python platform, of what is committed.
set -eu
cd "$(dirname "$0")/../.."
case $1 in /*) bundle=$1 ;; *) bundle=$PWD/$1 ;; esac
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
git archive HEAD api config deploy models workers alembic.ini requirements/runtime.txt Procfile | tar -x -C "$folder"
cd "$folder"
mv Procfile deploy/Procfile
cp -r deploy/beanstalk/.ebextensions deploy/beanstalk/.platform .
sed -n 's/^\([a-z_]*\): .*/\1: sh deploy\/beanstalk\/run \1/p' deploy/Procfile >Procfile
cp requirements/runtime.txt requirements.txt
rm -f "$bundle"
zip -q -r "$bundle" .
