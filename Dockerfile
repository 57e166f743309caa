# syntax=docker/dockerfile:1
FROM python:3.11-slim AS build
RUN pip install --no-cache-dir --disable-pip-version-check "uv>=0.9,<1"
COPY requirements/runtime.txt /tmp/runtime.txt
RUN uv venv --no-cache --python /usr/local/bin/python /opt/alrim \
 && uv pip sync --no-cache --compile-bytecode --python /opt/alrim/bin/python --require-hashes /tmp/runtime.txt

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /srv/alrim --shell /usr/sbin/nologin alrim \
 && install -d -o alrim -g alrim -m 0700 /srv/alrim/var
COPY --from=build /opt/alrim /opt/alrim
# Owned by root: the processes can read their code, not change it.
COPY . /srv/alrim
WORKDIR /srv/alrim
ENV PATH=/opt/alrim/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 ALRIM_VAR=/srv/alrim/var
RUN python -m compileall -q api workers models config
USER alrim
EXPOSE 8000 5555
# Each process is a container of its own; docker-compose.yml names them as the Procfile does.
CMD ["uvicorn", "api.main:create_app", "--factory", "--host", "0.0.0.0", "--port", "8000", "--no-proxy-headers", "--no-access-log", "--no-server-header", "--timeout-graceful-shutdown", "20"]
