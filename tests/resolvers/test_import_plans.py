"""Planning an import of members (issue 7.3; ADR 0030)."""

from collections.abc import Callable
from typing import Any

import pytest

from models import Catalog, Tenant
from settings import Settings
from tests.clients import Person
from tests.factories import World
from tests.resolvers import app_steps, importing, steps
from tests.resolvers.importing import csv

pytestmark = pytest.mark.usefixtures("new_threads")

Configure = Callable[..., Settings]


async def planned_reasons(by: Person, tenant: Tenant, source: Any) -> list[list[str]]:
    return await importing.reasons(by, await importing.planned(by, tenant, source))


async def faults(by: Person, tenant: Tenant, source: Any) -> list[str]:
    """Why a file or list cannot be read: below `source`, `csv.what: CODE`."""
    answer = await importing.plan(by, tenant, source)
    assert answer["__typename"] == "InvalidInput", answer
    assert all(field["message"] for field in answer["fields"])
    return [f"{'.'.join(f['path'][1:])}: {f['code']}" for f in answer["fields"]]


async def test_planning_writes_nothing_but_the_plan(owner: Person, project: Tenant) -> None:
    """Nobody is invited, recorded or written to."""
    before = await steps.everything()
    answer = await importing.plan(owner, project, csv("ann@example.com,MANAGER", "ben,MANAGER"))
    shown = answer["memberImport"]
    assert (shown["state"], shown["total"], shown["startedAt"]) == ("PLANNED", 2, None)
    assert (shown["readyCount"], shown["refusedCount"], shown["invitedCount"]) == (1, 1, 0)
    assert await importing.work() == 0
    assert await steps.everything() == before


async def test_a_row_that_nothing_keeps_is_ready(owner: Person, project: Tenant) -> None:
    assert await planned_reasons(owner, project, csv("ann@example.com,MANAGER")) == [[]]


async def test_whoever_stands_in_a_row_before_is_a_duplicate_of_it(
    world: World, owner: Person, project: Tenant
) -> None:
    """CASES 70: in whatever case the address or login is written; also of a row that is refused."""
    await world.person("ada")
    rows = [
        {"email": "ann@example.com", "role": "KING"},
        {"login": "ada", "role": "MANAGER"},
        {"email": " ANN@Example.com", "role": "MANAGER"},
        {"login": "ADA", "role": "MANAGER"},
        {"email": "ada@example.com", "role": "MANAGER"},
    ]
    assert await planned_reasons(owner, project, rows) == [
        ["role: UNKNOWN"],
        [],
        ["DUPLICATE 1"],
        ["DUPLICATE 2"],
        [],
    ]


async def test_whoever_is_pending_joined_or_disabled_is_a_member_already(
    world: World, owner: Person, manager: Person, project: Tenant
) -> None:
    """PRODUCT 4; a login finds places by account, an address those by address."""
    await steps.invite(owner, project, "ann@example.com")
    gone = await steps.invite(owner, project, "gone@example.com")
    await owner.do("removeMember", {"memberId": gone.member_id})
    people = csv("ann@example.com,,MANAGER", ",MARK,MANAGER", "gone@example.com,,MANAGER")
    people = people.replace("email,role", "email,login,role")
    assert await planned_reasons(owner, project, people) == [
        ["ALREADY_MEMBER"],
        ["ALREADY_MEMBER"],
        [],
    ]


async def test_a_role_above_the_ceiling_is_refused(manager: Person, project: Tenant) -> None:
    """PRODUCT 2, rule 1."""
    rows = csv("ann@example.com,OWNER", "ben@example.com,manager")
    assert await planned_reasons(manager, project, rows) == [["ROLE_NOT_GRANTABLE"], []]


async def test_who_has_no_verified_address_cannot_be_what_needs_one(world: World) -> None:
    """PRODUCT 3.3: owners and administrators of a SUBSCRIBER."""
    tenant = await world.tenant(Catalog.SUBSCRIBER)
    owner = await world.join(tenant)
    await world.person("una", verified=False)
    rows = [{"login": "una", "role": "ADMINISTRATOR"}, {"login": "una", "role": "USER"}]
    assert await planned_reasons(owner, tenant, rows) == [["EMAIL_REQUIRED"], ["DUPLICATE 1"]]


async def test_the_default_role_is_that_of_an_invitation(world: World) -> None:
    """Contract: USER in SUBSCRIBER and ACCOUNT, none in PROJECT."""
    for catalog, said in ((Catalog.ACCOUNT, []), (Catalog.PROJECT, ["role: REQUIRED"])):
        tenant = await world.tenant(catalog)
        owner = await world.join(tenant)
        assert await planned_reasons(owner, tenant, [{"email": "ann@example.com"}]) == [said]


async def test_every_field_of_a_row_is_reported_with_its_code(
    owner: Person, project: Tenant
) -> None:
    """DESIGN 3, CASES 71 and 73: all at once, by their columns."""
    columns = "email,fullName,newcomer login,phone,role,locale,max sessions,apps"
    rows = csv(
        'mıke@example.org,http://evil,"two words",12,KING,xx,0,app_x=FLY app_x=LAUNCH',
        '"a@x.com,b@y.com",,,,MANAGER,,2.5,',
        ",Ann,,,MANAGER,,,",
        columns=columns,
    )
    assert await planned_reasons(owner, project, rows) == [
        [
            "email: INVALID",
            "fullName: INVALID",
            "newcomerLogin: INVALID",
            "phone: INVALID",
            "apps.0.right: INVALID",
            "locale: INVALID",
            "maxSessions: INVALID",
            "role: UNKNOWN",
            "apps.0.appId: UNKNOWN_APP",
            "apps.1.appId: UNKNOWN_APP",
        ],
        ["email: INVALID", "maxSessions: INVALID"],
        ["email: REQUIRED"],
    ]


async def test_who_is_invited_by_login_has_no_address_and_nothing_to_prefill(
    world: World, owner: Person, project: Tenant
) -> None:
    """As `inviteMember`, where the one excludes the other."""
    await world.person("ada")
    rows = [{"login": "ada", "email": "ada@example.com", "fullName": "Ada", "role": "MANAGER"}]
    assert await planned_reasons(owner, project, rows) == [
        ["fullName: NOT_ALLOWED", "login: NOT_ALLOWED"]
    ]


async def test_rights_on_apps_and_limits_are_refused_to_who_may_not_give_them(
    world: World, owner: Person, project: Tenant
) -> None:
    """PRODUCT 2: `apps:assign` and `members:limit`, each said; of another tenant's app as well."""
    app = await app_steps.create(owner, project)
    inviter = await world.join(
        project, "MANAGER", denials=["apps:assign", "members:limit", "apps:manage"]
    )
    row = {"email": "ann@example.com", "role": "MANAGER", "maxSessions": 2}
    rows = [row | {"apps": [{"appId": app, "right": "LAUNCH"}]}]
    assert await planned_reasons(inviter, project, rows) == [["PERMISSION_DENIED"] * 2]
    assert await planned_reasons(owner, project, rows) == [[]]
    elsewhere = await world.tenant()
    other = await world.join(elsewhere)
    assert await planned_reasons(other, elsewhere, rows) == [["apps.0.appId: UNKNOWN_APP"]]


async def test_unknown_logins_are_told_and_addresses_tell_nothing(
    world: World, owner: Person, project: Tenant
) -> None:
    """PRODUCT 3.1 and 3.2, CASES 84: also of an account that another tenant manages."""
    other = await world.tenant(name="Other")
    await world.person("registered")
    await world.person("kept", email=None, manager_id=other.id)
    people = [
        {"login": "nobody"},
        {"login": "kept"},
        {"email": "registered@example.com"},
        {"email": "unregistered@example.com"},
    ]
    rows = [one | {"role": "MANAGER"} for one in people]
    assert await planned_reasons(owner, project, rows) == [["NOT_FOUND"], ["NOT_FOUND"], [], []]


async def test_logins_count_as_invitations_of_who_plans(
    world: World, owner: Person, project: Tenant, configure: Configure
) -> None:
    """PRODUCT 3.2 and 3.11: they tell who exists; each once, and those over the limit wait."""
    configure(limit_invitations_per_inviter=("3/hour",))
    await world.person("ada")
    logins = ["ada", "a1", "ada", "a2", "a3"]
    rows = [{"login": login, "role": "MANAGER"} for login in logins]
    assert await planned_reasons(owner, project, rows) == [
        [],
        ["NOT_FOUND"],
        ["DUPLICATE 1"],
        ["NOT_FOUND"],
        ["RATE_LIMITED"],
    ]
    refused = await owner.do("inviteMember", steps.invitation(project))
    assert refused["__typename"] == "RateLimited"
    assert await planned_reasons(owner, project, rows[:1]) == [["RATE_LIMITED"]]
    assert await planned_reasons(owner, project, csv("ann@example.com,MANAGER")) == [[]]


async def test_reasons_are_said_in_the_viewers_language(world: World, project: Tenant) -> None:
    """PRODUCT 8."""
    owner = await world.join(project, "OWNER", await world.person("olga", locale="RU"))
    plan = await importing.planned(owner, project, csv("olga@example.com,"))
    [row] = await importing.rows(owner, plan)
    assert [reason["message"] for reason in row["reasons"]] == [
        "Заполните это поле.",
        "Этот человек уже есть в списке.",
    ]


FILES = {
    "commas": "email,role\nann@example.com,MANAGER\n",
    "semicolons": "email;role\nann@example.com;MANAGER\n",
    "tabs": "email\trole\nann@example.com\tMANAGER\n",
    "BOM and CRLF": "\ufeffemail;role\r\nann@example.com;MANAGER\r\n",
    "quotes": '"email","role"\n"ann@example.com","MANAGER"',
    "other order, other spelling": "Full name,ROLE,E-mail\n,manager,ann@example.com",
    "empty lines and columns": "\nemail,role,,\n,,,\nann@example.com,MANAGER,,\n\n",
    "short rows": "role,email,phone\nMANAGER,ann@example.com\n",
    "separators in quotes": 'email;full_name;role\nann@example.com;"Ann; Ant";MANAGER',
}


@pytest.mark.parametrize("file", FILES)
async def test_a_file_may_be_written_as_spreadsheets_do(
    owner: Person, project: Tenant, file: str
) -> None:
    """Issue 7.3."""
    [row] = await importing.rows(owner, await importing.planned(owner, project, FILES[file]))
    assert (row["number"], row["email"], row["role"].upper()) == (1, "ann@example.com", "MANAGER")
    assert row["state"] == "READY"


BAD_FILES = {
    "": ["csv.email: REQUIRED"],
    "email,role\n,\n": ["csv: REQUIRED"],
    "role\nMANAGER": ["csv.email: REQUIRED"],
    "email,password,email,Salary": [
        "csv.password: UNKNOWN_COLUMN",
        "csv.email: TWICE",
        "csv.Salary: UNKNOWN_COLUMN",
    ],
    "email,role\na@x.kz,b,c\nb@x.kz,\n,,d": ["csv.2: TOO_MANY_CELLS", "csv.4: TOO_MANY_CELLS"],
    'email,role\na@x.kz,"MAN"AGER\n': ["csv.2: INVALID"],
    'email,role\na@x.kz,"MAN': ["csv.2: INVALID"],
    'email,"role\n': ["csv.1: INVALID"],
    "email,role\na\0@x.kz,": ["csv: INVALID"],
    "email,role\na@x.kz,\nb@x.kz,\nc@x.kz,": ["csv: TOO_MANY_ROWS"],
}


@pytest.mark.parametrize("file", BAD_FILES)
async def test_a_file_that_cannot_be_read_is_refused_with_what_is_wrong_and_where(
    owner: Person, project: Tenant, file: str, configure: Configure
) -> None:
    """Issue 7.3: an unknown column by its name, anything else by its line; nothing is kept."""
    configure(import_rows=2)
    assert await faults(owner, project, file) == BAD_FILES[file]
    edges = await owner.ask(
        "query($id: ID!) { memberImports(tenantId: $id) { edges { node { id } } } }", id=project.id
    )
    assert edges["memberImports"]["edges"] == []


async def test_what_is_wrong_a_thousand_times_is_said_a_hundred_times(
    owner: Person, project: Tenant
) -> None:
    """A megabyte of nonsense is answered with little, and with no error of ours."""
    assert len(await faults(owner, project, ",".join(["?"] * 100_000))) == 101
    many = " ".join(f"app{n}" for n in range(10_000))
    plan = await importing.planned(owner, project, f"email,role,apps\nann@example.com,OWNER,{many}")
    [row] = await importing.rows(owner, plan)
    assert len(row["reasons"]) == 100
    assert await faults(owner, project, "email\n" + "x" * 200_000) == ["csv.2: INVALID"]


async def test_a_list_that_no_column_can_hold_is_refused(
    owner: Person, project: Tenant, configure: Configure
) -> None:
    """TRAPS 11: NUL, typed and with its place; lone surrogates do not pass the body (CASES 26)."""
    assert await faults(owner, project, []) == ["rows: REQUIRED"]
    app = [{"appId": "app\0", "right": "LAUNCH"}]
    rows = [{"email": "ann@example.com"}, {"email": "a\0", "fullName": "A\0", "apps": app}]
    assert await faults(owner, project, rows) == [
        "rows.1.email: INVALID",
        "rows.1.fullName: INVALID",
        "rows.1.apps: INVALID",
    ]
    configure(import_rows=1)
    assert await faults(owner, project, rows) == ["rows: TOO_MANY_ROWS"]
    body = '{"query": "{ me }", "variables": {"csv": "\\ud800"}}'
    answer = await owner.client.http.post(
        "/graphql", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 400


async def test_a_lone_surrogate_in_a_document_is_refused(owner: Person, project: Tenant) -> None:
    """CASES 26, where the request itself names it by an escape."""
    answer = await owner.client.execute(
        "mutation($id: ID!) { planMemberImport(input: { tenantId: $id, source:"
        ' { rows: [{ email: "x", fullName: "\\uD800" }] } }) { __typename } }',
        id=project.id,
    )
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_what_is_typed_is_kept_as_it_is_and_never_computed_with(
    owner: Person, project: Tenant
) -> None:
    """Issue 7.3: formulas are names, markup is text."""
    for name in ("=1+1", "@SUM(A1)", "+7", "<b>Ann</b>", "'; drop table members; --", "{{ 7*7 }}"):
        given = [{"email": "ann@example.com", "role": "MANAGER", "fullName": name}]
        [row] = await importing.rows(owner, await importing.planned(owner, project, given))
        assert (row["fullName"], row["state"]) == (name, "READY")


async def test_a_plan_costs_as_many_statements_whatever_its_size(
    world: World, owner: Person, project: Tenant, configure: Configure, statements: list[str]
) -> None:
    """Issue 7.3; logins, addresses and apps are looked up together."""
    configure(limit_invitations_per_inviter=("1000/hour",))
    app = await app_steps.create(owner, project)
    await world.person("ada")
    counts = []
    for size in (1, 100):
        rows = [
            one | {"role": "MANAGER", "apps": [{"appId": app, "right": "LAUNCH"}]}
            for n in range(size)
            for one in ({"login": f"ada{n}"}, {"email": f"ann{n}@example.com"}, {"login": "ada"})
        ]
        statements.clear()
        await importing.planned(owner, project, rows)
        counts.append(len(statements))
    assert counts[0] == counts[1]


async def test_plans_are_counted(owner: Person, project: Tenant, configure: Configure) -> None:
    """Each is a burst of work."""
    configure(limit_import_plans="1/hour")
    for expected in ("PlanMemberImportPayload", "RateLimited"):
        answer = await importing.plan(owner, project, csv("ann@example.com,MANAGER"))
        assert answer["__typename"] == expected


async def test_ten_thousand_rows_fit_into_a_request(owner: Person, project: Tenant) -> None:
    """Issue 7.3: the body is at most 1 MiB, as everywhere."""
    file = csv(
        *[f"somebody.{n:05}@department.example.com;Somebody {n:05};MANAGER" for n in range(10_000)],
        columns="email;fullName;role",
    )
    answer = await importing.plan(owner, project, file)
    assert answer["memberImport"]["readyCount"] == 10_000
