"""Every answer a client has to handle is one that some test has got through the API."""

import pytest
from graphql import GraphQLUnionType

from server.graphql import SCHEMA

UNREACHED = {
    ("SignInResult", "SecondFactorRequired"): "second factors come with the personal cabinet",
}


def test_every_member_of_every_union_is_reached(
    request: pytest.FixtureRequest, reached: set[tuple[str, str]]
) -> None:
    """Runs last (see conftest.py); looks at what the whole suite has got."""
    if request.config.args_source is not request.config.ArgsSource.TESTPATHS:
        pytest.skip("only a run of the whole suite can tell")
    unions = [
        kind
        for kind in SCHEMA._schema.type_map.values()  # noqa: SLF001 Strawberry shows it nowhere
        if isinstance(kind, GraphQLUnionType)
    ]
    members = {(union.name, member.name) for union in unions for member in union.types}
    assert members - reached == set(UNREACHED)
