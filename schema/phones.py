"""Confirming one's number and taking it out, each with a code sent to it."""

from datetime import datetime
from typing import Annotated

import strawberry

from permissions.fields import SignedIn, guard
from resolvers import phones
from schema import errors
from schema.accounts import Me
from schema.arguments import Input
from schema.context import Info
from schema.cost import TESTS_SECRET
from schema.interfaces import Rows


@strawberry.type(description="A code to confirm the number is on its way to it.")
class RequestPhoneCodePayload:
    expires_at: datetime = strawberry.field(description="Until when it works.")


@strawberry.type(description="A code to take the number out is on its way to it.")
class RequestPhoneRemovalPayload:
    expires_at: datetime = strawberry.field(description="Until when it works.")


@strawberry.input(description="The code that requestPhoneCode has sent.")
class ConfirmPhoneInput:
    code: str = strawberry.field(description="Six digits; blanks between them do not matter.")


@strawberry.type(description="The number is confirmed.")
class ConfirmPhonePayload:
    @strawberry.field(graphql_type=Me, description="Whose number it is.")
    def me(self, info: Info) -> Rows:
        return info.context.viewer.account


@strawberry.input(description="The code that requestPhoneRemoval has sent.")
class RemovePhoneInput:
    code: str = strawberry.field(description="Six digits; blanks between them do not matter.")


@strawberry.type(description="There is no number in the profile any more.")
class RemovePhonePayload:
    @strawberry.field(graphql_type=Me, description="Whose profile it is.")
    def me(self, info: Info) -> Rows:
        return info.context.viewer.account


RequestPhoneCodeResult = Annotated[
    RequestPhoneCodePayload | errors.PermissionDenied | errors.InvalidInput | errors.RateLimited,
    strawberry.union("RequestPhoneCodeResult", description="What asking for a code can come to."),
]
RequestPhoneRemovalResult = Annotated[
    RequestPhoneRemovalPayload | errors.PermissionDenied | errors.InvalidInput | errors.RateLimited,
    strawberry.union(
        "RequestPhoneRemovalResult", description="What asking for a code can come to."
    ),
]
ConfirmPhoneResult = Annotated[
    ConfirmPhonePayload | errors.PermissionDenied | errors.WrongCode | errors.CodeUnavailable,
    strawberry.union("ConfirmPhoneResult", description="What confirming can come to."),
]
RemovePhoneResult = Annotated[
    RemovePhonePayload | errors.PermissionDenied | errors.WrongCode | errors.CodeUnavailable,
    strawberry.union("RemovePhoneResult", description="What taking the number out can come to."),
]


@strawberry.type
class PhoneMutations:
    @strawberry.mutation(
        graphql_type=RequestPhoneCodeResult | None,
        extensions=guard(SignedIn()),
        description="Send a code to the viewer's unconfirmed number; earlier codes are dead.",
    )
    async def request_phone_code(self, info: Info) -> Rows:
        expires_at = await phones.request_code(info.context.viewer)
        return RequestPhoneCodePayload(expires_at=expires_at)

    @strawberry.mutation(
        graphql_type=RequestPhoneRemovalResult | None,
        extensions=guard(SignedIn()),
        description="Send a code to the viewer's confirmed number; earlier codes are dead.",
    )
    async def request_phone_removal(self, info: Info) -> Rows:
        expires_at = await phones.request_removal(info.context.viewer)
        return RequestPhoneRemovalPayload(expires_at=expires_at)

    @strawberry.mutation(
        graphql_type=ConfirmPhoneResult | None,
        extensions=guard(SignedIn()),
        metadata=TESTS_SECRET,
        description="Confirm the viewer's number with the code sent to it.",
    )
    async def confirm_phone(self, info: Info, input: Input[ConfirmPhoneInput]) -> Rows:
        await phones.confirm(info.context.viewer, input.code)
        return ConfirmPhonePayload()

    @strawberry.mutation(
        graphql_type=RemovePhoneResult | None,
        extensions=guard(SignedIn()),
        metadata=TESTS_SECRET,
        description="Take the viewer's confirmed number out, with the code sent to it.",
    )
    async def remove_phone(self, info: Info, input: Input[RemovePhoneInput]) -> Rows:
        await phones.remove(info.context.viewer, input.code)
        return RemovePhonePayload()
