"""Settings: read once from the environment, checked, and frozen.

Every field of `Settings` is one environment variable of the same name in capitals; the README's table documents them
and a test keeps that table true. A value that is not understood stops the start and is named.
"""

import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

Environment = Literal["local", "production"]

DEFAULT_DATABASE = "sqlite:///var/reprise.db"
MIN_SECRET_LENGTH = 32
_HOW_TO_MAKE_ONE = 'Make one: python3 -c "import secrets; print(secrets.token_hex(32))".'
_STAND_IN = re.compile(r"(?i)(?:change|replace)[-_ ]?(?:me|this)|your[-_ ]?(?:secret|key)|default|placeholder|insecure")
"""What examples have in the place of a secret."""
_PATH = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")
_LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}


class SettingsError(Exception):
    """A setting that cannot be used: its name, what is wrong with its value, and what to do."""

    def __init__(self, name: str, problem: str, remedy: str) -> None:
        super().__init__(f"{name}: {problem} {remedy}")
        self.name = name
        self.problem = problem
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails are handed over, and how: the parts of MAIL_URL."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    """tls: encrypted from the first byte; starttls: insisted on before anything is said; none: in the open."""
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def local(self) -> bool:
        """Whether it is this very machine, where nobody listens in between."""
        return self.host in _LOCAL_HOSTS


@dataclass(frozen=True, slots=True)
class Settings:
    """How one portal runs. Durations and sizes carry their unit in the name."""

    secret_key: str = field(repr=False)
    secret_key_fallbacks: tuple[str, ...] = field(default=(), repr=False)
    environment: Environment = "local"
    database_url: str = field(default=DEFAULT_DATABASE, repr=False)
    base_url: str = ""
    host: str = "127.0.0.1"
    port: int = 8000
    web_concurrency: int = 1
    threads: int = 16
    own_processors: bool = True
    """Whether each of several processes keeps to a processor of its own."""
    trusted_proxies: int = 0
    plain_http: bool = False
    limits_storage: str = field(default="memory://", repr=False)
    max_upload_mb: int = 20
    session_idle_hours: int = 12
    session_days: int = 30
    own_decks: int = 20
    """Private decks that each learner may make; 0: none."""
    own_cards: int = 5_000
    """Cards that all private decks of one learner may have."""
    log_level: str = "INFO"
    mail_url: str = field(default="", repr=False)
    mail_from: str = ""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = field(default="", repr=False)
    oidc_name: str = "your organisation"

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """The secret that signs, then the ones before it that still verify."""
        return (self.secret_key, *self.secret_key_fallbacks)

    @property
    def mail_server(self) -> MailServer | None:
        """Where mails are handed over; None where no mail is set up."""
        return _mail_server(self.mail_url) if self.mail_url else None

    @property
    def production(self) -> bool:
        """Whether this portal serves the public and must insist on a secret and HTTPS."""
        return self.environment == "production"

    @property
    def https(self) -> bool:
        """Whether readers reach the portal by HTTPS; cookies are then Secure and `__Host-`."""
        return self.base_url.startswith("https://")

    @property
    def path(self) -> str:
        """The path below which the portal stands, such as `/study`; empty at the root of its host."""
        return urlsplit(self.base_url).path

    @property
    def in_the_open(self) -> bool:
        """Whether it serves others by plain HTTP: by an explicit setting alone."""
        return self.production and not self.https

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is the embedded one."""
        return self.database_url.startswith("sqlite")

    @property
    def address(self) -> str:
        """Where readers reach the portal, without a trailing slash."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.base_url or f"http://{host}:{self.port}"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None, *, keep: bool = True) -> "Settings":
        """Read and check the environment.

        Raises `SettingsError` naming the first variable whose value cannot be used. Without SECRET_KEY a random
        secret is made once and kept beside the embedded database (without `keep` it is not kept: no file is made);
        production insists on a given one.
        """
        env = os.environ if environ is None else environ
        environment = _choice(env, "ENVIRONMENT", "local", ("local", "production"))
        _check_debug(env, environment)
        base_url = _base_url(env)
        database_url = _database_url(env)
        plain_http = _choice(env, "PLAIN_HTTP", "no", ("yes", "no")) == "yes"
        if environment == "production" and not base_url.startswith("http://" if plain_http else "https://"):
            raise SettingsError(
                "BASE_URL",
                f"production needs the {'http' if plain_http else 'https'} address that readers use.",
                "Set it, for example BASE_URL=http://study.lan:8000."
                if plain_http
                else "Set it, for example BASE_URL=https://study.example.org, or ENVIRONMENT=local; on a private network "
                "without HTTPS, PLAIN_HTTP=yes.",
            )
        mail_url, mail_from = _mail(env)
        processes = _web_concurrency(env, database_url)
        return cls(
            mail_url=mail_url,
            mail_from=mail_from,
            **_oidc(env),
            environment="production" if environment == "production" else "local",
            database_url=database_url,
            base_url=base_url,
            host=env.get("HOST", "").strip() or "127.0.0.1",
            port=_integer(env, "PORT", 8000, 1, 65535),
            web_concurrency=processes,
            threads=_threads(env, processes),
            own_processors=_choice(env, "OWN_PROCESSORS", "yes", ("yes", "no")) == "yes",
            plain_http=plain_http,
            trusted_proxies=_integer(env, "TRUSTED_PROXIES", 0, 0, 10),
            limits_storage=env.get("LIMITS_STORAGE", "").strip() or "memory://",
            max_upload_mb=_integer(env, "MAX_UPLOAD_MB", 20, 1, 2000),
            session_idle_hours=_integer(env, "SESSION_IDLE_HOURS", 12, 1, 24 * 90),
            session_days=_integer(env, "SESSION_DAYS", 30, 1, 400),
            own_decks=_integer(env, "OWN_DECKS", 20, 0, 1000),
            own_cards=_integer(env, "OWN_CARDS", 5_000, 1, 1_000_000),
            log_level=_choice(env, "LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"), str.upper),
            secret_key_fallbacks=_fallbacks(env),
            secret_key=_secret_key(env, environment, database_url, keep=keep),  # last: it makes a file
        )


def _oidc(env: Mapping[str, str]) -> dict[str, str]:
    """The provider to sign in by; all of it or nothing, and by https except on this machine."""
    names = ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")
    values = {name: env.get(name, "").strip() for name in names}
    if not any(values.values()):
        return {}
    for name, value in values.items():
        if not value:
            raise SettingsError(name, "it is not set, but the others of OIDC_… are.", "Set it, or none of them.")
    parts = urlsplit(values["OIDC_ISSUER"])
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOCAL_HOSTS):
        raise SettingsError(
            "OIDC_ISSUER", "it is no https address.", "Give the provider's address, such as https://id.example.org."
        )
    found = {name.lower(): value for name, value in values.items()}
    found["oidc_issuer"] = found["oidc_issuer"].rstrip("/")
    name = env.get("OIDC_NAME", "").strip()
    return found | ({"oidc_name": name[:60]} if name else {})


def _choice(
    env: Mapping[str, str],
    name: str,
    default: str,
    allowed: tuple[str, ...],
    normalise: Callable[[str], str] = str.lower,
) -> str:
    value = normalise(env.get(name, "").strip()) or default
    if value not in allowed:
        raise SettingsError(name, f"“{value}” is not a value it can have.", f"Use one of: {', '.join(allowed)}.")
    return value


def _integer(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or not low <= int(text) <= high:
        raise SettingsError(name, f"“{text}” is not a number from {low} to {high}.", "Correct it or leave it out.")
    return int(text)


def _base_url(env: Mapping[str, str]) -> str:
    text = env.get("BASE_URL", "").strip().rstrip("/")
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        bad = parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc
        bad = bad or bool(parts.query or parts.fragment) or not _PATH.fullmatch(parts.path)
        parts.port  # noqa: B018  # raises ValueError for a port that is none
    except ValueError:
        bad = True
    if bad:
        raise SettingsError(
            "BASE_URL",
            f"“{text}” is not an address such as https://study.example.org.",
            "Give the scheme and the host, and a path where the portal stands below one, such as https://example.org/study.",
        )
    return text


def _database_url(env: Mapping[str, str]) -> str:
    text = env.get("DATABASE_URL", "").strip() or DEFAULT_DATABASE
    for given in ("postgres://", "postgresql://"):
        if text.startswith(given):
            text = "postgresql+psycopg://" + text.removeprefix(given)
    if not text.startswith(("sqlite:///", "postgresql+psycopg://")) or text in ("sqlite:///", "sqlite:///:memory:"):
        raise SettingsError(
            "DATABASE_URL",
            "it names neither an SQLite file nor a PostgreSQL server.",
            "Use sqlite:///path/to/file.db or postgresql://user:password@host/name.",
        )
    return text


def _mail(env: Mapping[str, str]) -> tuple[str, str]:
    """MAIL_URL and MAIL_FROM, checked: both or neither."""
    url, sender = env.get("MAIL_URL", "").strip(), env.get("MAIL_FROM", "").strip()
    if not url:
        return "", sender
    _mail_server(url)
    if "@" not in parseaddr(sender)[1].strip("@") or not sender.isprintable():
        raise SettingsError(
            "MAIL_FROM",
            f"“{sender}” is not who mails could come from." if sender else "it is not set, but MAIL_URL is.",
            "Give an address, for example MAIL_FROM='Reprise <portal@example.org>'.",
        )
    return url, sender


def _mail_server(url: str) -> MailServer:
    """The parts of a MAIL_URL. Raises `SettingsError`, which never repeats the value: it holds a password."""
    try:
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
        host, port = parts.hostname or "", parts.port
        tls = options.pop("tls", "none" if host in _LOCAL_HOSTS else "starttls")
        bad = parts.scheme not in ("smtp", "smtps") or not host or bool(options) or parts.path not in ("", "/")
        bad = bad or tls not in ("starttls", "none") or bool(parts.fragment)
    except ValueError:
        bad = True
    if bad:
        raise SettingsError(
            "MAIL_URL",
            "it is not the address of a mail server.",
            "Use smtp://user:password@host:587 or smtps://…:465, with %-codes for signs like @ or / in the password; "
            "?tls=none where the server takes mail in the open.",
        )
    implicit = parts.scheme == "smtps"
    return MailServer(
        host=host,
        port=port or (465 if implicit else 587 if host not in _LOCAL_HOSTS else 25),
        security="tls" if implicit else "starttls" if tls == "starttls" else "none",
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def _web_concurrency(env: Mapping[str, str], database_url: str) -> int:
    """Two processes use two cores; SQLite's one writer is all that they wait for each other for."""
    cores = len(os.sched_getaffinity(0))
    default = min(2, cores) if database_url.startswith("sqlite") else 2
    return _integer(env, "WEB_CONCURRENCY", default, 1, 64)


def _threads(env: Mapping[str, str], processes: int) -> int:
    """Of one process many, as answers on SQLite that come at once share a commit; of several a few, else some wait long."""
    return _integer(env, "THREADS", 16 if processes == 1 else 8, 1, 256)


def _check_debug(env: Mapping[str, str], environment: str) -> None:
    """Flask reads this variable by itself."""
    if environment == "production" and env.get("FLASK_DEBUG", "").strip().lower() not in ("", "0", "false", "no"):
        raise SettingsError("FLASK_DEBUG", "debugging is on, which is not for production.", "Leave it out.")


def _secret_key(env: Mapping[str, str], environment: str, database_url: str, *, keep: bool) -> str:
    text = env.get("SECRET_KEY", "").strip()
    if text:
        if len(text) < MIN_SECRET_LENGTH:
            raise SettingsError(
                "SECRET_KEY",
                f"it has {len(text)} characters; {MIN_SECRET_LENGTH} are the least.",
                _HOW_TO_MAKE_ONE,
            )
        if environment == "production" and _STAND_IN.search(text):
            raise SettingsError(
                "SECRET_KEY",
                "it stands for one that was still to be made, and others know it.",
                _HOW_TO_MAKE_ONE,
            )
        return text
    if environment == "production" or not database_url.startswith("sqlite"):
        raise SettingsError(
            "SECRET_KEY",
            "it is not set.",
            'Make one and keep it: python3 -c "import secrets; print(secrets.token_hex(32))".',
        )
    kept = Path(database_url.removeprefix("sqlite:///")).parent / "secret-key"
    return _kept_secret(kept) if keep or kept.exists() else secrets.token_hex(32)


def _fallbacks(env: Mapping[str, str]) -> tuple[str, ...]:
    """Secrets of before, newest first, that still verify what they signed."""
    keys = tuple(part for part in env.get("SECRET_KEY_FALLBACKS", "").replace(",", " ").split() if part)
    if any(len(key) < MIN_SECRET_LENGTH for key in keys):
        raise SettingsError(
            "SECRET_KEY_FALLBACKS",
            f"one of them has fewer than {MIN_SECRET_LENGTH} characters.",
            "Give the secrets of before, separated by spaces, newest first; leave it out once their time is over.",
        )
    return keys


def _kept_secret(path: Path) -> str:
    """The secret kept beside the embedded database, made at the first start (two first starts agree on one)."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(32))
        secret = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise SettingsError(
            "SECRET_KEY", f"{path} cannot be written ({error.strerror}).", "Make it writable or set SECRET_KEY."
        ) from error
    if len(secret) < MIN_SECRET_LENGTH:
        raise SettingsError("SECRET_KEY", f"{path} holds no usable secret.", "Delete the file; a new one is made.")
    return secret
