"""The listeners, and one worker's share of the limits."""

from __future__ import annotations

import math
import os
import ssl
from collections.abc import Callable

from gateway.act.rules.control_address import ControlAddress
from gateway.assemble.act import build_agreement_control
from gateway.assemble.logins import build_sending_rights
from gateway.directory.lookup import KnownDirectory
from gateway.receive.client import Access
from gateway.receive.listener import Limits, Listener, LoginCheck, Logins
from gateway.receive.session_limits import Capacity
from gateway.settings.listener import Listener as ListenerSettings
from gateway.settings.models import Settings
from gateway.settings.tenant import Microsoft365


def build_listeners(settings: Settings, ours: KnownDirectory, check: LoginCheck | None = None) -> dict[str, Listener]:
    """Build the listeners. `check` checks logins, where the settings have a place for that."""
    s = settings.limits
    limits = Limits(
        message_bytes=s.message_bytes,
        recipients=s.recipients,
        received_headers=s.received_headers,
        commands_per_session=s.commands_per_session,
        errors_per_session=s.errors_per_session,
        command_seconds=s.command_seconds,
        data_seconds=s.data_seconds,
        session_seconds=s.session_seconds,
    )
    rights = build_sending_rights(settings, ours).may_send_as if settings.auth else None
    control = build_agreement_control(settings, quiet=False)
    return {one.name: _listener(one, settings, ours, limits, check, rights, control) for one in settings.listeners}


def _listener(
    one: ListenerSettings,
    settings: Settings,
    ours: KnownDirectory,
    limits: Limits,
    check: LoginCheck | None,
    may_send_as: Callable[[str, str], bool] | None,
    control: ControlAddress | None,
) -> Listener:
    access = Access(
        direction=one.direction,
        domains=ours.domains,
        home_domain=settings.organisation.domains[0].removeprefix("."),
        proxies=tuple(one.proxies),
        trusted_networks=tuple(one.trusted_networks),
        trusts_logins=one.trust_proxy_logins,
        foreign_senders=one.foreign_senders,
        control=settings.control_address,
        asks=control.asks if control else None,
    )
    return Listener(
        name=one.name,
        hostname=settings.hostname,
        access=access,
        limits=limits,
        refuse_bare_newline=one.bare_newline == "refuse",
        verify_recipients=one.verify_recipients,
        tls=_tls(one),
        implicit_tls=one.implicit_tls,
        proxy_protocol=one.proxy_protocol,
        shared=one.tenant is not None,
        logins=Logins(one.auth, check, may_send_as) if may_send_as else None,
    )


def _tls(one: ListenerSettings) -> ssl.SSLContext | None:
    if one.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(one.certificate, one.key or one.certificate)
    if one.tenant and one.tenant.microsoft365:
        _ask_for_certificate(context, one.tenant.microsoft365)
    return context


def _ask_for_certificate(context: ssl.SSLContext, microsoft365: Microsoft365) -> None:
    """Have clients asked for a certificate, and verify one that is shown; a wrong one ends the handshake."""
    context.verify_mode = ssl.CERT_OPTIONAL
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # as for next hops
    if microsoft365.authorities:
        context.load_verify_locations(microsoft365.authorities)
    else:
        context.load_default_certs(ssl.Purpose.CLIENT_AUTH)


def worker_count(settings: Settings, asked: int | None) -> int:
    """Return the number of workers: --workers, else the setting, else one for each core that this process may use."""
    return asked or settings.workers or len(os.sched_getaffinity(0))


def capacity(settings: Settings, workers: int) -> Capacity:
    """Return one worker's share of the limits. The kernel spreads connections over the workers' sockets by chance."""
    s = settings.limits
    return Capacity(
        connections=_share_of_connections(s.connections, workers),
        connections_per_client=_share_of_connections(s.connections_per_client, workers),
        bytes_in_flight=max(s.bytes_in_flight // workers, s.message_bytes),
    )


def _share_of_connections(limit: int, workers: int) -> int:
    """Return a worker's share of a limit: four standard deviations above an even share, at most the whole limit.

    A client that stays below the limit is not turned away by bad luck.
    """
    even = limit / workers
    return min(limit, math.ceil(even + 4 * math.sqrt(even)))
