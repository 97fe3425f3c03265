"""Settings: what is not understood stops the start and is named."""

import os
from pathlib import Path

import pytest

from app.config import MIN_SECRET_LENGTH, Settings, SettingsError

SECRET = "s" * MIN_SECRET_LENGTH


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "８０"),
        ("THREADS", "1.5"),
        ("TRUSTED_PROXIES", "yes"),
        ("ENVIRONMENT", "staging"),
        ("LOG_LEVEL", "chatty"),
        ("DATABASE_URL", "mysql://host/name"),
        ("DATABASE_URL", "sqlite:///"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("BASE_URL", "study.example.org"),
        ("BASE_URL", "https://study.example.org/a//b"),
        ("BASE_URL", "https://study.example.org/../x"),
        ("BASE_URL", "https://study.example.org/a?b"),
        ("BASE_URL", "https://me:secret@study.example.org"),
        ("PLAIN_HTTP", "perhaps"),
        ("SECRET_KEY_FALLBACKS", "short"),
        ("BASE_URL", "https://study.example.org:port"),
        ("MAX_UPLOAD_MB", "lots"),
        ("SESSION_DAYS", "0"),
        ("SECRET_KEY", "short"),
    ],
)
def test_a_value_that_is_not_understood_is_refused_and_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_environment({"SECRET_KEY": SECRET, name: value})
    assert refused.value.name == name
    assert str(refused.value).startswith(f"{name}: ")
    assert refused.value.remedy


def test_nothing_needs_to_be_set_on_the_embedded_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_environment({})
    assert settings.is_sqlite
    assert len(settings.secret_key) >= MIN_SECRET_LENGTH
    assert settings.address == "http://127.0.0.1:8000"


def test_the_secret_is_made_once_and_kept_beside_the_database(tmp_path: Path) -> None:
    environment = {"DATABASE_URL": f"sqlite:///{tmp_path}/data/portal.db"}
    first = Settings.from_environment(environment)
    assert Settings.from_environment(environment).secret_key == first.secret_key
    kept = tmp_path / "data" / "secret-key"
    assert kept.stat().st_mode & 0o077 == 0


def test_a_kept_secret_that_was_emptied_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "secret-key").write_text("")
    with pytest.raises(SettingsError, match="SECRET_KEY"):
        Settings.from_environment({"DATABASE_URL": f"sqlite:///{tmp_path}/portal.db"})


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"BASE_URL": "https://study.example.org"}, "SECRET_KEY"),
        ({"SECRET_KEY": SECRET}, "BASE_URL"),
        ({"SECRET_KEY": SECRET, "BASE_URL": "http://study.example.org"}, "BASE_URL"),
        ({"SECRET_KEY": "change-me-" * 4, "BASE_URL": "https://study.example.org"}, "SECRET_KEY"),
        ({"SECRET_KEY": "your_secret_key_" * 3, "BASE_URL": "https://study.example.org"}, "SECRET_KEY"),
        ({"SECRET_KEY": SECRET, "BASE_URL": "https://study.example.org", "FLASK_DEBUG": "1"}, "FLASK_DEBUG"),
    ],
)
def test_production_insists_on_a_secret_and_https(environment: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_environment({"ENVIRONMENT": "production", **environment})
    assert refused.value.name == named
    whole = {"SECRET_KEY": SECRET, "BASE_URL": "https://study.example.org", "FLASK_DEBUG": "0"}
    assert Settings.from_environment({"ENVIRONMENT": "production", **whole}).production


def test_a_database_server_needs_a_given_secret() -> None:
    with pytest.raises(SettingsError, match="SECRET_KEY"):
        Settings.from_environment({"DATABASE_URL": "postgresql://db/reprise"})


@pytest.mark.parametrize(
    ("url", "cores", "expected"),
    [
        ("sqlite:////srv/portal.db", 1, (1, 16)),
        ("sqlite:////srv/portal.db", 2, (2, 8)),
        ("sqlite:////srv/portal.db", 64, (2, 8)),
        ("postgresql://db/reprise", 1, (2, 8)),
    ],
)
def test_processes_and_threads_follow_database_and_cores_unless_they_are_set(
    url: str, cores: int, expected: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: set(range(cores)))
    given = {"DATABASE_URL": url, "SECRET_KEY": SECRET}
    settings = Settings.from_environment(given)
    assert (settings.web_concurrency, settings.threads) == expected
    settings = Settings.from_environment(given | {"WEB_CONCURRENCY": "3", "THREADS": "5"})
    assert (settings.web_concurrency, settings.threads) == (3, 5)


@pytest.mark.parametrize("url", ["postgres://u@h/d", "postgresql://u@h/d", "postgresql+psycopg://u@h/d"])
def test_every_spelling_of_a_postgresql_address_is_read(url: str) -> None:
    settings = Settings.from_environment({"DATABASE_URL": url, "SECRET_KEY": SECRET})
    assert settings.database_url == "postgresql+psycopg://u@h/d"
    assert not settings.is_sqlite


def test_secrets_do_not_show_in_what_is_printed() -> None:
    settings = Settings(secret_key=SECRET, database_url="postgresql+psycopg://u:hidden@h/d")
    assert SECRET not in repr(settings)
    assert "hidden" not in repr(settings)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.org", ("mail.example.org", 587, "starttls", "", "")),
        ("smtps://mail.example.org", ("mail.example.org", 465, "tls", "", "")),
        ("smtp://u%40x:p%2F%3A@mail.example.org:2525?tls=none", ("mail.example.org", 2525, "none", "u@x", "p/:")),
        ("smtp://localhost", ("localhost", 25, "none", "", "")),
    ],
)
def test_a_mail_server_is_taken_apart(url: str, expected: tuple[object, ...]) -> None:
    settings = Settings.from_environment({"SECRET_KEY": "x" * 40, "MAIL_URL": url, "MAIL_FROM": "R <r@example.org>"})
    server = settings.mail_server
    assert server is not None
    assert (server.host, server.port, server.security, server.user, server.password) == expected


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"MAIL_URL": "smtp://u:hush-hush@"}, "MAIL_URL"),
        ({"MAIL_URL": "http://u:hush-hush@host"}, "MAIL_URL"),
        ({"MAIL_URL": "smtp://u:hush-hush@host:abc"}, "MAIL_URL"),
        ({"MAIL_URL": "smtp://u:hush-hush@host?tls=maybe"}, "MAIL_URL"),
        ({"MAIL_URL": "smtp://u:hush-hush@host", "MAIL_FROM": ""}, "MAIL_FROM"),
        ({"MAIL_URL": "smtp://u:hush-hush@host", "MAIL_FROM": "nobody"}, "MAIL_FROM"),
        ({"MAIL_URL": "smtp://u:hush-hush@host", "MAIL_FROM": "a@b.example\nBcc: c@d.example"}, "MAIL_FROM"),
    ],
)
def test_mail_settings_that_cannot_be_used_are_named_and_the_password_is_not(values: dict[str, str], name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({"SECRET_KEY": "x" * 40, "MAIL_FROM": "r@example.org"} | values)
    assert caught.value.name == name
    assert "hush-hush" not in str(caught.value)


def test_no_secret_is_shown_with_the_settings() -> None:
    values = {"SECRET_KEY": "x" * 40, "MAIL_URL": "smtp://u:hush-hush@host", "MAIL_FROM": "r@example.org"}
    settings = Settings.from_environment(values)
    assert "hush-hush" not in repr(settings) + repr(settings.mail_server)
    assert "x" * 40 not in repr(settings)
