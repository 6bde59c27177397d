# The gateway alone; clamd runs beside it (docker-compose.yml). No compiler, no developers' tools, no source, not root.
FROM python:3.13-slim AS build

WORKDIR /src
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN python -m venv /opt/mailwarden
ENV PATH=/opt/mailwarden/bin:$PATH
COPY requirements.lock ./
# setuptools first: it builds the packages that are published as source alone, all of them pure Python.
RUN sed -n '/^setuptools==/,/^[^ ]/p' requirements.lock | sed '1b;/^[^ ]/d' >setuptools.lock \
    && pip install --no-cache-dir --require-hashes --no-deps --only-binary :all: --requirement setuptools.lock \
    && pip install --no-cache-dir --require-hashes --no-deps --no-build-isolation --only-binary :all: \
        --no-binary dkimpy,pyspf,authres --requirement requirements.lock
COPY pyproject.toml VERSION README.md LICENSE ./
COPY config config
COPY gateway gateway
COPY filters filters
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheel . \
    && pip install --no-cache-dir --no-deps /wheel/mailwarden-*.whl \
    && pip uninstall --yes setuptools pip

FROM python:3.13-slim

# Debian's own security updates come with the base image's; a pinned version would disappear from the archive.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libmagic1 libarchive13 libseccomp2 tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10025 --home-dir /var/lib/mailwarden --create-home --shell /usr/sbin/nologin mailwarden

COPY --from=build /opt/mailwarden /opt/mailwarden
ENV PATH=/opt/mailwarden/bin:$PATH

# A configuration with clamd in the container named clamav; what is not here is used as shipped. Mount your own over it.
RUN shipped=$(python -c 'from gateway.settings.yaml.file_search import SHIPPED; print(SHIPPED)') \
    && mkdir /etc/mailwarden \
    && cp "$shipped/gateway-docker.yaml" /etc/mailwarden/gateway.yaml \
    && sed 's/clamd: 127\.0\.0\.1:3310/clamd: clamav:3310/' "$shipped/filters.yaml" >/etc/mailwarden/filters.yaml \
    && grep -q 'clamd: clamav:3310' /etc/mailwarden/filters.yaml

USER 10025
WORKDIR /var/lib/mailwarden
VOLUME /var/lib/mailwarden
EXPOSE 2525 2587
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s \
    CMD ["python", "-c", "import smtplib; smtplib.SMTP('127.0.0.1', 2525, timeout=8).quit()"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["mailwarden"]
CMD ["serve", "--config", "/etc/mailwarden/gateway.yaml"]
