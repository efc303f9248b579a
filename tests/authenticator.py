"""An authenticator app, as people carry it about; its clock is the server's."""

from datetime import timedelta
from typing import Any

import pyotp

from models import clock
from tests.clients import Client, Person
from tests.factories import PASSWORD

STEP = timedelta(seconds=30)


class Authenticator:
    """It has scanned `uri`."""

    def __init__(self, uri: str) -> None:
        app = pyotp.parse_uri(uri)
        assert isinstance(app, pyotp.TOTP)
        self.app = app

    def code(self, later: int = 0) -> str:
        """What it shows now, or so many steps later."""
        return self.app.at(clock.now() + later * STEP)

    @property
    def wrong(self) -> str:
        """Six digits that are none of the codes about now."""
        near = {self.code(later) for later in range(-3, 4)}
        return next(f"{number:06}" for number in range(9) if f"{number:06}" not in near)


async def enrol(who: Person | Client, password: str = PASSWORD) -> Authenticator:
    """Not confirmed yet."""
    answer = await who.do("enrolSecondFactor", {"password": password}, "uri")
    return Authenticator(answer["uri"])


async def switch_on(who: Person | Client) -> tuple[Authenticator, list[str]]:
    """With its recovery codes; the present code is used up."""
    app = await enrol(who)
    answer = await who.do("confirmSecondFactor", {"code": app.code()}, "recoveryCodes")
    return app, answer["recoveryCodes"]


async def sign_in(who: Client, login: str, code: str | None = None, **more: str) -> dict[str, Any]:
    return await who.do(
        "signIn",
        {"login": login, "password": PASSWORD, "secondFactor": code, "transport": "BEARER"} | more,
        "token",
    )
