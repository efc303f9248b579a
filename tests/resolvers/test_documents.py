"""Registering documents (issue 7.6, ADR 0032)."""

import hashlib

import pytest

import errors
from resolvers import documents

pytestmark = pytest.mark.usefixtures("world")

ME, TENANTS = "{ me { login } }", "{ tenants { totalCount } }"
HEX = hashlib.sha256(ME.encode()).hexdigest()


async def refusal(**given: str) -> dict[str, str]:
    """The reasons, by id."""
    with pytest.raises(documents.Refused) as refused:
        await documents.add(given)
    return {fault.id: fault.reason for fault in refused.value.faults}


async def test_a_registered_document_is_found_by_both_forms_of_its_id() -> None:
    """GraphQL over HTTP, appendix A: `sha256:` before the hex."""
    assert await documents.add({f"sha256:{HEX}": ME, "tenants-1": TENANTS}) == 2
    assert await documents.find(HEX) == await documents.find(f"sha256:{HEX}") == ME
    assert await documents.find("tenants-1") == TENANTS
    assert [each.id for each in await documents.listed()] == sorted([HEX, "tenants-1"])


async def test_adding_again_does_nothing() -> None:
    await documents.add({HEX: ME})
    assert await documents.add({f"sha256:{HEX}": ME, HEX: ME}) == 0
    assert await documents.add({f"sha256:{HEX}": ME, "me": ME}) == 1


async def test_a_digest_is_that_of_its_document() -> None:
    assert await refusal(**{HEX: TENANTS}) == {HEX: "the id is not the SHA-256 of the document"}


async def test_an_id_never_stands_for_another_document() -> None:
    await documents.add({"me": ME})
    assert await refusal(me=TENANTS, other=TENANTS) == {"me": "the id stands for another document"}
    assert [each.id for each in await documents.listed()] == ["me"]


async def test_one_file_gives_an_id_once() -> None:
    """Both forms of it are one id."""
    given = {f"sha256:{HEX}": ME, HEX: ME + " "}
    assert list(await refusal(**given)) == [HEX]


@pytest.mark.parametrize("id_", ["", "a b", "md5:x", "sha256:x", "sha256:" + "A" * 64, "x" * 129])
async def test_ids_are_those_of_the_appendix(id_: str) -> None:
    assert list(await refusal(**{id_: ME})) == [id_]
    with pytest.raises(errors.DocumentNotFound):
        await documents.find(id_)


async def test_ids_of_ones_own_method_begin_with_x() -> None:
    await documents.add({"x-portal:me.1": ME})
    assert await documents.find("x-portal:me.1") == ME


async def test_a_removed_document_is_not_found() -> None:
    await documents.add({HEX: ME})
    await documents.remove(f"sha256:{HEX}")
    for wanting in (documents.find, documents.remove):
        with pytest.raises(errors.DocumentNotFound):
            await wanting(HEX)
