import asyncpg

from bench import data

TENANTS, MEMBERS = 3, 60


async def test_a_page_of_the_data_has_fifty_members_with_three_rights_each(
    rival: asyncpg.Connection,
) -> None:
    await data.fill(rival, tenants=TENANTS, members=MEMBERS)
    counted = await rival.fetch(
        "select member_id, count(*) from app_access x join apps a using (tenant_id)"
        " where x.app_id = a.id and tenant_id = $1 group by member_id order by member_id limit 50",
        data.identity("ten", 2),
    )
    assert [row["count"] for row in counted] == [data.RIGHTS] * 50
    assert counted[0]["member_id"] == data.identity("mem", MEMBERS + 1)


async def test_the_owner_of_each_tenant_has_a_session_and_nobody_else(
    rival: asyncpg.Connection,
) -> None:
    await data.fill(rival, tenants=TENANTS, members=MEMBERS)
    owners = [(t - 1) * MEMBERS + 1 for t in range(1, TENANTS + 1)]
    found = await rival.fetch("select user_id from sessions order by user_id")
    assert [row["user_id"] for row in found] == [data.identity("usr", owner) for owner in owners]
    for owner in owners:
        assert await rival.fetchval(
            "select role from members m join sessions s using (user_id)"
            " where token_digest = encode(sha256(convert_to($1, 'utf8')), 'hex')",
            data.token(owner),
        ) == "OWNER"  # fmt: skip


async def test_an_offer_is_made_by_another_tenant_to_somebody_with_a_session(
    rival: asyncpg.Connection,
) -> None:
    """Twice around: nobody is invited by a tenant that he is in, nor twice by one."""
    people = TENANTS * MEMBERS
    await data.fill(rival, tenants=TENANTS, members=MEMBERS)
    await data.offer(rival, 2 * people, tenants=TENANTS, members=MEMBERS)
    for number in (1, people, people + 1, 2 * people):
        invited = data.identity("usr", data.invited(number, people=people))
        offers = await rival.fetch("select invitation_id from offers(null, $1, now())", invited)
        assert data.identity("inv", number) in [row["invitation_id"] for row in offers]
    assert await rival.fetchval("select count(*) from sessions") == people
    assert await rival.fetchval(
        "select count(*) from members m join users u on u.email_key = m.email_key"
        " join members own on own.user_id = u.id and own.tenant_id = m.tenant_id"
        " where m.status = 'PENDING'"
    ) == 0  # fmt: skip
