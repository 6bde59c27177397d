"""The parts that understand a message: the sandbox, the authentication and the examiner that uses both."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.assemble.logins import build_sending_rights
from gateway.contract import BESIDE_ENCRYPTED, ReadsText, Resolver, able
from gateway.directory.domains import Domains
from gateway.directory.lookup import KnownDirectory
from gateway.message.labels import Labeller
from gateway.settings.models import Settings
from gateway.settings.senders import blocked
from gateway.settings.tenant import Tenant
from gateway.understand.authentication.tenants import GoogleProof, Microsoft365Proof, TenantProof
from gateway.understand.authentication.verify import Authenticator, TrustedHosts
from gateway.understand.budget import Allowance
from gateway.understand.examiner import Examiner
from gateway.understand.sandbox.pool import Pool
from gateway.understand.unfold import Unfolder

#: The share of `judge_seconds` that a message may spend on waiting for a sandbox process. The rest is the filters' own:
#: a filter that uses it up is slow, and the finding says so.
WAIT_SHARE = 0.75


def build_pool(settings: Settings, *, processes: int | None = None) -> Pool:
    """Build the sandbox. Its processes start with `Pool.start`, or else when they are first needed."""
    s = settings.sandbox
    return Pool(processes or s.processes, s.isolation, s.memory_bytes)


def build_unfolder(settings: Settings, pool: Pool, *, texts: bool = False) -> Unfolder:
    """Build the unfolder. `texts`: the text of attachments is read, whether or not a filter wants it."""
    s = settings.unfold
    on = (entry.cls for entry in settings.filters if entry.mode != "off")
    wanted = {cls.reads_text for cls in able(on, ReadsText)}
    allowance = Allowance(s.depth, s.entries, s.bytes, s.ratio, s.seconds, texts=texts or True in wanted)
    return Unfolder(
        pool,
        allowance,
        wait_seconds=settings.limits.judge_seconds * WAIT_SHARE,
        texts_beside_encrypted=BESIDE_ENCRYPTED in wanted,
    )


def build_authenticator(settings: Settings, resolver: Resolver) -> Authenticator:
    """Build the authenticator, even if the settings verify nothing: `mailwarden dkim verify` needs it for a file."""
    s = settings.authentication
    believed = TrustedHosts(tuple(s.relays), frozenset(name.lower() for name in s.trusted))
    return Authenticator(resolver, settings.hostname, believed, s.timeout_seconds)


def build_examiner(
    settings: Settings,
    pool: Pool,
    resolver: Resolver | None,
    *,
    texts: bool = False,
    directory: KnownDirectory | None = None,
) -> Examiner:
    """Build the examiner. Without a resolver, or where the settings say so, it verifies nothing.

    The public suffix list isn't read then. `texts` is for `build_unfolder`. With a directory, `From:` is compared with
    the client's login, where the settings say so.
    """
    rights = build_sending_rights(settings, directory) if directory else None
    checked = rights if settings.auth and settings.auth.check_from else None
    return Examiner(
        build_unfolder(settings, pool, texts=texts),
        build_authenticator(settings, resolver) if resolver and settings.authentication.verify else None,
        Labeller(settings.labels.personal),
        settings.hostname,
        blocked(settings.senders),
        checked.may_send_as if checked else None,
    )


def build_tenants(settings: Settings, resolver: Resolver) -> Mapping[str, TenantProof]:
    """Build the proof that each listener with a tenant demands."""
    return {one.name: _tenant_proof(settings, one.tenant, resolver) for one in settings.listeners if one.tenant}


def _tenant_proof(settings: Settings, tenant: Tenant, resolver: Resolver) -> TenantProof:
    ours = settings.organisation.domains
    if microsoft365 := tenant.microsoft365:
        names = frozenset(microsoft365.certificate_names)
        return Microsoft365Proof(microsoft365.id, Domains(microsoft365.domains or ours), names)
    domains = (tenant.google.domains if tenant.google else ()) or ours
    return GoogleProof(Domains(domains), resolver, settings.authentication.timeout_seconds)
