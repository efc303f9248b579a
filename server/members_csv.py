"""A tenant's members as CSV: one answer, as long as the list, for spreadsheets and for programs.

It is read page by page, each in a transaction of its own by the rights that hold by then, so that
nothing grows with the list. Whoever loses the right meanwhile finds the connection broken off: an
answer that ended well would pass for the whole list.
"""

import csv
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from io import StringIO

import structlog
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Send

import errors
from auth import viewer as viewers
from auth.quotas import Quota
from auth.viewer import Viewer
from models import MemberStatus
from permissions import checks, roles
from permissions.catalog import Permission
from resolvers import directory, member_filter, pages, rows
from schema import cost
from schema.context import Context
from schema.sentences import fault_message
from server import authentication, metering, refusals

COLUMNS = (
    "id",
    "status",
    "role",
    "fullName",
    "email",
    "login",
    "phone",
    "permissions",
    "maxSessions",
    "isFirstUser",
    "createdAt",
    "joinedAt",
    "updatedAt",
)
"""Named as the fields of `Member`; new ones are added at the end."""

BYTE_ORDER_MARK = "\ufeff"
_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
_HIDDEN = tuple("'\t\r\n")
_FILTERS = {"status", "role"}

_log = structlog.get_logger()


async def export(request: Request) -> Response:
    """`?status=` and `?role=` narrow, each as often as there are values."""
    context, told = authentication.context(request), _Told()
    context.meter = told
    tenant_id = request.path_params["tenant_id"]
    try:
        wanted = await _begin(context, tenant_id, request)
        first = await _page(context, tenant_id, wanted, None)
    except errors.Failure as failure:
        response = _refusal(context, failure)
    else:
        lines = _lines(context, tenant_id, wanted, first if request.method == "GET" else None)
        response = Export(lines, context, _named(tenant_id))
    response.headers.update(told.headers)
    return response


@dataclass
class _Told:
    """What an API key is told of its quota, until there is an answer to say it in."""

    headers: dict[str, str] = field(default_factory=dict)

    def say(self, quota: Quota) -> None:
        self.headers = metering.headers(quota)

    def refuse(self) -> None:
        """The answer says so."""


async def _begin(context: Context, tenant_id: str, request: Request) -> member_filter.Filter:
    """What is wanted, and may be; an API key has paid for all of it.

    Raises:
        errors.Failure
    """
    async with context.reading():
        checks.require_sees(context.viewer, tenant_id, Permission.MEMBERS_VIEW)
        wanted = _wanted(context.viewer, tenant_id, request)
        number = await directory.count(context.viewer, tenant_id, wanted)
    await context.charge(cost.points(number))
    return wanted


def _wanted(viewer: Viewer, tenant_id: str, request: Request) -> member_filter.Filter:
    given = request.query_params
    faults = [errors.FieldFault((name,), "INVALID") for name in sorted(set(given) - _FILTERS)]
    statuses, codes = given.getlist("status"), given.getlist("role")
    if not set(MemberStatus).issuperset(statuses):
        faults.append(errors.FieldFault(("status",), "INVALID"))
    place = viewer.place(tenant_id)
    if place is None or not set(roles.MATRIX[place.catalog]).issuperset(codes):
        faults.append(errors.FieldFault(("role",), "UNKNOWN"))
    if faults:
        raise errors.InvalidInput(faults)
    return member_filter.Filter(
        roles=codes or None, statuses=[MemberStatus(status) for status in statuses] or None
    )


async def _page(
    context: Context, tenant_id: str, wanted: member_filter.Filter, after: str | None
) -> pages.Page[rows.Member]:
    """By the rights that hold now."""
    window = pages.Window(pages.LARGEST_SIZE, after)
    async with context.reading():
        return await directory.page(context.viewer, tenant_id, window, wanted=wanted)


async def _lines(
    context: Context,
    tenant_id: str,
    wanted: member_filter.Filter,
    page: pages.Page[rows.Member] | None,
) -> AsyncIterator[str]:
    """As much of the file as a page holds, each time; raises what `_page` does.

    `page` is the first one; None where only the head of the answer is wanted.
    """
    yield BYTE_ORDER_MARK + _written([COLUMNS])
    while page is not None:
        yield _written(map(_cells, page.items))
        after = page.end_cursor if page.has_next_page else None
        page = await _page(context, tenant_id, wanted, after) if after else None


def _written(records: Sequence[Sequence[str]] | Iterator[list[str]]) -> str:
    """By RFC 4180."""
    text = StringIO()
    csv.writer(text).writerows(records)
    return text.getvalue()


def _cells(member: rows.Member) -> list[str]:
    """In the order of `COLUMNS`; what the viewer does not see is empty."""
    values = (
        member.id,
        member.status.value,
        member.role_code,
        member.full_name,
        member.email,
        member.login,
        member.phone,
        " ".join(member.permissions or ()),
        member.max_sessions,
        "true" if member.is_first_user else "false",
        _moment(member.created_at),
        _moment(member.joined_at),
        _moment(member.updated_at),
    )
    return ["" if value is None else harmless(str(value)) for value in values]


def _moment(at: datetime | None) -> str:
    return at.isoformat() if at else ""


def harmless(text: str) -> str:
    """Spreadsheets run what begins like a formula; behind an apostrophe it is text to them.

    Every other apostrophe at the beginning gets one as well: who reads takes one off.
    """
    begins_badly = text.lstrip().startswith(_FORMULA) or text.startswith(_HIDDEN)
    return f"'{text}" if begins_badly else text


def _named(tenant_id: str) -> dict[str, str]:
    """Of a file; the id is one of ours, since it was found."""
    return {
        "Content-Disposition": f'attachment; filename="members-{tenant_id}.csv"',
        "Cache-Control": "no-store",
    }


class Export(StreamingResponse):
    """Ends well, or not at all."""

    def __init__(
        self, lines: AsyncIterator[str], context: Context, headers: dict[str, str]
    ) -> None:
        super().__init__(
            lines,
            headers=headers,
            media_type="text/csv; charset=utf-8; header=present",
            background=BackgroundTask(_touch, context),
        )

    async def stream_response(self, send: Send) -> None:
        """Without a last message the server breaks the connection off."""
        try:
            await super().stream_response(send)
        except errors.Failure as failure:
            _log.warning("export.broken_off", code=failure.code)


async def _touch(context: Context) -> None:
    with suppress(errors.Failure):
        await viewers.touch(context.viewer)


def _refusal(context: Context, failure: errors.Failure) -> Response:
    if not isinstance(failure, errors.InvalidInput):
        return refusals.answer(failure, context.locale)
    said = [f"{fault.path[0]}: {fault_message(context.locale, fault)}" for fault in failure.faults]
    return refusals.answer(failure, context.locale, text=" ".join(said))


routes: list[BaseRoute] = [Route("/tenants/{tenant_id}/members.csv", export)]
