"""Settings that make no sense are named before anything is started or made."""

import os
import sys
from pathlib import Path

import pytest

from cairn.errors import SettingInvalid
from cairn.settings import ServerSettings, settings_of
from foundation.settings import ServiceSettings
from sync import WebhookSettings, open_webhook
from tests.full_run import few
from tests.servers.warm import run

SECRET = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("variable", "value"),
    few(
        [
            ("CAIRN_PORT", "eighty"),
            ("CAIRN_PORT", "70000"),
            ("CAIRN_SECRET", "short"),
            ("CAIRN_STORE", "ftp://somewhere"),
            ("CAIRN_STORE", "file:///a?copies=3"),
            ("CAIRN_DATABASE", "mysql://ada:pass-word@host/db"),
            ("CAIRN_DATABASE", "no location at all"),
            ("CAIRN_UPLOAD_DAYS", "-1"),
            ("CAIRN_CORS_ORIGINS", '["https://app.test"'),
            ("CAIRN_CORS_ORIGINS", "https://app.test/page"),
            ("CAIRN_CORS_ORIGINS", "*"),
            ("CAIRN_TRUSTED_PROXIES", "*"),
            ("CAIRN_TRUSTED_PROXIES", "proxy.example"),
            ("CAIRN_REGISTRATION", "everybody"),
            ("CAIRN_PASSWORDS", "false"),  # Nor another way in.
            ("CAIRN_OIDC_ISSUER", "http://issuer.example"),
            ("CAIRN_OIDC_ISSUER", "http://127.0.0.1:8080"),  # Itself.
            ("CAIRN_OIDC_CLIENT_ID", "web"),  # At no issuer.
            ("CAIRN_BROKER", "amqp://ada:pass-word@host"),
            ("CAIRN_BROKER", "redis://127.0.0.1:6379/0"),  # Beside SQLite.
        ],
        8,
    ),
)
def test_a_setting_that_makes_no_sense_is_named(tmp_path: Path, variable: str, value: str) -> None:
    environment = os.environ | {"CAIRN_DATA": str(tmp_path / "data"), variable: value}
    done = run([sys.executable, "-m", "cairn", "serve"], environment, "", timeout=60)
    assert done.returncode == 2
    assert variable in done.stderr
    assert "Traceback" not in done.stderr
    assert "pass-word" not in done.stderr


@pytest.mark.parametrize(
    ("value", "origins"),
    [
        ("", []),
        ("https://app.test", ["https://app.test"]),
        ("https://app.test, http://127.0.0.1:5173", ["https://app.test", "http://127.0.0.1:5173"]),
        ('["https://app.test", "http://[::1]:5173"]', ["https://app.test", "http://[::1]:5173"]),
        ("[]", []),
    ],
)
def test_origins_are_given_with_commas_or_as_json(
    monkeypatch: pytest.MonkeyPatch, value: str, origins: list[str]
) -> None:
    monkeypatch.setenv("CAIRN_CORS_ORIGINS", value)
    assert settings_of(ServiceSettings).cors_origins == origins


@pytest.mark.parametrize(
    ("url", "secret", "named"),
    [
        ("https://example.org/hook", None, "CAIRN_WEBHOOK_SECRET"),
        (None, SECRET, "CAIRN_WEBHOOK_SECRET"),
        ("https://example.org/hook", SECRET[:31], "CAIRN_WEBHOOK_SECRET"),
        ("https://example.org/hook", "whsec_" + "?" * 32, "CAIRN_WEBHOOK_SECRET"),
        ("http://example.org/hook", SECRET, "CAIRN_WEBHOOK_URL"),
        ("http://127.0.0.1.example.org/hook", SECRET, "CAIRN_WEBHOOK_URL"),
        ("http://10.0.0.1/hook", SECRET, "CAIRN_WEBHOOK_URL"),
        ("ftp://127.0.0.1/hook", SECRET, "CAIRN_WEBHOOK_URL"),
        ("https://ada:pass-word@example.org/hook", SECRET, "CAIRN_WEBHOOK_URL"),
        ("https:///hook", SECRET, "CAIRN_WEBHOOK_URL"),
        ("https://example.org:99999/hook", SECRET, "CAIRN_WEBHOOK_URL"),
        ("https://[::1/hook", SECRET, "CAIRN_WEBHOOK_URL"),
        ("", SECRET, "CAIRN_WEBHOOK_SECRET"),
        ("https://example.org/hook", "", "CAIRN_WEBHOOK_SECRET"),
    ],
)
def test_a_webhook_that_makes_no_sense_is_named_and_its_secret_is_not(
    monkeypatch: pytest.MonkeyPatch, url: str | None, secret: str | None, named: str
) -> None:
    for variable, value in (("CAIRN_WEBHOOK_URL", url), ("CAIRN_WEBHOOK_SECRET", secret)):
        if value is not None:
            monkeypatch.setenv(variable, value)
    with pytest.raises(SettingInvalid) as refused:
        settings_of(WebhookSettings)
    told = str(refused.value)
    assert named in told
    assert "pass-word" not in told
    assert not secret or secret not in told


@pytest.mark.parametrize(
    "url",
    ["https://example.org/hook?key=1", "http://127.0.0.1:9/hook", "http://localhost:9/", "http://[::1]:9/"],
)
@pytest.mark.parametrize("secret", [SECRET, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
def test_a_webhook_is_told_over_https_or_on_this_machine(
    monkeypatch: pytest.MonkeyPatch, url: str, secret: str
) -> None:
    monkeypatch.setenv("CAIRN_WEBHOOK_URL", url)
    monkeypatch.setenv("CAIRN_WEBHOOK_SECRET", secret)
    settings = settings_of(WebhookSettings)
    assert open_webhook(settings) is not None
    assert url not in repr(settings)
    assert secret not in repr(settings)


def test_without_a_webhook_nobody_is_told() -> None:
    assert open_webhook(settings_of(WebhookSettings)) is None


def test_a_secret_is_read_from_the_file_that_a_variable_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    monkeypatch.delenv("CAIRN_SECRET", raising=False)
    monkeypatch.setenv("CAIRN_SECRET_FILE", str(file))
    assert ServerSettings.read().secret == SECRET


def test_the_variable_itself_comes_before_the_file_that_another_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CAIRN_SECRET", SECRET)
    monkeypatch.setenv("CAIRN_SECRET_FILE", str(tmp_path / "secret"))
    (tmp_path / "secret").write_text("another")
    assert ServerSettings.read().secret == SECRET


def test_a_file_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CAIRN_SECRET_FILE", str(tmp_path / "nowhere"))
    with pytest.raises(SettingInvalid, match="nowhere"):
        ServerSettings.read()


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAIRN_BROKER", "")
    assert ServerSettings.read().broker is None
