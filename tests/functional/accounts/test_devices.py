"""Passkeys that are not right, by a device made here that signs whatever it is told to."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.models import LoginSession, Passkey, User
from tests.builders import csrf_token, make_user, sign_in
from tests.functional.accounts.pages import is_in, send
from tests.functional.conftest import Watch

PRESENT, VERIFIED, ATTESTED = 1, 4, 64


def coded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Device:
    """Keeps one key pair; `verifies` says that it checked its owner."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id, self.count = hashlib.sha256(str(id(self)).encode()).digest(), 0
        self.verifies, self.origin = True, "http://localhost"

    def _said(self, kind: str, options: dict[str, Any]) -> bytes:
        return json.dumps({"type": kind, "challenge": options["challenge"], "origin": self.origin}).encode()

    def _state(self, host: str, more: int = 0) -> bytes:
        flags = PRESENT | (VERIFIED if self.verifies else 0) | more
        return hashlib.sha256(host.encode()).digest() + struct.pack(">BI", flags, self.count)

    def make(self, options: dict[str, Any]) -> str:
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        state = self._state(options["rp"]["id"], ATTESTED) + bytes(16) + struct.pack(">H", 32) + self.id
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": state + cbor2.dumps(public)})
        said = self._said("webauthn.create", options)
        return self._credential({"clientDataJSON": coded(said), "attestationObject": coded(attested)})

    def use(self, options: dict[str, Any]) -> str:
        said, state = self._said("webauthn.get", options), self._state(options["rpId"])
        signature = self.key.sign(state + hashlib.sha256(said).digest(), ec.ECDSA(SHA256()))
        answer = {"clientDataJSON": said, "authenticatorData": state, "signature": signature}
        return self._credential({name: coded(value) for name, value in answer.items()})

    def _credential(self, response: dict[str, str]) -> str:
        whole = {"id": coded(self.id), "rawId": coded(self.id), "type": "public-key", "response": response}
        return json.dumps(whole | {"clientExtensionResults": {}})


def asked(client: FlaskClient, path: str) -> dict[str, Any]:
    """What the page asks a device for."""
    token = own_token(client) if is_in(client) else csrf_token(client)
    return client.post(f"{path}/options", data={"csrf_token": token}).get_json()  # type: ignore[no-any-return]


def own_token(client: FlaskClient) -> str:
    return csrf_token(client, "/account/security")


@pytest.fixture
def ada(session: Session) -> User:
    user = make_user(session, email="ada@example.org")
    session.commit()
    return user


@pytest.fixture
def device(app: Flask, ada: User) -> Device:
    """A device with a passkey of Ada's."""
    client, device = app.test_client(), Device()
    sign_in(client, ada)
    token = {"csrf_token": own_token(client)}
    options = client.post("/account/passkeys/options", data=token).get_json()
    form = token | {"name": "Key", "credential": device.make(options)}
    assert client.post("/account/passkeys", data=form).status_code == 303
    return device


def come(client: FlaskClient, device: Device) -> str:
    """Sign in with it; gives what the device answered."""
    answer = device.use(asked(client, "/sign-in/passkey"))
    token = own_token(client) if is_in(client) else csrf_token(client)
    client.post("/sign-in/passkey", data={"csrf_token": token, "credential": answer})
    return answer


@pytest.mark.parametrize(
    "fault", ["none", "not verified", "another site", "another key", "counter", "removed", "disabled"]
)
def test_only_a_right_answer_of_a_living_account_signs_in(
    app: Flask, session: Session, ada: User, device: Device, fault: str
) -> None:
    row = session.scalars(select(Passkey)).one()
    match fault:
        case "not verified":
            device.verifies = False
        case "another site":
            device.origin = "http://localhost.evil.example"
        case "another key":
            device.key = ec.generate_private_key(ec.SECP256R1())
        case "counter":
            row.sign_count = 7  # another device with the same key has counted on
        case "removed":
            session.delete(row)
        case "disabled":
            ada.active = False
    session.commit()
    before = opened(session)
    come(client := app.test_client(), device)
    assert is_in(client) is (fault == "none")
    assert opened(session) == before + (fault == "none")


def opened(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count(LoginSession.id))) or 0


def test_signing_in_once_more_ends_the_session_before(app: Flask, session: Session, device: Device) -> None:
    come(client := app.test_client(), device)
    before = opened(session)
    come(client, device)
    assert is_in(client)
    assert opened(session) == before


def test_an_answer_proves_once(app: Flask, ada: User, device: Device) -> None:
    sign_in(client := app.test_client(), ada)
    token = own_token(client)
    options = client.post("/sign-in/passkey/options", data={"csrf_token": token}).get_json()
    form = {"csrf_token": token, "credential": device.use(options)}
    answers = [client.post("/account/prove/passkey", data=form).location for _ in range(2)]
    assert answers == ["/account/security", "/account/prove"]


def test_an_answer_is_taken_once_and_soon(app: Flask, device: Device, watch: Watch) -> None:
    client = app.test_client()
    answer = come(client, device)
    assert is_in(client)
    send(client, "/sign-out", page="/account/security")
    send(client, "/sign-in/passkey", page="/sign-in", credential=answer)
    assert not is_in(client)
    late = device.use(asked(client, "/sign-in/passkey"))
    watch.forward(minutes=6)
    send(client, "/sign-in/passkey", page="/sign-in", credential=late)
    assert not is_in(client)


def test_a_passkey_of_another_account_proves_nothing(
    app: Flask, session: Session, device: Device, watch: Watch
) -> None:
    ben = make_user(session)
    session.commit()
    sign_in(client := app.test_client(), ben)
    watch.forward(minutes=11)
    token = own_token(client)
    options = client.post("/sign-in/passkey/options", data={"csrf_token": token}).get_json()
    form = {"csrf_token": token, "credential": device.use(options), "next": "/account/passkeys"}
    assert client.post("/account/prove/passkey", data=form).location == "/account/prove?next=/account/passkeys"
    assert "no passkey of your account" in client.get("/account/prove").text
    assert "/account/prove" in client.get("/account/passkeys").location
