"""What a client that is wrong is not told: names of the schema, and the values that were sent (ADR
0038).
"""

import json
import re
from typing import Any

import pytest

from tests import asking
from tests.clients import Client, Person
from tests.factories import World

JSON = "application/json"


MISSPELT = {
    "field": ("{ me { logi } }", "login"),
    "argument": ('{ tenant(i: "a") { id } }', "id"),
    "type": ("{ me { ... on Mee { login } } }", "Me"),
    "enum value": ("{ tenants(filter: {catalogs: [PROJEC]}) { totalCount } }", "PROJECT"),
    "enum value as text": ('{ tenants(filter: {catalogs: ["PROJEC"]}) { totalCount } }', ""),
    "input field": ('mutation { signIn(input: {logi: "a"}) { __typename } }', "login"),
    "directive": ("{ me @skp(if: true) { login } }", ""),
    "directive's argument": ("{ me @skip(i: true) { login } }", "if"),
    "variable's type": (
        "mutation($a: SignInInpt!) { signIn(input: $a) { __typename } }",
        "SignInInput",
    ),
    "type of a fragment": ("{ node(id: 1) { login } }", ""),
}


@pytest.mark.usefixtures("production")
async def test_who_may_not_explore_gets_no_hints(
    anonymous: Client, accountant: Person, owner: Person, world: World
) -> None:
    """CASES 18: decided for each viewer, of one process; over HTTP and in events alike."""
    for document, meant in MISSPELT.values():
        for client in (anonymous, accountant.client, world.client("nonsense")):
            for accept in (JSON, "text/event-stream"):
                told = (await asking.answer(client, document, accept)).text
                assert "BAD_USER_INPUT" in told or "QUERY" in told, told
                assert "Did you mean" not in told, document
        if meant:
            told = json.dumps((await owner.client.execute(document))["errors"])
            assert "Did you mean" in told, document
            assert f"'{meant}'" in told, document


@pytest.mark.usefixtures("production")
async def test_variables_give_no_hints_in_production(anonymous: Client, owner: Person) -> None:
    """CASES 18: they are looked at when nobody has been looked up."""
    query = "query($filter: TenantFilter) { tenants(filter: $filter) { totalCount } }"
    for client in (anonymous, owner.client):
        for name, given in (("catalog", []), ("catalogs", ["PROJEC"])):
            told = json.dumps(await client.execute(query, filter={name: given}))
            assert "BAD_USER_INPUT" in told
            assert "Did you mean" not in told


async def test_everybody_gets_hints_in_development(anonymous: Client) -> None:
    for document, meant in MISSPELT.values():
        assert meant in json.dumps((await anonymous.execute(document))["errors"])
    query = "query($filter: TenantFilter) { tenants(filter: $filter) { totalCount } }"
    told = (await anonymous.execute(query, filter={"catalog": []}))["errors"][0]["message"]
    assert told.endswith("unknown field 'catalog'. Did you mean 'catalogs'?")


SECRET = "correct-horse-battery-staple"
NUMBER = "31415926535"
WRONG_VALUES = {
    "a field too many": {"login": "a", "password": SECRET, "role": "OWNER"},
    "a field too few": {"password": SECRET},
    "a list": {"login": "a", "password": [SECRET]},
    "an object": {"login": "a", "password": {"value": SECRET}},
    "a number": {"login": "a", "password": int(NUMBER)},
    "no such transport": {"login": "a", "password": "b", "transport": SECRET},
    "a text": SECRET,
    "a text in a list": [SECRET],
    "a hint inside": {"login": "a", "password": SECRET, f"x' found {SECRET}": SECRET},
}


@pytest.mark.parametrize("given", WRONG_VALUES.values(), ids=WRONG_VALUES.keys())
@pytest.mark.parametrize("way", ["variable", "literal"])
async def test_a_wrong_value_is_not_repeated(
    anonymous: Client, capsys: pytest.CaptureFixture[str], given: Any, way: str
) -> None:
    """TRAPS 16, CASES 82: neither in the answer nor in what is logged; its type is named."""
    query, variables = "mutation($input: SignInInput!) {", {"input": given}
    asked = "signIn(input: $input) { __typename } }"
    if way == "literal":
        text = re.sub(r'"([a-zA-Z]+)":', r"\1:", json.dumps(given))
        text = re.sub(r'"x\' found .*?":', "extra:", text)
        query, variables, asked = "mutation {", {}, asked.replace("$input", text)
    told = (await anonymous.post(query + asked, **variables)).text
    logged = capsys.readouterr()
    assert "BAD_USER_INPUT" in told
    assert re.search("SignInInput|String|SessionTransport", told), told
    for text in (told, logged.out, logged.err):
        assert SECRET not in text.replace(f"x' found {SECRET}", "")
        assert NUMBER not in text


async def test_a_text_where_none_belongs_is_not_repeated(anonymous: Client) -> None:
    """TRAPS 16."""
    for document in (
        f'mutation {{ signIn(input: {{password "{SECRET}"}}) {{ __typename }} }}',
        f'"{SECRET}"',
        f'{{ me "{SECRET}" }}',
        f'{{ me(a: """x" {SECRET}""" """{SECRET}""") }}',
    ):
        told = (await anonymous.post(document)).text
        assert "Syntax Error" in told
        assert SECRET not in told


async def test_a_sentence_that_nobody_knows_is_not_told(anonymous: Client) -> None:
    """What another version of the library may say: rather nothing than a secret."""
    query = "query($at: DateTime) { auditEvents(before: $at) { __typename } }"
    assert SECRET not in json.dumps(await anonymous.execute(query, at=SECRET))
