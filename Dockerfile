# The gateway alone; clamd runs beside it (docker-compose.yml). No compiler, no developers' tools, not root.
FROM python:3.13-slim

# Debian's own security updates come with the base image's; a pinned version would disappear from the archive.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libmagic1 libarchive13 libseccomp2 tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10025 --home-dir /var/lib/mailwarden --create-home --shell /usr/sbin/nologin mailwarden

WORKDIR /opt/mailwarden
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes --no-deps --only-binary :all: --requirement requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY gateway gateway
COPY filters filters
COPY config config
RUN pip install --no-cache-dir --no-deps --no-build-isolation --editable .

# The shipped configuration, with clamd in the container named clamav. Mount your own over /etc/mailwarden.
RUN cp -r config /etc/mailwarden \
    && mv /etc/mailwarden/gateway-docker.yaml /etc/mailwarden/gateway.yaml \
    && sed -i 's/clamd: 127\.0\.0\.1:3310/clamd: clamav:3310/' /etc/mailwarden/filters.yaml \
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
