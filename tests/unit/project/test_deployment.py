"""The container files, checked by the real tools: Debian's docker-compose, and hadolint. No Docker engine is needed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml


def compose(root: Path, *arguments: str, file: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = ["docker-compose", "-f", str(file or root / "docker-compose.yml"), *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def hadolint(dockerfile: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("hadolint")
    return subprocess.run([program, dockerfile], capture_output=True, text=True, check=False)


@pytest.fixture
def services(root: Path) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((root / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    return read


@pytest.mark.parametrize("profile", [[], ["--profile", "postgres"]])
def test_the_compose_file_is_valid(root: Path, profile: list[str]) -> None:
    """docker-compose accepts it, with and without the profile, and warns of nothing."""
    checked = compose(root, *profile, "config", "-q")
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_a_broken_compose_file_is_refused(root: Path, tmp_path: Path) -> None:
    """The check can fail: an unknown key is an error."""
    broken = tmp_path / "docker-compose.yml"
    broken.write_text((root / "docker-compose.yml").read_text(encoding="utf-8").replace("restart:", "rstart:", 1))
    assert compose(root, "config", "-q", file=broken).returncode != 0


def test_the_compose_file_has_all_four_services(services: dict[str, Any]) -> None:
    """Gateway, scanner, a demo mail server, and PostgreSQL only on demand."""
    assert set(services) == {"gateway", "clamav", "mailserver", "postgres"}
    assert [name for name, service in services.items() if "profiles" in service] == ["postgres"]


def test_ports_are_published_on_loopback_only(services: dict[str, Any]) -> None:
    """Trying it out opens nothing to the network."""
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_somebody_waits_for_orphans_in_the_container(services: dict[str, Any]) -> None:
    """The sandbox processes of a worker that was killed: a gateway with the number 1 would let them stay as zombies."""
    assert services["gateway"]["init"] is True


def test_no_password_is_shipped(services: dict[str, Any]) -> None:
    """PostgreSQL gets its password from the administrator, or doesn't start."""
    assert services["postgres"]["environment"]["POSTGRES_PASSWORD"] == "${POSTGRES_PASSWORD:-}"


def test_clamd_in_the_container_reports_what_it_did_not_scan(services: dict[str, Any]) -> None:
    """AlertExceedsMax is on, and the limits are over the gateway's 50 MiB."""
    settings = services["clamav"]["environment"]
    assert settings["CLAMD_CONF_AlertExceedsMax"] == "yes"
    limits = ("StreamMaxLength", "MaxFileSize", "MaxScanSize")
    assert all(int(settings[f"CLAMD_CONF_{name}"].removesuffix("M")) > 51 for name in limits)


def test_the_dockerfile_passes_hadolint(root: Path) -> None:
    """No finding, not even an informative one."""
    checked = hadolint(root / "Dockerfile")
    assert (checked.returncode, checked.stdout) == (0, "")


def test_hadolint_finds_something(root: Path, tmp_path: Path) -> None:
    """The check can fail: a Dockerfile without a tag is reported."""
    careless = tmp_path / "Dockerfile"
    careless.write_text("FROM debian\nRUN cd /tmp && sudo true\n")
    assert hadolint(careless).returncode != 0


def test_the_image_is_slim_and_runs_as_nobody_special(root: Path) -> None:
    """A slim base, not root, and a health check."""
    lines = (root / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert [line.split(" AS ")[0] for line in lines if line.startswith("FROM ")] == ["FROM python:3.13-slim"] * 2
    assert "USER 10025" in lines
    assert any(line.startswith("HEALTHCHECK") for line in lines)


def test_the_image_gets_only_what_it_copies(root: Path) -> None:
    """.dockerignore lets in what the Dockerfile copies and nothing else: no var, no tests, no .git."""
    ignore = (root / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert ignore[0] == "*"
    copied = {
        word
        for line in (root / "Dockerfile").read_text(encoding="utf-8").splitlines()
        if line.startswith("COPY ") and "--from=" not in line
        for word in line.split()[1:-1]
    }
    assert {line.removeprefix("!") for line in ignore if line.startswith("!")} == copied
    assert all((root / name).exists() for name in copied)


def test_the_image_s_configuration_is_valid(root: Path, tmp_path: Path) -> None:
    """`mailwarden check` accepts the configuration as the Dockerfile lays it, clamd at the container's name."""
    config = tmp_path / "mailwarden"
    config.mkdir()
    shutil.copy(root / "config/gateway-docker.yaml", config / "gateway.yaml")
    shipped = (root / "config/filters.yaml").read_text(encoding="utf-8")
    assert shipped.count("clamd: 127.0.0.1:3310") == 1  # what the Dockerfile replaces
    filters = shipped.replace("clamd: 127.0.0.1:3310", "clamd: clamav:3310")
    (config / "filters.yaml").write_text(filters, encoding="utf-8")
    program = Path(sys.executable).with_name("mailwarden")
    checked = subprocess.run(
        [program, "check", "--config", config / "gateway.yaml"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_continuous_check_is_make_test(root: Path) -> None:
    """`.ci/run` is executable and calls `make test`."""
    script = root / ".ci/run"
    assert script.stat().st_mode & 0o111
    assert "make test" in script.read_text(encoding="utf-8")
