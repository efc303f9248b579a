"""What operations may cost (issue 7.2, ADR 0029): points, weighed before anything is read."""

import time
from typing import Any

import pytest
from graphql import parse, validate

from schema import cost
from server.graphql import SCHEMA

NESTED = '{ members(tenantId: "t", %s) { edges { node { %s { pageInfo { hasNextPage } } } } } }'
CORE = SCHEMA._schema  # noqa: SLF001 Strawberry offers no other way


def points(document: str, *, checked: bool = True, **variables: Any) -> int:
    """Of the only operation of a document."""
    parsed = parse(document)
    if checked:
        assert validate(CORE, parsed) == []
    found = cost.Scales(CORE, parsed, variables).every()[0]
    return cost.points(found.rows, fields=found.paid)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("{ viewer { __typename } }", 1),
        ("{ viewer { __typename } me { user { id } } }", 2),
        ("{ __typename }", 1),
        ("{ __schema { types { name } } }", 1),
        ('{ members(tenantId: "t") { totalCount } }', 2),
        ('{ members(tenantId: "t", first: 100) { edges { node { id } } } }', 2),
        ('{ a: members(tenantId: "t") { totalCount } b: tenants { totalCount } }', 3),
        (NESTED % ("first: 100", "appAccess"), 1 + 51),
        (NESTED % ("first: 100", "appAccess(first: 100)"), 1 + 101),
        (NESTED % ("last: 100", "role { code } appAccess(first: 100)"), 1 + 101),
        ('{ memberChanges(tenantId: "t", first: 100) { edges { node { memberId } } } }', 2),
        ('mutation { removeMember(input: {memberId: "m"}) { __typename } }', 1),
        ('mutation { signIn(input: {login: "a", password: "b"}) { __typename } }', 1 + 5),
        ('subscription { memberChanged(tenantId: "t") { memberId } }', 1),
    ],
)
def test_a_root_field_is_a_point_and_so_are_a_hundred_rows(query: str, wanted: int) -> None:
    """docs/api.md: 50 rows where the size is left out, those inside another connection times it."""
    assert points(query) == wanted


def test_sizes_are_read_from_variables_and_their_defaults() -> None:
    query = """query($n: Int = 100) { members(tenantId: "t", first: $n) { edges { node {
      appAccess(first: $n) { pageInfo { hasNextPage } } } } } }"""
    assert points(query) == 102
    assert points(query, n=10) == 1 + 2
    assert points(query, n=None) == 1 + 26
    assert points(query, n=100.0) == 102  # JSON's way to write 100


@pytest.mark.parametrize("size", [-5, 0, 101, 2**31 - 1])
def test_a_size_that_no_page_has_is_weighed_as_the_nearest_that_one_has(size: int) -> None:
    """The field refuses it; neither gain nor overflow comes of it."""
    query = 'query($n: Int) { members(tenantId: "t", first: $n) { totalCount } }'
    assert points(query, n=size) == 2


def test_what_is_left_out_costs_nothing() -> None:
    query = """query($all: Boolean!) {
      viewer { __typename }
      members(tenantId: "t") @include(if: $all) { totalCount }
      ... on Query @skip(if: true) { tenants { totalCount } }
      ...Apps @include(if: $all)
    } fragment Apps on Query { apps(tenantId: "t") { totalCount } }"""
    assert points(query, all=False) == 1
    assert points(query, all=True) == 3 + 1


def test_a_fragment_costs_as_much_as_what_stands_in_it() -> None:
    query = """{ ...Root } fragment Root on Query { members(tenantId: "t", first: 100) {
      edges { node { ...Person } } } }
      fragment Person on Member { ... on Node { id } appAccess { pageInfo { hasNextPage } } }"""
    assert points(query) == 1 + 51
    through_interface = """{ node(id: "x") { id ... on Tenant { members(first: 100) {
      totalCount } } } }"""
    assert points(through_interface) == 2


def test_fragments_are_never_expanded() -> None:
    """TRAPS 13: each doubles the one before; expanded this would be 2**60 selections."""
    chain = " ".join(
        f"fragment F{n} on Query {{ a{n}: __typename ...F{n + 1} ...F{n + 1} }}" for n in range(60)
    )
    leaf = 'fragment F60 on Query { members(tenantId: "t", first: 100) { totalCount } }'
    begun = time.process_time()
    assert points(f"{{ ...F0 }} {chain} {leaf}", checked=False) > 10**6
    assert time.process_time() - begun < 5  # not for ever


def test_depth_does_not_overflow() -> None:
    """What is beyond any quota need not be told apart."""
    nested = "id"
    for _ in range(12):
        nested = f"tenant {{ members(first: 100) {{ edges {{ node {{ {nested} }} }} }} }}"
    query = f'{{ members(tenantId: "t") {{ edges {{ node {{ {nested} }} }} }} }}'
    assert 10**6 < points(query) < 10**9


def test_a_cycle_ends_where_validation_has_not_been() -> None:
    query = (
        "{ ...A } fragment A on Query { viewer { __typename } ...B } fragment B on Query { ...A }"
    )
    assert points(query, checked=False) == 1


def test_of_several_operations_the_points_are_those_of_the_one_that_is_meant() -> None:
    query = """query A($n: Int = 100) { tenants(first: $n) { totalCount } }
      query B($n: Int = 1) { ...C ...C }
      fragment C on Query { tenants(first: $n) { totalCount } }"""
    for name, rows in (("A", 100), ("B", 2), (None, 100)):
        scales = cost.Scales(CORE, parse(query), {}, name)
        assert scales.every()[0].rows == rows


@pytest.mark.parametrize(
    "document",
    [
        "{ ...Nowhere }",
        "fragment A on Nowhere { a } fragment A on Query { b }",
        "{ tenants(first: $n) { nothing { here } } }",
        '{ tenants(first: "x", last: {a: 1}) @skip { totalCount } }',
        "{ tenants(first: " + "9" * 5_000 + ") { totalCount } }",
        "subscription { a @include(if: 1) { b } }",
        "type A { b: C }",
        "extend schema @a",
    ],
)
def test_what_makes_no_sense_is_weighed_without_a_fuss(document: str) -> None:
    """Nothing has validated it yet."""
    found = cost.Scales(CORE, parse(document)).every()
    assert all(each.rows <= 100 for each in found)
