"""Sending the provider's news."""

from typing import Annotated

import strawberry

from permissions.fields import Staff, guard
from resolvers import news
from schema import errors
from schema.arguments import Input
from schema.context import Info
from schema.enums import Locale
from schema.interfaces import Rows


@strawberry.input(description="The news in one language.")
class NewsTextInput:
    locale: Locale = strawberry.field(description="In which one.")
    subject: str = strawberry.field(description="One line of 200 characters at most.")
    body: str = strawberry.field(
        description="Plain text of 20,000 characters at most; an empty line begins a paragraph,"
        " and addresses become links."
    )


@strawberry.input(description="What to tell everybody who wants news.")
class SendNewsInput:
    texts: list[NewsTextInput] = strawberry.field(
        description="One for each language. Who reads none of them gets the English one, else the"
        " first."
    )


@strawberry.type(description="The news are on their way.")
class SendNewsPayload:
    recipients: int = strawberry.field(description="How many people they go to.")


SendNewsResult = Annotated[
    SendNewsPayload | errors.PermissionDenied | errors.InvalidInput,
    strawberry.union("SendNewsResult", description="What sending news can come to."),
]


@strawberry.type
class NewsMutations:
    @strawberry.mutation(
        graphql_type=SendNewsResult | None,
        extensions=guard(Staff()),
        description="Mail news to everybody who wants them; for the provider's staff.",
    )
    async def send_news(self, info: Info, input: Input[SendNewsInput]) -> Rows:
        texts = [news.Text(text.locale, text.subject, text.body) for text in input.texts]
        return SendNewsPayload(recipients=await news.send(info.context.viewer, texts))
