-- What Tortoise's operations cannot say of API keys, the feed of members, imports, webhooks,
-- registered documents and idempotency keys. Read by 0009_portals.py.

alter table outbox_entries drop constraint outbox_entries_channel;
alter table outbox_entries
  add constraint outbox_entries_channel check (channel in ('MAIL', 'SMS', 'APP', 'WEBHOOK'));
create index if not exists outbox_entries_given_up on outbox_entries (channel, finished_at)
  where state in ('BOUNCED', 'FAILED');
alter table api_keys
  add constraint api_keys_permissions check (cardinality(permissions) > 0);
alter table member_imports
  add constraint member_imports_state check (state in ('PLANNED', 'APPLYING', 'APPLIED'));
alter table member_import_rows
  add constraint member_import_rows_state
    check (state in ('READY', 'REFUSED', 'INVITED', 'FAILED'));
alter table webhook_endpoints
  add constraint webhook_endpoints_disabled check ((disabled_at is null) = (disabled_reason is null));
alter table webhook_deliveries
  add constraint webhook_deliveries_state check (state in ('QUEUED', 'DELIVERED', 'FAILED'));

-- The order in which a tenant's members change (ADR 0027). A change leaves the mark 0 on its member;
-- when all is done, at the commit, whoever has left marks holds the feeds of those tenants and gives
-- the numbers: one only once every smaller one of that tenant is to be seen by all, or was taken
-- back. The feeds are the last locks that a transaction takes, so nobody who holds one waits for
-- anything but another feed; and those are taken in one order.
create sequence member_revisions;
create function feed_of(tenant text) returns bigint language sql immutable
  return hashtextextended('feed:' || tenant, 0);
create index members_unstamped on members (tenant_id) where revision = 0;

select set_config('app.scope', 'system', true);
update members set revision = nextval('member_revisions');

-- What is written again as it was is no change.
create function mark_member() returns trigger language plpgsql
as $$
begin
  if tg_op = 'INSERT' then
    new.revision := 0;
  elsif new is not distinct from old then
    return new;
  elsif new.revision = old.revision then
    new.revision := 0;
  end if;
  new.updated_at := clock_timestamp();
  return new;
end
$$;
create trigger mark before insert or update on members
  for each row execute function mark_member();

-- For the first of a transaction's members, who then finds all of them. The others look themselves
-- up by key alone: the index of the unstamped is full of what the first has just left.
create function stamp_members() returns trigger
language plpgsql security definer set search_path = public, pg_temp
as $$
declare
  before text := coalesce(current_setting('app.scope', true), '');
begin
  perform set_config('app.scope', 'system', true);
  if (select revision = 0 from members where id = new.id) then
    perform pg_advisory_xact_lock(feed) from (
      select distinct feed_of(tenant_id) as feed from members where revision = 0 order by 1
    ) feeds;
    update members set revision = nextval('member_revisions') where revision = 0;
  end if;
  perform set_config('app.scope', before, true);
  return null;
end
$$;
create constraint trigger stamp after insert or update on members
  deferrable initially deferred
  for each row when (new.revision = 0) execute function stamp_members();

-- Somebody's members are to be read again: what else is shown of them has changed.
create function touch_members(touched text[]) returns void
language plpgsql security definer set search_path = public, pg_temp
as $$
declare
  before text := coalesce(current_setting('app.scope', true), '');
begin
  perform set_config('app.scope', 'system', true);
  perform from members where id = any (touched) order by id for no key update;
  update members set revision = 0 where id = any (touched);
  perform set_config('app.scope', before, true);
end
$$;

-- Rights on apps, roles in them and the invitation are the member's as well.
create function touch_their_members() returns trigger language plpgsql
as $$
begin
  perform touch_members(array_agg(distinct member_id)) from changed having count(*) > 0;
  return null;
end
$$;
create trigger touch_new after insert on app_access referencing new table as changed
  for each statement execute function touch_their_members();
create trigger touch_changed after update on app_access referencing new table as changed
  for each statement execute function touch_their_members();
create trigger touch_gone after delete on app_access referencing old table as changed
  for each statement execute function touch_their_members();
create trigger touch_new after insert on app_role_assignments referencing new table as changed
  for each statement execute function touch_their_members();
create trigger touch_gone after delete on app_role_assignments referencing old table as changed
  for each statement execute function touch_their_members();
create trigger touch_changed after update on invitations referencing new table as changed
  for each statement execute function touch_their_members();

-- And what his account says of him, in every tenant; what the provider lets a tenant's people do.
create function touch_members_of_users() returns trigger
language plpgsql security definer set search_path = public, pg_temp
as $$
declare
  before text := coalesce(current_setting('app.scope', true), '');
  touched text[];
begin
  perform set_config('app.scope', 'system', true);
  select array_agg(m.id) into touched
  from changed n join former o on o.id = n.id join members m on m.user_id = n.id
  where m.joined_at is not null
    and (n.full_name, n.email, n.login, n.phone) is distinct from
      (o.full_name, o.email, o.login, o.phone);
  perform set_config('app.scope', before, true);
  if touched is not null then
    perform touch_members(touched);
  end if;
  return null;
end
$$;
create trigger touch_changed after update on users
  referencing new table as changed old table as former
  for each statement execute function touch_members_of_users();
create function touch_members_of_tenants() returns trigger
language plpgsql security definer set search_path = public, pg_temp
as $$
declare
  before text := coalesce(current_setting('app.scope', true), '');
  touched text[];
begin
  perform set_config('app.scope', 'system', true);
  select array_agg(m.id) into touched
  from changed n join former o on o.id = n.id join members m on m.tenant_id = n.id
  where n.servicing is distinct from o.servicing and m.status <> 'REMOVED';
  perform set_config('app.scope', before, true);
  if touched is not null then
    perform touch_members(touched);
  end if;
  return null;
end
$$;
create trigger touch_changed after update on tenants
  referencing new table as changed old table as former
  for each statement execute function touch_members_of_tenants();

-- Members were announced when they changed; that a number was given is nobody's concern. The plan is
-- kept for the session: made for one row it would be a nested loop, and for ten thousand a minute.
create or replace function announce_changed_members() returns trigger
language plpgsql set enable_nestloop = off
as $$
begin
  perform announce('members', n.tenant_id, array_agg(n.id), array_agg(n.user_id) filter (
    where n.user_id is not null and
      (n.user_id, n.role, n.status, n.grants, n.denials) is distinct from
      (o.user_id, o.role, o.status, o.grants, o.denials)
  ))
  from changed n join former o on o.id = n.id
  where n.revision = 0 or o.revision <> 0 group by n.tenant_id;
  return null;
end
$$;

-- Waits for those who are giving numbers in the tenant now: what is read after that holds every
-- change up to then, so that a moment of the clock is a place in the feed as well. It holds nobody
-- up: what a rolled back block has locked is free again, and nothing that interrupts it keeps it.
-- A replica knows nobody who is; it says so as it says that a read was in its way, which goes on to
-- the primary (ADR 0035).
create function await_feed(tenant text) returns void language plpgsql
as $$
begin
  if pg_is_in_recovery() then
    raise serialization_failure using message = 'only the primary knows who changes members';
  end if;
  perform pg_advisory_xact_lock_shared(feed_of(tenant));
  raise sqlstate 'TNT00';
exception
  when sqlstate 'TNT00' then null;
end
$$;

alter table api_keys enable row level security;
alter table api_keys force row level security;
create policy scope on api_keys using (tenant_id = any (scope_tenants()) or scope_is_wide());

alter table member_imports enable row level security;
alter table member_imports force row level security;
create policy scope on member_imports using (tenant_id = any (scope_tenants()) or scope_is_wide());
alter table member_import_rows enable row level security;
alter table member_import_rows force row level security;
create policy scope on member_import_rows
  using (tenant_id = any (scope_tenants()) or scope_is_wide());

alter table webhook_endpoints enable row level security;
alter table webhook_endpoints force row level security;
create policy scope on webhook_endpoints
  using (tenant_id = any (scope_tenants()) or scope_is_wide());
alter table webhook_deliveries enable row level security;
alter table webhook_deliveries force row level security;
create policy scope on webhook_deliveries
  using (tenant_id = any (scope_tenants()) or scope_is_wide());

-- What may be asked is known to whoever may ask.
alter table documents enable row level security;
alter table documents force row level security;
create policy scope on documents for select using (true);
create policy writes on documents using (scope_is_wide());

alter table idempotency_keys enable row level security;
alter table idempotency_keys force row level security;
create policy scope on idempotency_keys using (scope_is_wide());

create index member_imports_waiting on member_imports (leased_until) where state = 'APPLYING';

-- A key that has ended, and an import that went on; that a worker has taken it is nobody's concern.
create function announce_keys() returns trigger language plpgsql
as $$
begin
  perform announce('keys', null, array_agg(n.id), null)
  from changed n join former o on o.id = n.id
  where (n.revoked_at, n.token_digest) is distinct from (o.revoked_at, o.token_digest)
  having count(*) > 0;
  return null;
end
$$;
create trigger announce_changed after update on api_keys
  referencing new table as changed old table as former
  for each statement execute function announce_keys();
create function announce_imports() returns trigger language plpgsql
as $$
begin
  perform announce('imports', tenant_id, array_agg(id), null)
  from changed where lease is null group by tenant_id;
  return null;
end
$$;
create trigger announce_changed after update on member_imports referencing new table as changed
  for each statement execute function announce_imports();

-- Which key this is, until when the secret works, and what its maker may do now: a door like
-- `open_session`. Sets the scope to the key's tenant for the rest of the transaction. No row: no key
-- that works.
create function open_key(digest text, at timestamptz)
returns table (
  key_id text, name text, tenant_id text, permissions text[], operations text[],
  works_until timestamptz, last_used_at timestamptz, user_id text, full_name text, member_id text,
  catalog text, role text, grants text[], denials text[], servicing text[]
)
language plpgsql security definer set search_path = public, pg_temp
as $$
#variable_conflict use_column
declare
  before text := coalesce(current_setting('app.scope', true), '');
  opened record;
begin
  perform set_config('app.scope', 'system', true);
  select k.id, k.name, k.tenant_id, k.permissions, k.operations, k.works_until, k.last_used_at,
      u.id as user_id, u.full_name, m.id as member_id, t.catalog, m.role, m.grants, m.denials,
      t.servicing
    into opened
    from (
      select *, expires_at as works_until from api_keys where token_digest = digest
      union all
      select *, least(expires_at, former_until) from api_keys where former_digest = digest
    ) k
    join members m on m.id = k.member_id and m.status = 'JOINED'
    join users u on u.id = m.user_id
    join tenants t on t.id = k.tenant_id and t.deleted_at is null
    where k.revoked_at is null and k.works_until > at;
  perform set_config('app.scope', before, true);
  if opened.id is null then
    return;
  end if;
  perform set_config('app.tenants', opened.tenant_id, true);
  return query select opened.id::text, opened.name::text, opened.tenant_id::text,
    opened.permissions, opened.operations, opened.works_until, opened.last_used_at,
    opened.user_id::text, opened.full_name::text, opened.member_id::text, opened.catalog::text,
    opened.role::text, opened.grants, opened.denials, opened.servicing;
end
$$;

-- In a tenant's audit stand keys as well, those of who serves it included.
create or replace function actors_of(events text[])
returns table (event_id text, actor_id text, full_name text)
language plpgsql security definer set search_path = public, pg_temp
as $$
#variable_conflict use_column
declare
  before text := coalesce(current_setting('app.scope', true), '');
begin
  perform set_config('app.scope', 'system', true);
  return query select e.id::text, a.id::text, a.name::text
  from audit_events e join (
    select id, full_name as name from users union all select id, name from api_keys
  ) a on a.id = e.actor_id
  where e.id = any (events) and e.tenant_id = any (scope_tenants());
  perform set_config('app.scope', before, true);
end
$$;
