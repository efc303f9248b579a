-- What Tortoise's operations cannot say of the cabinet's tables. Read by 0003_cabinet.py.

-- Row-level security binds the owner as well: without this scope he would find no row to change.
select set_config('app.scope', 'system', true);

-- Accounts of before: the address they have is the one they registered with.
update users set email_is_registered = true where email is not null;

-- Staff search people by prefix, byte by byte as members are. A place has the name folded as it
-- should be; who has none is found once the locale lowers his letters, or he is renamed.
alter table users
  alter column login type varchar(64) collate "C",
  alter column email_key type varchar(254) collate "C",
  alter column name_key type varchar(400) collate "C";
update users set name_key = coalesce(
  (select min(name_key) from members where user_id = users.id and joined_at is not null),
  lower(full_name)
);

-- What has left keeps no address (PRODUCT 5: personal data goes with its account).
update outbox_entries set recipient = '' where state <> 'QUEUED';

select set_config('app.scope', '', true);

alter table outbox_entries
  add constraint outbox_entries_channel check (channel in ('MAIL', 'SMS'));
drop index outbox_entries_due;
create index outbox_entries_due on outbox_entries (channel, due_at) where state = 'QUEUED';
alter table members
  add constraint members_owner_holds_all check (role <> 'OWNER' or (grants = '{}' and denials = '{}')),
  add constraint members_granted_or_denied check (not grants && denials);
alter table account_links
  add constraint account_links_purpose check (purpose in ('EMAIL', 'PASSWORD', 'REGISTRATION'));
alter table phone_codes
  add constraint phone_codes_purpose check (purpose in ('CONFIRM', 'REMOVE'));

-- Links and visits are made and followed by people who are not signed in: only the system scope.
alter table account_links enable row level security;
alter table account_links force row level security;
create policy scope on account_links using (scope_is_wide());

alter table provider_visits enable row level security;
alter table provider_visits force row level security;
create policy scope on provider_visits using (scope_is_wide());

alter table phone_codes enable row level security;
alter table phone_codes force row level security;
create policy scope on phone_codes using (user_id = scope_user() or scope_is_wide());

alter table identities enable row level security;
alter table identities force row level security;
create policy scope on identities using (user_id = scope_user() or scope_is_wide());

alter table second_factors enable row level security;
alter table second_factors force row level security;
create policy scope on second_factors using (user_id = scope_user() or scope_is_wide());

alter table recovery_codes enable row level security;
alter table recovery_codes force row level security;
create policy scope on recovery_codes using (user_id = scope_user() or scope_is_wide());

alter table avatars enable row level security;
alter table avatars force row level security;
create policy scope on avatars using (
  user_id = scope_user() or scope_is_wide()
  or exists (select from users where users.id = avatars.user_id)
) with check (user_id = scope_user() or scope_is_wide());

-- No scope of theirs sees everything any more: see the policies `staff_reads`.
create or replace function scope_is_wide() returns boolean language sql stable
  return coalesce(current_setting('app.scope', true), '') = 'system';

-- Provider staff look people up, wherever they belong: they read these three tables, no more.
create function scope_is_staff() returns boolean language sql stable
  return coalesce(current_setting('app.staff', true), '') = 'on';
create policy staff_reads on users for select using (scope_is_staff());
create policy staff_reads on members for select using (scope_is_staff());
create policy staff_reads on tenants for select using (scope_is_staff());

-- A session now brings the cabinet's settings and single permissions along.
drop function open_session(text, timestamptz, interval);
create function open_session(digest text, at timestamptz, lifetime interval)
returns table (
  session_id text, last_used_at timestamptz, user_id text, login text, email text,
  email_verified boolean, full_name text, phone text, phone_confirmed boolean, locale text,
  rows_per_page integer, wants_news boolean, wants_sms boolean, provider_role text,
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
    join (select id as user_id, login, email, email_verified_at, full_name, phone,
                 phone_confirmed_at, locale, users.rows_per_page, users.wants_news,
                 users.wants_sms, provider_role from users) u using (user_id);
  if not found then
    perform set_config('app.scope', before, true);
    return;
  end if;
  select coalesce(jsonb_agg(jsonb_build_object(
           'tenant_id', m.tenant_id, 'member_id', m.id, 'catalog', t.catalog,
           'role', m.role, 'status', m.status, 'grants', m.grants, 'denials', m.denials)), '[]')
    into own
    from members m join tenants t on t.id = m.tenant_id
    where m.user_id = found_session.user_id and m.status in ('JOINED', 'DISABLED')
      and t.deleted_at is null;
  perform set_config('app.scope', before, true),
    set_config('app.user', found_session.user_id, true),
    set_config('app.tenants', (
      select coalesce(string_agg(x->>'tenant_id', ','), '')
      from jsonb_array_elements(own) x where x->>'status' = 'JOINED'), true),
    set_config('app.staff', case when found_session.provider_role is null then '' else 'on' end,
      true);
  return query select found_session.id::text, found_session.used, found_session.user_id::text,
    found_session.login::text, found_session.email::text,
    found_session.email_verified_at is not null, found_session.full_name::text,
    found_session.phone::text, found_session.phone_confirmed_at is not null,
    found_session.locale::text, found_session.rows_per_page, found_session.wants_news,
    found_session.wants_sms, found_session.provider_role::text, own;
end
$$;

-- Offers now say the inviter's single permissions, by which they stand or fall.
drop function offers(text, text, timestamptz);
create function offers(digest text, invitee text, at timestamptz)
returns table (
  invitation_id text, tenant_id text, tenant_name text, catalog text, member_id text, role text,
  email text, full_name text, login text, phone text, inviter_id text, inviter_name text,
  inviter_role text, inviter_grants text[], inviter_denials text[], created_at timestamptz, expires_at timestamptz, invitee_id text,
  locale text, apps jsonb
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
    m.phone::text, u.id::text, u.full_name::text, own.role::text, own.grants, own.denials, i.created_at, i.expires_at,
    v.id::text, i.locale::text,
    coalesce((
      select jsonb_agg(jsonb_build_object('name', a.name, 'right', x.right) order by a.name, a.id)
      from app_access x join apps a on a.id = x.app_id
      where x.tenant_id = i.tenant_id and x.member_id = i.member_id
    ), '[]')
  from invitations i
    join members m on m.id = i.member_id
    join tenants t on t.id = i.tenant_id and t.deleted_at is null
    join users u on u.id = i.inviter_id
    left join users v on v.id = coalesce(m.user_id, (
      select r.id from users r where r.email_key = m.email_key and r.email_verified_at is not null
    ))
    left join members own on own.tenant_id = i.tenant_id and own.user_id = i.inviter_id
      and own.status = 'JOINED'
  where i.state = 'PENDING' and i.expires_at > at and m.status = 'PENDING'
    and case
      when digest is not null then i.token_digest = digest
      else i.member_id in (
        select p.id from members p
          where p.status = 'PENDING' and p.user_id = invitee
        union
        select p.id from members p join users w on w.email_key = p.email_key
          where p.status = 'PENDING' and w.id = invitee and w.email_verified_at is not null
      ) and not exists (
        select from tenant_blocks b where b.tenant_id = i.tenant_id
          and (b.user_id = invitee or b.email_key = v.email_key)
      )
    end;
  perform set_config('app.scope', before, true);
end
$$;

-- How to name who acted in the viewer's own tenants, also where he has left, or is staff.
create function actors_of(events text[])
returns table (event_id text, actor_id text, full_name text)
language plpgsql security definer set search_path = public, pg_temp
as $$
#variable_conflict use_column
declare
  before text := coalesce(current_setting('app.scope', true), '');
begin
  perform set_config('app.scope', 'system', true);
  return query select e.id::text, u.id::text, u.full_name::text
  from audit_events e join users u on u.id = e.actor_id
  where e.id = any (events) and e.tenant_id = any (scope_tenants());
  perform set_config('app.scope', before, true);
end
$$;

-- The avatars of those among `people` who are provider staff: for people who may write to support,
-- who share no tenant with them. Whether one may is for the caller to check.
create function avatars_of_staff(people text[])
returns table (user_id text, digest text, image bytea)
language plpgsql security definer set search_path = public, pg_temp
as $$
#variable_conflict use_column
declare
  before text := coalesce(current_setting('app.scope', true), '');
begin
  perform set_config('app.scope', 'system', true);
  return query select a.user_id::text, a.digest::text, a.image
  from avatars a join users u on u.id = a.user_id
  where a.user_id = any(people) and u.provider_role is not null;
  perform set_config('app.scope', before, true);
end
$$;
