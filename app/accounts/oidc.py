"""Signing in by an organisation's own accounts (OpenID Connect), where OIDC_ISSUER is set.

Authlib does the protocol: discovery, PKCE, state and nonce in this browser's signed cookie, the token's signature and claims.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Flask, current_app, url_for
from joserfc.errors import JoseError
from requests import RequestException
from werkzeug.wrappers import Response

from app.accounts import addresses
from app.config import Settings

WAIT_S = 10
"""How long the provider may take to answer."""
log = structlog.get_logger()


class ProviderFault(Exception):
    """The provider could not be reached, refused, or answered what cannot be believed."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a provider says of somebody who has just signed in there."""

    issuer: str
    subject: str
    """The provider's name for them, which never changes."""
    email: str
    """In its normal form; empty unless the provider has verified it."""
    proved_at: datetime | None = None
    """When they last proved to the provider who they are, where it says so."""


def init_app(app: Flask, settings: Settings) -> None:
    """Get ready for the provider that the settings name, if they do; it is asked when it is first needed."""
    if not settings.oidc_issuer:
        return
    oauth = OAuth(app)
    oauth.register(
        "provider",
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        server_metadata_url=f"{settings.oidc_issuer}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email", "code_challenge_method": "S256", "default_timeout": WAIT_S},
    )
    app.extensions["oidc"] = oauth.provider


def name() -> str:
    """What the provider is called on pages; empty where there is none."""
    settings: Settings = current_app.config["REPRISE_SETTINGS"]
    return settings.oidc_name if settings.oidc_issuer else ""


def begin(origin: str, *, anew: bool = False) -> Response:
    """Send the browser to the provider, to come back to this portal at `origin`. Raises `ProviderFault`.

    `anew` has the provider ask who it is even where somebody is signed in there.
    """
    try:
        _metadata()
        back, asked = origin + url_for("security.oidc_back"), {"max_age": "0"} if anew else {}
        response: Response = _provider().authorize_redirect(back, **asked)
    except (OAuthError, RequestException, ValueError) as error:
        raise _fault(error) from error
    return response


def finish() -> Claims:
    """What the provider says of who came back. Raises `ProviderFault`."""
    try:
        metadata = _metadata()
        token = _provider().authorize_access_token()
        found = token["userinfo"]
        subject = str(found["sub"])
    except (OAuthError, JoseError, RequestException, ValueError, KeyError, TypeError) as error:
        raise _fault(error) from error
    email = ""
    if found.get("email_verified") is True:
        try:
            email = addresses.normalise(str(found.get("email") or ""))
        except addresses.BadAddress:
            email = ""
    return Claims(str(metadata["issuer"]), subject[:255], email, _instant(found.get("auth_time")))


def _instant(seconds: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int | float) else None
    except (ValueError, OverflowError, OSError):
        return None


def _metadata() -> dict[str, Any]:
    """The provider's description of itself. It must be the one that was set, and sign with keys of its own."""
    metadata: dict[str, Any] = _provider().load_server_metadata()
    settings: Settings = current_app.config["REPRISE_SETTINGS"]
    if str(metadata.get("issuer", "")).rstrip("/") != settings.oidc_issuer:
        raise ValueError("The provider calls itself otherwise than OIDC_ISSUER.")
    signs = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
    metadata["id_token_signing_alg_values_supported"] = [one for one in signs if one[:2] in ("RS", "ES", "PS", "Ed")]
    return metadata


def _provider() -> Any:
    return current_app.extensions["oidc"]


def _fault(error: Exception) -> ProviderFault:
    log.warning("provider failed", error=type(error).__name__, reason=str(error)[:200])
    return ProviderFault(type(error).__name__)
