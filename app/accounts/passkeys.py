"""Passkeys: key pairs that a device keeps and that sign a challenge (WebAuthn). The checks are py_webauthn's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app.accounts import service
from app.db.models import Passkey, User
from app.db.session import write
from app.web import audit

MOST = 20
"""Passkeys of one account."""
VERIFIED = UserVerificationRequirement.REQUIRED
"""The device checks finger, face or PIN: the passkey alone is then two factors."""


class BadPasskey(Exception):
    """What the device answered is not right, or belongs to no account."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where passkeys of this portal are used: its host, and its address with scheme and port."""

    host: str
    origin: str


@dataclass(frozen=True, slots=True)
class PasskeyFacts:
    """A passkey as its owner sees it."""

    guid: str
    name: str
    created_at: datetime
    used_at: datetime | None


def of(session: Session, user_id: int) -> tuple[PasskeyFacts, ...]:
    """The passkeys of a user, the oldest first."""
    rows = session.scalars(select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.id))
    return tuple(PasskeyFacts(row.guid, row.name, row.created_at, row.used_at) for row in rows)


def _credentials(session: Session, user_id: int) -> Sequence[bytes]:
    return session.scalars(select(Passkey.credential_id).where(Passkey.user_id == user_id)).all()


def creation_options(
    session: Session, *, site: Site, portal: str, user_id: int, guid: str, email: str
) -> tuple[str, bytes]:
    """What a browser needs to make a passkey, as JSON, and the challenge to check the answer against."""
    known = _credentials(session, user_id)
    options = generate_registration_options(
        rp_id=site.host,
        rp_name=portal,
        user_id=guid.encode(),
        user_name=email,
        user_display_name=email,
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=VERIFIED
        ),
    )
    return options_to_json(options), options.challenge


def request_options(session: Session, *, site: Site, user_id: int | None) -> tuple[str, bytes]:
    """What a browser needs to use a passkey of this portal, as JSON, and the challenge.

    Any passkey for whoever is to sign in (None); for who is signed in, one of theirs.
    """
    known = [] if user_id is None else _credentials(session, user_id)
    options = generate_authentication_options(
        rp_id=site.host,
        user_verification=VERIFIED,
        allow_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
    )
    return options_to_json(options), options.challenge


def add(
    session: Session, *, site: Site, user_id: int, name: str, credential: str, challenge: bytes, now: datetime
) -> None:
    """Keep a passkey that a device has just made. Raises `BadPasskey`."""
    try:
        made = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError) as error:
        raise BadPasskey from error
    write(session)
    service.locked_user(session, user_id)
    known = _credentials(session, user_id)
    taken = session.scalar(select(Passkey.id).where(Passkey.credential_id == made.credential_id))
    if len(known) >= MOST or taken is not None:
        raise BadPasskey
    session.add(
        Passkey(
            user_id=user_id,
            credential_id=made.credential_id,
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            name=name,
            created_at=now,
        )
    )
    session.flush()
    audit.note(session, "account.passkey_on", area="account", subject=user_id)


def remove(session: Session, *, user_id: int, guid: str) -> bool:
    """Take a passkey's right away; gives whether there was one."""
    write(session)
    condition = (Passkey.user_id == user_id) & (Passkey.guid == guid)
    gone = session.execute(delete(Passkey).where(condition)).rowcount  # type: ignore[attr-defined]
    if gone:
        audit.note(session, "account.passkey_off", area="account", subject=user_id)
    return bool(gone)


def proven(session: Session, *, site: Site, credential: str, challenge: bytes, now: datetime) -> User:
    """Whose passkey signed the challenge, locked. Raises `BadPasskey`."""
    write(session)
    try:
        answer = parse_authentication_credential_json(credential)
        row = session.scalars(
            select(Passkey).where(Passkey.credential_id == base64url_to_bytes(answer.id)).with_for_update()
        ).one_or_none()
        if row is None:
            raise BadPasskey
        verified = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=row.public_key,
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError) as error:
        raise BadPasskey from error
    user = service.locked_user(session, row.user_id)
    if user is None or user.erased_at is not None:
        raise BadPasskey
    row.sign_count, row.used_at = verified.new_sign_count, now
    session.flush()
    return user
