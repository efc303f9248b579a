"""The personal cabinet: what somebody changes of himself, and how he wants it."""

from typing import Annotated

import strawberry

from permissions.fields import SignedIn, guard
from resolvers import account_endings, preferences, profiles
from schema import errors
from schema.accounts import Me
from schema.arguments import Input, left_out, stays
from schema.context import Info
from schema.cost import TESTS_SECRET
from schema.enums import Locale
from schema.interfaces import Rows


@strawberry.input(description="What to change of oneself; what is left out stays.")
class UpdateProfileInput:
    full_name: str | None = strawberry.field(
        default=strawberry.UNSET, description="Refused to the first user of an ACCOUNT."
    )
    phone: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="In E.164, unconfirmed at first; null: none. A confirmed one is taken out with "
        "requestPhoneRemoval and removePhone.",
    )


@strawberry.type(description="The profile is as the input says.")
class UpdateProfilePayload:
    @strawberry.field(graphql_type=Me, description="The person.")
    def me(self, info: Info) -> Rows:
        return info.context.viewer.account


@strawberry.input(description="Settings to change; what is left out stays.")
class UpdateSettingsInput:
    locale: Locale | None = strawberry.field(
        default=strawberry.UNSET, description="The language of mails and messages; null: none."
    )
    rows_per_page: int | None = strawberry.field(
        default=strawberry.UNSET, description="1 to 500, kept for frontends; null: none."
    )
    wants_news: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Whether the provider's news are welcome."
    )
    wants_sms: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Whether a confirmed number gets SMS notices."
    )


@strawberry.type(description="The settings are as the input says.")
class UpdateSettingsPayload:
    @strawberry.field(graphql_type=Me, description="The person.")
    def me(self, info: Info) -> Rows:
        return info.context.viewer.account


@strawberry.input(description="Ending one's account, for good.")
class DeleteMyAccountInput:
    password: str = strawberry.field(description="The password, once more.")


@strawberry.type(description="The account is no more; what was personal of it is erased.")
class DeleteMyAccountPayload:
    user_id: strawberry.ID = strawberry.field(description="The id under which the audit knows it.")


UpdateProfileResult = Annotated[
    UpdateProfilePayload | errors.PermissionDenied | errors.InvalidInput | errors.ProviderOnly,
    strawberry.union("UpdateProfileResult", description="What editing oneself can come to."),
]
UpdateSettingsResult = Annotated[
    UpdateSettingsPayload | errors.PermissionDenied | errors.InvalidInput,
    strawberry.union("UpdateSettingsResult", description="What changing settings can come to."),
]
DeleteMyAccountResult = Annotated[
    DeleteMyAccountPayload
    | errors.PermissionDenied
    | errors.InvalidInput
    | errors.LastOwner
    | errors.ProviderOnly
    | errors.RateLimited,
    strawberry.union("DeleteMyAccountResult", description="What ending one's account comes to."),
]


@strawberry.type
class ProfileMutations:
    @strawberry.mutation(
        graphql_type=UpdateProfileResult | None,
        extensions=guard(SignedIn()),
        description="Change one's name, or a number that is not confirmed.",
    )
    async def update_profile(self, info: Info, input: Input[UpdateProfileInput]) -> Rows:
        await profiles.update(
            info.context.viewer, full_name=stays(input.full_name), phone=left_out(input.phone)
        )
        return UpdateProfilePayload()

    @strawberry.mutation(
        graphql_type=UpdateSettingsResult | None,
        extensions=guard(SignedIn()),
        description="Change how one wants it.",
    )
    async def update_settings(self, info: Info, input: Input[UpdateSettingsInput]) -> Rows:
        await preferences.update(
            info.context.viewer,
            locale=left_out(input.locale),
            rows_per_page=left_out(input.rows_per_page),
            wants_news=stays(input.wants_news),
            wants_sms=stays(input.wants_sms),
        )
        return UpdateSettingsPayload()

    @strawberry.mutation(
        graphql_type=DeleteMyAccountResult | None,
        extensions=guard(SignedIn()),
        metadata=TESTS_SECRET,
        description="End one's account; refused while one is the last owner of a tenant.",
    )
    async def delete_my_account(self, info: Info, input: Input[DeleteMyAccountInput]) -> Rows:
        user_id = await account_endings.end(info.context.viewer, password=input.password)
        info.context.cookie.drop()
        info.context.token = None
        return DeleteMyAccountPayload(user_id=strawberry.ID(user_id))
