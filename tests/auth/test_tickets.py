import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.jwk import OKPKey, RSAKey

import settings
from auth import tickets
from models import clock as clock_module
from tests.conftest import Clock

KID = "sig_test"
PUBLIC, PRIVATE = tickets.make_key()
SHOWN = [{**PUBLIC, "kid": KID}]
HEADER = {"alg": tickets.ALGORITHM, "kid": KID, "typ": tickets.TYPE}
LIFETIME = timedelta(seconds=60)


def claims(**changes: object) -> dict[str, Any]:
    """Those of a ticket of this moment; None leaves one out."""
    now = int(clock_module.now().timestamp())
    whole = {
        "iss": settings.load().public_url,
        "aud": "app_books",
        "sub": "mem_ann",
        "jti": "aps_one",
        "iat": now,
        "nbf": now,
        "exp": now + int(LIFETIME.total_seconds()),
    }
    return {name: value for name, value in (whole | changes).items() if value is not None}


def encoded(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")


def part(content: object) -> str:
    return encoded(json.dumps(content).encode())


def signed(header: object, content: object, private_jwk: tickets.Jwk = PRIVATE) -> str:
    """With a key of that kind, whatever the header says of it."""
    body = f"{part(header)}.{part(content)}"
    key = OKPKey.import_key(private_jwk).private_key
    assert isinstance(key, Ed25519PrivateKey)
    return f"{body}.{encoded(key.sign(body.encode()))}"


def refused(ticket: str) -> bool:
    try:
        tickets.read(ticket, SHOWN)
    except tickets.Unacceptable:
        return True
    return False


def test_a_ticket_says_what_was_signed() -> None:
    """PRODUCT 6.2."""
    said = claims(right="LAUNCH", roles=["clerk"], name="Әлия")
    assert tickets.read(tickets.sign(PRIVATE, KID, said), SHOWN) == said


def test_what_the_forgeries_are_made_with_would_make_a_ticket() -> None:
    """Otherwise what is refused below might be refused for how it was written."""
    assert not refused(signed(HEADER, claims()))


def test_the_public_half_tells_nothing_of_the_private_one() -> None:
    assert PUBLIC.keys() == {"kty", "crv", "x", "use", "alg"}
    assert (PUBLIC["kty"], PUBLIC["crv"], PUBLIC["alg"]) == ("OKP", "Ed25519", "EdDSA")


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", ""])
def test_an_unsigned_ticket_is_refused(algorithm: str) -> None:
    """CASES 96."""
    assert refused(f"{part(HEADER | {'alg': algorithm})}.{part(claims())}.")


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
@pytest.mark.parametrize("form", ["x", "raw", "jwk", "pem"])
def test_the_public_key_is_no_shared_secret(algorithm: str, form: str) -> None:
    """CASES 96: whoever reads the JWKS could sign otherwise."""
    key = OKPKey.import_key(PUBLIC)
    secret = {
        "x": PUBLIC["x"].encode(),
        "raw": urlsafe_b64decode(PUBLIC["x"] + "="),
        "jwk": json.dumps(SHOWN[0]).encode(),
        "pem": key.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    }[form]
    body = f"{part(HEADER | {'alg': algorithm})}.{part(claims())}"
    mac = hmac.digest(secret, body.encode(), f"sha{algorithm[2:]}")
    assert refused(f"{body}.{encoded(mac)}")


def test_another_kind_of_key_is_refused() -> None:
    """CASES 96."""
    rsa = RSAKey.import_key(generate_private_key(65537, 2048))
    forged = jws.serialize_compact(HEADER | {"alg": "RS256"}, json.dumps(claims()), rsa, ["RS256"])
    assert refused(forged)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "HS256", "Ed25519", "Ed448", "eddsa"])
def test_the_algorithm_is_not_the_tickets_to_name(algorithm: str) -> None:
    """CASES 96: not even with a signature that is ours."""
    assert refused(signed(HEADER | {"alg": algorithm}, claims()))


ANOTHER, ANOTHER_PRIVATE = tickets.make_key()


def test_a_ticket_signed_by_another_key_is_refused() -> None:
    assert refused(tickets.sign(ANOTHER_PRIVATE, KID, claims()))


def test_a_ticket_of_a_key_that_is_not_shown_is_refused() -> None:
    assert refused(tickets.sign(PRIVATE, "sig_other", claims()))
    with pytest.raises(tickets.Unacceptable):
        tickets.read(tickets.sign(PRIVATE, KID, claims()), [])


@pytest.mark.parametrize(
    "more",
    [
        {"jwk": ANOTHER},
        {"jku": "https://evil.example/jwks.json"},
        {"x5u": "https://evil.example/key.pem"},
        {"x5c": ["AAAA"]},
        {"crit": ["exp"], "exp": 1},
        {"crit": ["b64"], "b64": False},
        {"crit": []},
        {"cty": "JWT"},
        {"zip": "DEF"},
    ],
    ids=lambda more: next(iter(more)),
)
def test_no_header_says_how_it_is_to_be_checked(more: dict[str, Any]) -> None:
    """CASES 96: neither to a key of the forger, nor with a signature that is ours."""
    header = HEADER | more
    assert refused(signed(header, claims()))
    assert refused(signed(header, claims(), ANOTHER_PRIVATE))


@pytest.mark.parametrize("typ", ["JWT", "at+jwt", "", None, "TENANTRY-TICKET+JWT"])
def test_what_was_signed_for_something_else_is_no_ticket(typ: str | None) -> None:
    """CASES 96."""
    header = {name: value for name, value in (HEADER | {"typ": typ}).items() if value is not None}
    assert refused(signed(header, claims()))


@pytest.mark.parametrize("kid", [None, "", 1, ["sig_test"], {}])
def test_a_ticket_names_its_key(kid: object) -> None:
    header = {name: value for name, value in (HEADER | {"kid": kid}).items() if value is not None}
    assert refused(signed(header, claims()))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"iss": [""]},
        {"aud": None},
        {"aud": ""},
        {"aud": ["app_books", "app_other"]},
        {"aud": 1},
        {"sub": None},
        {"sub": 1},
        {"jti": None},
        {"jti": ""},
        {"jti": ["aps_one"]},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": True},
        {"iat": None},
        {"nbf": None},
        {"nbf": "yesterday"},
    ],
    ids=str,
)
def test_a_ticket_says_who_where_and_when(changes: dict[str, Any]) -> None:
    """CASES 96."""
    assert refused(signed(HEADER, claims(**changes)))


@pytest.mark.parametrize("content", [[], "text", 1, None, {}], ids=str)
def test_what_says_nothing_is_refused(content: object) -> None:
    assert refused(signed(HEADER, content))


def test_a_ticket_ends_on_its_last_second(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """CASES 96: not one second later, as RFC 7519 4.1.4 has it."""
    start = clock.now().replace(microsecond=0)
    monkeypatch.setattr(clock, "_real", lambda: start)
    ticket = tickets.sign(PRIVATE, KID, claims())
    clock.move(LIFETIME - timedelta(microseconds=1))
    assert not refused(ticket)
    clock.move(timedelta(microseconds=1))
    assert refused(ticket)


@pytest.mark.parametrize("claim", ["nbf", "iat"])
@pytest.mark.parametrize(("ahead", "expected"), [(5, False), (6, True), (3600, True)])
def test_a_ticket_of_the_future_is_refused(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, claim: str, ahead: int, *, expected: bool
) -> None:
    """CASES 96: beyond the few seconds by which clocks of several machines differ."""
    start = clock.now().replace(microsecond=0)
    monkeypatch.setattr(clock, "_real", lambda: start)
    now = int(start.timestamp())
    said = claims(**{claim: now + ahead, "exp": now + 7200})
    assert refused(tickets.sign(PRIVATE, KID, said)) is expected


def test_a_long_ticket_is_refused_unread() -> None:
    """CASES 96: eight kilobytes, though we signed it."""
    assert refused(signed(HEADER, claims(name="x" * 6000)))
    assert refused("e" * 8192)


@pytest.mark.parametrize(
    "text",
    ["", ".", "..", "...", "....", "a.b.c", "\0", "é.é.é", "\ud800..", "null", "{}", " . . "],
)
def test_what_is_no_ticket_is_refused(text: str) -> None:
    assert refused(text)


@pytest.mark.parametrize("header", [[], 1, "x", None, {}, {"alg": ["EdDSA"]}, {"alg": None}])
def test_a_header_that_is_none_is_refused(header: Any) -> None:
    assert refused(signed(header, claims()))


def test_a_changed_ticket_is_refused() -> None:
    head, body, signature = tickets.sign(PRIVATE, KID, claims()).split(".")
    other = part(claims(right="LAUNCH_AND_ADMINISTER"))
    assert refused(f"{head}.{other}.{signature}")
    assert refused(f"{head}.{body}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}")
