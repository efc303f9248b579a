-- What Tortoise's operations cannot say of large tables. Read by 0010_growth.py.

-- Over all tenants: for the worker, and what ends with its account.
create index users_who_want_news on users (id) where wants_news;
create index tenants_servicing_others on tenants (id) where servicing is not null;
drop index members_pending_by_address;
create index members_by_address on members (email_key) where status in ('PENDING', 'REMOVED');
create index webhook_endpoints_resting on webhook_endpoints (rests_until)
  where rests_until is not null;
create index webhook_deliveries_undelivered on webhook_deliveries (endpoint_id, state, id)
  where state <> 'DELIVERED';
create index member_imports_planned on member_imports (created_at) where state = 'PLANNED';
create index member_imports_applied on member_imports (finished_at) where state = 'APPLIED';

-- Searched by prefix, byte by byte as members are; and compared with an account's address, whose
-- order the index has to have.
alter table tenants alter column name_key type varchar(400) collate "C";
alter table tenant_blocks alter column email_key type varchar(254) collate "C";

-- A prepared statement has one plan for every tenant, made for one of the usual size. Where that has
-- a few rows, any index that begins with the tenant will do, and in a tenant of a million each
-- look-up would read them all. So in these tables PostgreSQL takes every tenant for a large one (ADR
-- 0045). Less so in those of which lists are read in the order of their ids: there it would rather
-- go through the ids of all tenants until it has enough.
do $$ declare of text; begin
  foreach of in array array[
    'members', 'invitations', 'audit_events', 'app_access', 'app_role_assignments', 'app_sessions',
    'tenant_blocks', 'outbox_entries'
  ]
  loop execute format('alter table %I alter tenant_id set (n_distinct = 20)', of); end loop;
end $$;
alter table apps alter tenant_id set (n_distinct = 1000);

-- Rights on one app are all of one tenant. Where tenant and app count as two conditions they seem to
-- find far fewer than they do, and a page of members who have a right reads all of them (ADR 0050).
create statistics app_access_of_apps (dependencies) on tenant_id, app_id from app_access;

-- At the commit each changed member is looked up by his key (ADR 0027), by a plan that the session
-- keeps. Made while there were few members it would read all of them, and again for each.
alter function stamp_members() set enable_seqscan = off;

-- How many members there are (ADR 0045). Whoever changes them holds the tenant, so nobody waits here.
create function count_members() returns trigger language plpgsql
as $$
begin
  insert into member_counts as c (id, tenant_id, status, role, number)
    select concat_ws(' ', tenant_id, status, role), tenant_id, status, role,
      case tg_op when 'INSERT' then count(*) else -count(*) end
    from changed group by tenant_id, status, role order by 1
  on conflict (id) do update set number = c.number + excluded.number;
  return null;
end
$$;
create trigger count_new after insert on members referencing new table as changed
  for each statement execute function count_members();
create trigger count_gone after delete on members referencing old table as changed
  for each statement execute function count_members();

create function count_moved_member() returns trigger language plpgsql
as $$
begin
  update member_counts set number = number - 1
    where id = concat_ws(' ', old.tenant_id, old.status, old.role);
  insert into member_counts as c (id, tenant_id, status, role, number)
    values (concat_ws(' ', new.tenant_id, new.status, new.role),
      new.tenant_id, new.status, new.role, 1)
  on conflict (id) do update set number = c.number + 1;
  return null;
end
$$;
create trigger count_changed after update on members
  for each row when ((old.tenant_id, old.status, old.role) <> (new.tenant_id, new.status, new.role))
  execute function count_moved_member();

select set_config('app.scope', 'system', true);
insert into member_counts (id, tenant_id, status, role, number)
  select concat_ws(' ', tenant_id, status, role), tenant_id, status, role, count(*)
  from members group by tenant_id, status, role;
select set_config('app.scope', '', true);

alter table member_counts enable row level security;
alter table member_counts force row level security;
create policy scope on member_counts using (tenant_id = any (scope_tenants()) or scope_is_wide());

-- Somebody may be in a thousand tenants. `= any (scope_tenants())` takes their list apart for each
-- row; this does so once a statement, and looks each row up in what it found.
do $$ declare
  found record;
  listed text := '= ANY (scope_tenants())';
  asked text := 'in (select unnest(scope_tenants()))';
begin
  for found in select tablename, policyname, qual, with_check from pg_policies
    where schemaname = 'public' and qual like '%scope_tenants()%' and qual not like '%EXISTS%'
  loop
    execute format('alter policy %I on %I using (%s)', found.policyname, found.tablename,
      replace(found.qual, listed, asked));
    if found.with_check is not null then
      execute format('alter policy %I on %I with check (%s)', found.policyname, found.tablename,
        replace(found.with_check, listed, asked));
    end if;
  end loop;
end $$;

-- And where a policy reads another table it does so by an index, for each row that the tenant itself
-- does not let pass. Without `offset 0`, which changes nothing else, PostgreSQL may read the whole of
-- that table first.
alter policy scope on tenants using (
  id in (select unnest(scope_tenants())) or scope_is_wide()
  or exists (
    select from members
    where members.tenant_id = tenants.id and members.user_id = scope_user()
      and members.status in ('JOINED', 'DISABLED')
    offset 0
  )
) with check (id in (select unnest(scope_tenants())) or scope_is_wide());
alter policy served_reads on tenants using (
  exists (
    select from servicings
    where servicings.tenant_id = tenants.id and servicings.ended_at is null
      and servicings.organization_id = any ((select scope_tenants())::text[])
    offset 0
  )
);
alter policy served_reads on subscriptions using (
  exists (
    select from servicings
    where servicings.tenant_id = subscriptions.tenant_id and servicings.ended_at is null
      and servicings.organization_id = any ((select scope_tenants())::text[])
    offset 0
  )
);
alter policy scope on users using (
  id = scope_user() or scope_is_wide()
  or exists (select from members where members.user_id = users.id offset 0)
);
alter policy scope on avatars using (
  user_id = scope_user() or scope_is_wide()
  or exists (select from users where users.id = avatars.user_id offset 0)
);

-- Of several policies PostgreSQL asks the one first whose name comes last.
alter policy served_reads on tenants rename to operators_read;
alter policy served_reads on subscriptions rename to operators_read;

-- The invitation behind a link is found by the link, those to one person by him: as one condition
-- with a `case` they were looked for among all. And the invitee by one index or the other: `coalesce`
-- counts as a function that tells of rows, which no index may be asked before the policy.
create or replace function offers(digest text, invitee text, at timestamptz)
returns table (
  invitation_id text, tenant_id text, tenant_name text, catalog text, member_id text, role text,
  email text, full_name text, login text, phone text, inviter_id text, inviter_name text,
  inviter_role text, inviter_grants text[], inviter_denials text[], servicing text[],
  created_at timestamptz, expires_at timestamptz, invitee_id text, locale text, apps jsonb
)
language plpgsql security definer set search_path = public, pg_temp
as $$
#variable_conflict use_column
declare
  before text := coalesce(current_setting('app.scope', true), '');
begin
  perform set_config('app.scope', 'system', true);
  return query select i.id::text, t.id::text, t.name::text, t.catalog::text, m.id::text,
    m.role::text, coalesce(m.email, v.email)::text, m.full_name::text, m.login::text,
    m.phone::text, u.id::text, u.full_name::text, own.role::text, own.grants, own.denials,
    t.servicing, i.created_at, i.expires_at, v.id::text, i.locale::text,
    coalesce((
      select jsonb_agg(jsonb_build_object('name', a.name, 'right', x.right) order by a.name, a.id)
      from app_access x join apps a on a.id = x.app_id
      where x.tenant_id = i.tenant_id and x.member_id = i.member_id
    ), '[]')
  from (
    select id from invitations where token_digest = digest
    union all
    select o.id from members p join invitations o on o.tenant_id = p.tenant_id and o.member_id = p.id
      where digest is null and p.status = 'PENDING' and p.user_id = invitee
    union all
    select o.id from users w join members p on p.email_key = w.email_key and p.status = 'PENDING'
      join invitations o on o.tenant_id = p.tenant_id and o.member_id = p.id
      where digest is null and w.id = invitee and w.email_verified_at is not null
        and p.user_id is distinct from invitee
  ) asked
    join invitations i on i.id = asked.id
    join members m on m.id = i.member_id
    join tenants t on t.id = i.tenant_id and t.deleted_at is null
    join users u on u.id = i.inviter_id
    left join users r on m.user_id is null and r.email_key = m.email_key
      and r.email_verified_at is not null
    left join users v on v.id = case when m.user_id is null then r.id else m.user_id end
    left join members own on own.tenant_id = i.tenant_id and own.user_id = i.inviter_id
      and own.status = 'JOINED'
  where i.state = 'PENDING' and i.expires_at > at and m.status = 'PENDING'
    and (digest is not null or not (
      exists (
        select from tenant_blocks b where b.tenant_id = i.tenant_id and b.user_id = invitee offset 0
      ) or exists (
        select from tenant_blocks b
        where b.tenant_id = i.tenant_id and b.email_key = v.email_key offset 0
      )
    ));
  perform set_config('app.scope', before, true);
end
$$;

-- By either of two indexes, where one condition on both read all that block the tenant.
create or replace function is_blocked(tenant text, invitee text, address text) returns boolean
language plpgsql security definer set search_path = public, pg_temp
as $$
declare
  before text := coalesce(current_setting('app.scope', true), '');
  found_block boolean;
begin
  perform set_config('app.scope', 'system', true);
  found_block := exists (
    select from tenant_blocks b where b.tenant_id = tenant and b.email_key = address
  ) or exists (
    select from tenant_blocks b where b.tenant_id = tenant and b.user_id = invitee
  ) or exists (
    select from tenant_blocks b where b.tenant_id = tenant and b.user_id = (
      select u.id from users u where u.email_key = address and u.email_verified_at is not null
    )
  );
  perform set_config('app.scope', before, true);
  return found_block;
end
$$;

-- As `coalesce`, `lower` counts as a function that tells of rows: what it makes is made first.
create or replace function tenant_offer(digest text, at timestamptz)
returns table (
  invitation_id text, organization_id text, organization_name text, organization_catalog text,
  servicing text[], tenant_name text, catalog text, locale text, email text, inviter_id text,
  inviter_name text, inviter_role text, inviter_grants text[], inviter_denials text[],
  expires_at timestamptz, invitee_id text
)
language plpgsql security definer set search_path = public, pg_temp
as $$
#variable_conflict use_column
declare
  before text := coalesce(current_setting('app.scope', true), '');
begin
  perform set_config('app.scope', 'system', true);
  return query select i.id::text, o.id::text, o.name::text, o.catalog::text, o.servicing,
    i.name::text, i.catalog::text, i.locale::text, i.email::text, u.id::text, u.full_name::text,
    own.role::text, own.grants, own.denials, i.expires_at, v.id::text
  from (
      select *, lower(email) as email_key from tenant_invitations where token_digest = digest offset 0
    ) i
    join tenants o on o.id = i.organization_id and o.deleted_at is null
    join users u on u.id = i.inviter_id
    join members own on own.tenant_id = o.id and own.user_id = u.id and own.status = 'JOINED'
    left join users v on v.email_key = i.email_key and v.email_verified_at is not null
  where i.state = 'PENDING' and i.expires_at > at;
  perform set_config('app.scope', before, true);
end
$$;
create or replace function account_link(digest text, at timestamptz)
returns table (email text, locale text, expires_at timestamptz)
language plpgsql security definer set search_path = public, pg_temp
as $$
#variable_conflict use_column
declare
  before text := coalesce(current_setting('app.scope', true), '');
begin
  perform set_config('app.scope', 'system', true);
  return query select l.email::text, coalesce(u.locale, l.facts ->> 'locale')::text, l.expires_at
  from (
      select *, lower(email) as email_key from account_links where token_digest = digest offset 0
    ) l left join users u on u.id = l.user_id
  where l.closed_at is null and l.expires_at > at
    and l.email is not null
    and not exists (
      select from users v
      where v.email_key = l.email_key and v.email_verified_at is not null
        and v.id is distinct from l.user_id
    );
  perform set_config('app.scope', before, true);
end
$$;

-- An attempt counts in several counters at once (ADR 0049): up to the first that is full, and all of
-- that in one trip.
create function add_to_counter(counter text, amount int, lifetime int, at timestamptz)
returns rate_limits language sql as $$
  insert into rate_limits as r (key, count, expires_at)
    values (counter, amount, at + lifetime * interval '1 second')
  on conflict (key) do update set
    count = case when r.expires_at <= at then excluded.count else r.count + excluded.count end,
    expires_at = case when r.expires_at <= at then excluded.expires_at else r.expires_at end
  returning r
$$;
create function count_attempt(counters text[], most int[], lifetimes int[], at timestamptz)
returns table (place int, seconds int) language plpgsql as $$
declare
  counted rate_limits;
begin
  for i in 1..cardinality(counters) loop
    counted := add_to_counter(counters[i], 1, lifetimes[i], at);
    if counted.count > most[i] then
      return query select i, greatest(1, ceil(extract(epoch from counted.expires_at - at)))::int;
      return;
    end if;
  end loop;
end
$$;

analyze;
