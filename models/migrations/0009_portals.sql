-- What Tortoise's operations cannot say of API keys, the feed of members, imports, webhooks,
-- registered documents and idempotency keys. Read by 0009_portals.py.

alter table outbox_entries drop constraint outbox_entries_channel;
alter table outbox_entries
  add constraint outbox_entries_channel check (channel in ('MAIL', 'SMS', 'APP', 'WEBHOOK'));
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

-- The order in which a tenant's members change (ADR 0027). Whoever changes one holds the tenant's
-- feed until he commits, so a number is given only when every smaller one of that tenant is to be
-- seen by all, or was taken back.
create sequence member_revisions;
create function hold_feed(tenant text) returns void language sql
  return pg_advisory_xact_lock(hashtextextended('feed:' || tenant, 0));

select set_config('app.scope', 'system', true);
update members set revision = nextval('member_revisions');

create function stamp_member() returns trigger
language plpgsql security definer set search_path = public, pg_temp
as $$
begin
  perform hold_feed(new.tenant_id);
  new.revision := nextval('member_revisions');
  new.updated_at := clock_timestamp();
  return new;
end
$$;
create trigger stamp before insert or update on members
  for each row execute function stamp_member();

-- Rights on apps, roles in them and the invitation are the member's as well.
create function stamp_members() returns trigger language plpgsql
as $$
begin
  update members set revision = 0 where id in (select member_id from changed);
  return null;
end
$$;
create trigger stamp_new after insert on app_access referencing new table as changed
  for each statement execute function stamp_members();
create trigger stamp_changed after update on app_access referencing new table as changed
  for each statement execute function stamp_members();
create trigger stamp_gone after delete on app_access referencing old table as changed
  for each statement execute function stamp_members();
create trigger stamp_new after insert on app_role_assignments referencing new table as changed
  for each statement execute function stamp_members();
create trigger stamp_gone after delete on app_role_assignments referencing old table as changed
  for each statement execute function stamp_members();
create trigger stamp_changed after update on invitations referencing new table as changed
  for each statement execute function stamp_members();

-- And what his account says of him, in every tenant, whose feeds are held in one order.
create function stamp_members_of_users() returns trigger
language plpgsql security definer set search_path = public, pg_temp
as $$
declare
  before text := coalesce(current_setting('app.scope', true), '');
begin
  perform set_config('app.scope', 'system', true);
  perform hold_feed(tenant_id) from (
    select distinct m.tenant_id from members m join changed n on n.id = m.user_id order by 1
  ) held;
  update members m set revision = 0
  from changed n join former o on o.id = n.id
  where m.user_id = n.id and m.joined_at is not null
    and (n.full_name, n.email, n.login, n.phone) is distinct from
      (o.full_name, o.email, o.login, o.phone);
  perform set_config('app.scope', before, true);
  return null;
end
$$;
create trigger stamp_changed after update on users
  referencing new table as changed old table as former
  for each statement execute function stamp_members_of_users();

-- Waits for those who are changing members of the tenant now: what is read after that holds every
-- change up to then, so that a moment of the clock is a place in the feed as well.
create function await_feed(tenant text) returns void language plpgsql
as $$
declare
  feed bigint := hashtextextended('feed:' || tenant, 0);
begin
  perform pg_advisory_lock_shared(feed);
  perform pg_advisory_unlock_shared(feed);
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

-- A key that has ended, and an import that went on.
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
  perform announce('imports', tenant_id, array_agg(id), null) from changed group by tenant_id;
  return null;
end
$$;
create trigger announce_changed after update on member_imports referencing new table as changed
  for each statement execute function announce_imports();

-- Which key this is, and what its maker may do now: a door like `open_session`. Sets the scope to
-- the key's tenant for the rest of the transaction. No row: no key that works.
create function open_key(digest text, at timestamptz)
returns table (
  key_id text, name text, tenant_id text, permissions text[], operations text[],
  expires_at timestamptz, last_used_at timestamptz, user_id text, full_name text, member_id text,
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
  select k.id, k.name, k.tenant_id, k.permissions, k.operations, k.expires_at, k.last_used_at,
      u.id as user_id, u.full_name, m.id as member_id, t.catalog, m.role, m.grants, m.denials,
      t.servicing
    into opened
    from (
      select * from api_keys where token_digest = digest
      union all
      select * from api_keys where former_digest = digest and former_until > at
    ) k
    join members m on m.id = k.member_id and m.status = 'JOINED'
    join users u on u.id = m.user_id
    join tenants t on t.id = k.tenant_id and t.deleted_at is null
    where k.revoked_at is null and k.expires_at > at;
  perform set_config('app.scope', before, true);
  if not found then
    return;
  end if;
  perform set_config('app.tenants', opened.tenant_id, true);
  return query select opened.id::text, opened.name::text, opened.tenant_id::text,
    opened.permissions, opened.operations, opened.expires_at, opened.last_used_at,
    opened.user_id::text, opened.full_name::text, opened.member_id::text, opened.catalog::text,
    opened.role::text, opened.grants, opened.denials, opened.servicing;
end
$$;
