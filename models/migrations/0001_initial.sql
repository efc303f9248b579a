-- What Tortoise's operations cannot say: constraints with conditions, the order of keys, and
-- who may see which rows. Read by 0001_initial.py.

-- One pending member per tenant and address, one live member per tenant and person.
create unique index members_one_pending_per_address
  on members (tenant_id, email_key) where status = 'PENDING';
create unique index members_one_live_per_user
  on members (tenant_id, user_id) where status <> 'REMOVED';

-- One account per verified address.
create unique index users_one_per_verified_email
  on users (email_key) where email_verified_at is not null;

-- Keys are ordered and searched by prefix byte by byte, the same on every machine.
alter table members
  alter column email_key type varchar(254) collate "C",
  alter column name_key type varchar(400) collate "C",
  alter column login_key type varchar(64) collate "C";

-- These two begin with no tenant: they answer for one person, and for the worker, over all.
create index members_pending_by_address on members (email_key) where status = 'PENDING';
create index outbox_entries_due on outbox_entries (due_at) where state = 'QUEUED';

alter table members
  add constraint members_joined_have_user check (status not in ('JOINED', 'DISABLED') or user_id is not null),
  add constraint members_status check (status in ('PENDING', 'JOINED', 'DISABLED', 'REMOVED'));
alter table invitations
  add constraint invitations_state check (state in ('PENDING', 'ACCEPTED', 'DECLINED', 'REVOKED'));
alter table outbox_entries
  add constraint outbox_entries_state check (state in ('QUEUED', 'SENT', 'BOUNCED', 'FAILED', 'CANCELLED'));

-- The scope of the running transaction, set by models/database.py and by nobody else.
create function scope_is_wide() returns boolean language sql stable
  return coalesce(current_setting('app.scope', true), '') in ('staff', 'system');
create function scope_user() returns text language sql stable
  return nullif(current_setting('app.user', true), '');
create function scope_tenants() returns text[] language sql stable
  return string_to_array(coalesce(current_setting('app.tenants', true), ''), ',');

-- What a policy lets see is not all his to write: with check is narrower where people are concerned.
alter table tenants enable row level security;
alter table tenants force row level security;
create policy scope on tenants using (
  id = any (scope_tenants()) or scope_is_wide()
  or exists (
    select from members
    where members.tenant_id = tenants.id and members.user_id = scope_user()
      and members.status in ('JOINED', 'DISABLED')
  )
) with check (id = any (scope_tenants()) or scope_is_wide());

alter table members enable row level security;
alter table members force row level security;
create policy scope on members using (
  tenant_id = any (scope_tenants()) or scope_is_wide() or user_id = scope_user()
) with check (tenant_id = any (scope_tenants()) or scope_is_wide());

alter table invitations enable row level security;
alter table invitations force row level security;
create policy scope on invitations using (tenant_id = any (scope_tenants()) or scope_is_wide());

alter table outbox_entries enable row level security;
alter table outbox_entries force row level security;
create policy scope on outbox_entries using (tenant_id = any (scope_tenants()) or scope_is_wide());

alter table audit_events enable row level security;
alter table audit_events force row level security;
create policy scope on audit_events using (
  tenant_id = any (scope_tenants()) or scope_is_wide()
  or (tenant_id is null and actor_id = scope_user())
);

alter table users enable row level security;
alter table users force row level security;
create policy scope on users using (
  id = scope_user() or scope_is_wide()
  or exists (select from members where members.user_id = users.id)
) with check (id = scope_user() or scope_is_wide());

alter table sessions enable row level security;
alter table sessions force row level security;
create policy scope on sessions using (user_id = scope_user() or scope_is_wide());

-- The two doors through which a viewer's transaction sees more than his scope (ADR 0002).

-- Who holds this token: session, account and memberships in one trip; sets the viewer's scope for
-- the rest of the transaction. No row: nobody.
create function open_session(digest text, at timestamptz, lifetime interval)
returns table (
  session_id text, last_used_at timestamptz, user_id text, login text, email text,
  email_verified boolean, full_name text, phone text, locale text, provider_role text,
  memberships jsonb
)
language plpgsql security definer set search_path = public, pg_temp
as $$
#variable_conflict use_column
declare
  before text := coalesce(current_setting('app.scope', true), '');
  found_session record;
  own jsonb;
begin
  perform set_config('app.scope', 'system', true);
  select s.id, s.last_used_at as used, u.* into found_session
    from (select id, user_id, last_used_at from sessions
          where token_digest = digest and last_used_at > at - lifetime) s
    join (select id as user_id, login, email, email_verified_at, full_name, phone, locale,
                 provider_role from users) u using (user_id);
  if not found then
    perform set_config('app.scope', before, true);
    return;
  end if;
  select coalesce(jsonb_agg(jsonb_build_object(
           'tenant_id', m.tenant_id, 'member_id', m.id, 'catalog', t.catalog,
           'role', m.role, 'status', m.status)), '[]')
    into own
    from members m join tenants t on t.id = m.tenant_id
    where m.user_id = found_session.user_id and m.status in ('JOINED', 'DISABLED')
      and t.deleted_at is null;
  perform set_config('app.scope', before, true),
    set_config('app.user', found_session.user_id, true),
    set_config('app.tenants', (
      select coalesce(string_agg(x->>'tenant_id', ','), '')
      from jsonb_array_elements(own) x where x->>'status' = 'JOINED'), true);
  return query select found_session.id::text, found_session.used, found_session.user_id::text,
    found_session.login::text, found_session.email::text,
    found_session.email_verified_at is not null, found_session.full_name::text,
    found_session.phone::text, found_session.locale::text, found_session.provider_role::text, own;
end
$$;

-- Living offers: the one behind a link (`digest`), or all those made to one person (`invitee`).
-- The inviter's present role tells the caller whether the offer still stands; `invitee_id` is empty
-- while nobody has registered with that address.
create function offers(digest text, invitee text, at timestamptz)
returns table (
  invitation_id text, tenant_id text, tenant_name text, catalog text, member_id text, role text,
  email text, full_name text, login text, phone text, inviter_id text, inviter_name text,
  inviter_role text, created_at timestamptz, expires_at timestamptz, invitee_id text,
  locale text
)
language plpgsql security definer set search_path = public, pg_temp
as $$
#variable_conflict use_column
declare
  before text := coalesce(current_setting('app.scope', true), '');
begin
  perform set_config('app.scope', 'system', true);
  return query select i.id::text, t.id::text, t.name::text, t.catalog::text, m.id::text,
    m.role::text, m.email::text, m.full_name::text, m.login::text, m.phone::text, u.id::text,
    u.full_name::text, own.role::text, i.created_at, i.expires_at,
    coalesce(m.user_id, v.id)::text, i.locale::text
  from invitations i
    join members m on m.id = i.member_id
    join tenants t on t.id = i.tenant_id and t.deleted_at is null
    join users u on u.id = i.inviter_id
    left join users v on v.email_key = m.email_key and v.email_verified_at is not null
    left join members own on own.tenant_id = i.tenant_id and own.user_id = i.inviter_id
      and own.status = 'JOINED'
  where i.state = 'PENDING' and i.expires_at > at and m.status = 'PENDING'
    and case
      when digest is not null then i.token_digest = digest
      else i.member_id in (
        select p.id from members p
          where p.status = 'PENDING' and p.user_id = invitee
        union
        select p.id from members p join users v on v.email_key = p.email_key
          where p.status = 'PENDING' and v.id = invitee and v.email_verified_at is not null
      )
    end;
  perform set_config('app.scope', before, true);
end
$$;
