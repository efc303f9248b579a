"""The second factor of one's own account."""

from datetime import datetime
from typing import Annotated

import strawberry

from permissions.fields import SignedIn, guard
from resolvers import rows, second_factors
from schema import errors
from schema.accounts import Me
from schema.arguments import Input
from schema.context import Info
from schema.cost import TESTS_SECRET
from schema.interfaces import Rows, shown_from

_ONCE = "Ten, each good for one sign-in without the app; shown for this once."


@strawberry.type(description="An authenticator app that signing in asks for.")
@shown_from(rows.SecondFactor)
class SecondFactor:
    confirmed_at: datetime = strawberry.field(description="Since when.")
    recovery_codes_left: int = strawberry.field(description="How many have not been used yet.")


@strawberry.input(description="Who sets up a second factor.")
class EnrolSecondFactorInput:
    password: str = strawberry.field(description="The viewer's own, once more.")


@strawberry.type(description="What an authenticator app is to be given; shown for this once.")
class EnrolSecondFactorPayload:
    secret: str = strawberry.field(description="In base32, to be typed into the app.")
    uri: str = strawberry.field(description="The same as otpauth://, to be shown as a QR code.")


@strawberry.input(description="The proof that the app has the secret.")
class ConfirmSecondFactorInput:
    code: str = strawberry.field(description="Six digits that the app shows now.")


@strawberry.type(description="Signing in asks for a code from now on.")
class ConfirmSecondFactorPayload:
    recovery_codes: list[str] = strawberry.field(description=_ONCE)

    @strawberry.field(graphql_type=Me, description="The viewer.")
    def me(self, info: Info) -> Rows:
        return info.context.viewer.account


@strawberry.input(description="Who switches his second factor off.")
class DisableSecondFactorInput:
    password: str = strawberry.field(description="The viewer's own, once more.")
    code: str = strawberry.field(description="Of the authenticator app, or a recovery code.")


@strawberry.type(description="Signing in asks for the password alone again.")
class DisableSecondFactorPayload:
    @strawberry.field(graphql_type=Me, description="The viewer.")
    def me(self, info: Info) -> Rows:
        return info.context.viewer.account


@strawberry.input(description="Who wants new recovery codes.")
class RenewRecoveryCodesInput:
    password: str = strawberry.field(description="The viewer's own, once more.")
    code: str = strawberry.field(description="Of the authenticator app, or a recovery code.")


@strawberry.type(description="The recovery codes of before are dead.")
class RenewRecoveryCodesPayload:
    recovery_codes: list[str] = strawberry.field(description=_ONCE)

    @strawberry.field(graphql_type=Me, description="The viewer.")
    def me(self, info: Info) -> Rows:
        return info.context.viewer.account


EnrolSecondFactorResult = Annotated[
    EnrolSecondFactorPayload | errors.PermissionDenied | errors.InvalidInput | errors.RateLimited,
    strawberry.union("EnrolSecondFactorResult", description="What beginning can come to."),
]
ConfirmSecondFactorResult = Annotated[
    ConfirmSecondFactorPayload | errors.PermissionDenied | errors.InvalidInput | errors.RateLimited,
    strawberry.union("ConfirmSecondFactorResult", description="What confirming can come to."),
]
DisableSecondFactorResult = Annotated[
    DisableSecondFactorPayload | errors.PermissionDenied | errors.InvalidInput | errors.RateLimited,
    strawberry.union("DisableSecondFactorResult", description="What switching off can come to."),
]
RenewRecoveryCodesResult = Annotated[
    RenewRecoveryCodesPayload | errors.PermissionDenied | errors.InvalidInput | errors.RateLimited,
    strawberry.union("RenewRecoveryCodesResult", description="What renewing can come to."),
]


@strawberry.type
class SecondFactorMutations:
    @strawberry.mutation(
        graphql_type=EnrolSecondFactorResult | None,
        extensions=guard(SignedIn()),
        metadata=TESTS_SECRET,
        description="Set up an authenticator app; it counts once it is confirmed.",
    )
    async def enrol_second_factor(self, info: Info, input: Input[EnrolSecondFactorInput]) -> Rows:
        made = await second_factors.enrol(info.context.viewer, input.password)
        return EnrolSecondFactorPayload(secret=made.secret, uri=made.uri)

    @strawberry.mutation(
        graphql_type=ConfirmSecondFactorResult | None,
        extensions=guard(SignedIn()),
        metadata=TESTS_SECRET,
        description="Switch the second factor on, with a code of the app; ends no sessions.",
    )
    async def confirm_second_factor(
        self, info: Info, input: Input[ConfirmSecondFactorInput]
    ) -> Rows:
        codes = await second_factors.confirm(info.context.viewer, input.code)
        return ConfirmSecondFactorPayload(recovery_codes=codes)

    @strawberry.mutation(
        graphql_type=DisableSecondFactorResult | None,
        extensions=guard(SignedIn()),
        metadata=TESTS_SECRET,
        description="Switch the second factor off.",
    )
    async def disable_second_factor(
        self, info: Info, input: Input[DisableSecondFactorInput]
    ) -> Rows:
        await second_factors.disable(info.context.viewer, input.password, input.code)
        return DisableSecondFactorPayload()

    @strawberry.mutation(
        graphql_type=RenewRecoveryCodesResult | None,
        extensions=guard(SignedIn()),
        metadata=TESTS_SECRET,
        description="New recovery codes in place of the old ones.",
    )
    async def renew_recovery_codes(self, info: Info, input: Input[RenewRecoveryCodesInput]) -> Rows:
        codes = await second_factors.renew_recovery_codes(
            info.context.viewer, input.password, input.code
        )
        return RenewRecoveryCodesPayload(recovery_codes=codes)
