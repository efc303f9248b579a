"""Tariffs: what the provider offers to subscribe to."""

from typing import Annotated

import strawberry

from permissions.fields import Caller, Staff, guard
from resolvers import pages, tariffs
from schema import connections, errors
from schema.arguments import After, Before, First, Input, Last
from schema.connections import Connection
from schema.context import Info
from schema.interfaces import Node, Rows, shown_from


@strawberry.type(description="What a tariff is called, in each language.")
@shown_from(tariffs.Names)
class TariffNames:
    en: str = strawberry.field(description="In English.")
    ru: str = strawberry.field(description="In Russian.")
    kk: str = strawberry.field(description="In Kazakh.")


@strawberry.type(description="An app that comes with a tariff.")
@shown_from(tariffs.Included)
class TariffApp:
    code: str = strawberry.field(description="What all tariffs call it that include it.")
    name: str = strawberry.field(description="Its name for people, until the tenant renames it.")


@strawberry.type(description="What a tenant can be subscribed to.")
@shown_from(tariffs.Tariff)
class Tariff(Node):
    code: str = strawberry.field(description="What to subscribe to it by; it stays.")
    names: TariffNames = strawberry.field(description="Its name, in each language.")
    months: int = strawberry.field(description="Its period; it stays.")
    is_offered: bool = strawberry.field(description="Tenants can be subscribed to it.")
    apps: list[TariffApp] = strawberry.field(description="The apps it includes, by code.")

    @strawberry.field(description="Its name in the viewer's language.")
    def name(parent: strawberry.Parent[tariffs.Tariff], info: Info) -> str:
        return parent.names.of(info.context.locale)


@strawberry.type
class TariffQueries:
    @strawberry.field(
        graphql_type=Connection[Tariff] | None,
        extensions=guard(Caller()),
        description="What the provider offers; staff see what it offered once as well.",
    )
    async def tariffs(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Rows:
        viewer, window = info.context.viewer, pages.Window(first, after, last, before)
        return connections.of(await tariffs.page(viewer, window))


@strawberry.input(description="What a tariff is called; each is 1 to 200 characters.")
class TariffNamesInput:
    en: str = strawberry.field(description="In English.")
    ru: str = strawberry.field(description="In Russian.")
    kk: str = strawberry.field(description="In Kazakh.")


@strawberry.input(description="An app that comes with a tariff.")
class TariffAppInput:
    code: str = strawberry.field(
        description="1 to 64 of a-z 0-9 -; tariffs that include the same app use the same."
    )
    name: str = strawberry.field(description="Its name for people.")
    url: str | None = strawberry.field(default=None, description="An http or https address.")


@strawberry.input(description="A new tariff. What it includes and its period stay as they are.")
class CreateTariffInput:
    code: str = strawberry.field(description="1 to 64 of a-z 0-9 - and no other tariff's.")
    names: TariffNamesInput = strawberry.field(description="What it is called.")
    months: int = strawberry.field(description="Its period, 1 to 120.")
    apps: list[TariffAppInput] = strawberry.field(description="What it includes; 1 to 50.")


@strawberry.type(description="Tenants can be subscribed to the tariff.")
class CreateTariffPayload:
    tariff: Rows = strawberry.field(graphql_type=Tariff, description="The new tariff.")


@strawberry.input(description="What to change of a tariff; what is left out stays.")
class UpdateTariffInput:
    tariff_id: strawberry.ID = strawberry.field(description="Which tariff.")
    names: TariffNamesInput | None = strawberry.field(
        default=None, description="What it is called from now on."
    )
    is_offered: bool | None = strawberry.field(
        default=None, description="False: nobody is subscribed to it any more; who is keeps it."
    )


@strawberry.type(description="The tariff is as the input says.")
class UpdateTariffPayload:
    tariff: Rows = strawberry.field(graphql_type=Tariff, description="The tariff.")


CreateTariffResult = Annotated[
    CreateTariffPayload | errors.PermissionDenied | errors.InvalidInput,
    strawberry.union("CreateTariffResult", description="What making a tariff can come to."),
]
UpdateTariffResult = Annotated[
    UpdateTariffPayload | errors.PermissionDenied | errors.NotFound | errors.InvalidInput,
    strawberry.union("UpdateTariffResult", description="What changing a tariff can come to."),
]


@strawberry.type
class TariffMutations:
    @strawberry.mutation(
        graphql_type=CreateTariffResult | None,
        extensions=guard(Staff()),
        description="Offer a new tariff, as the provider's ADMIN.",
    )
    async def create_tariff(self, info: Info, input: Input[CreateTariffInput]) -> Rows:
        included = [tariffs.Included(app.code, app.name, app.url) for app in input.apps]
        made = await tariffs.create(
            info.context.viewer,
            code=input.code,
            names=_names(input.names),
            months=input.months,
            apps=included,
        )
        return CreateTariffPayload(tariff=made)

    @strawberry.mutation(
        graphql_type=UpdateTariffResult | None,
        extensions=guard(Staff()),
        description="Rename a tariff, withdraw it or offer it again, as the provider's ADMIN.",
    )
    async def update_tariff(self, info: Info, input: Input[UpdateTariffInput]) -> Rows:
        changed = await tariffs.update(
            info.context.viewer,
            input.tariff_id,
            names=_names(input.names) if input.names else None,
            is_offered=input.is_offered,
        )
        return UpdateTariffPayload(tariff=changed)


def _names(given: TariffNamesInput) -> tariffs.Names:
    return tariffs.Names(given.en, given.ru, given.kk)
