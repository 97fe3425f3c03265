"""Signed words in addresses that must hold for long: whose they are and what for, made with the portal's secret."""

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from app.config import Settings


def _serializer(purpose: str) -> URLSafeSerializer:
    settings: Settings = current_app.config["REPRISE_SETTINGS"]
    return URLSafeSerializer([*reversed(settings.secret_keys)], salt=f"reprise {purpose}")


def signed(purpose: str, value: str) -> str:
    """`value` as a token that `unsigned` takes for this purpose alone."""
    return str(_serializer(purpose).dumps(value))


def unsigned(purpose: str, token: str) -> str | None:
    """The value of a token, made with the present secret or one that still counts; None for any other."""
    try:
        value = _serializer(purpose).loads(token)
    except BadSignature:
        return None
    return value if isinstance(value, str) else None
