-- What Tortoise's operations cannot say of servicing organizations, tariffs and app actions. Read by
-- 0005_servicing.py.

alter table outbox_entries drop constraint outbox_entries_channel;
alter table outbox_entries
  add constraint outbox_entries_channel check (channel in ('MAIL', 'SMS', 'APP'));
alter table tenants
  add constraint tenants_servicing check (
    servicing is null or (
      catalog = 'SUBSCRIBER' and servicing <@ array['tenants:invite', 'subscriptions:manage']
    )
  );
alter table subscriptions
  add constraint subscriptions_period check (begins_at <= ends_at);
create unique index servicings_one_organization on servicings (tenant_id) where ended_at is null;

-- Made and ended by who belongs to the other side, or to neither: only the system scope writes.
alter table servicings enable row level security;
alter table servicings force row level security;
create policy scope on servicings for select using (
  tenant_id = any (scope_tenants()) or organization_id = any (scope_tenants())
);
create policy writes on servicings using (scope_is_wide());

-- The tenants that an organization serves now: their names and subscriptions, and nothing else.
create policy served_reads on tenants for select using (
  exists (
    select from servicings
    where servicings.tenant_id = tenants.id and servicings.ended_at is null
      and servicings.organization_id = any (scope_tenants())
  )
);

alter table subscriptions enable row level security;
alter table subscriptions force row level security;
create policy scope on subscriptions for select using (tenant_id = any (scope_tenants()));
create policy writes on subscriptions using (scope_is_wide());
create policy served_reads on subscriptions for select using (
  exists (
    select from servicings
    where servicings.tenant_id = subscriptions.tenant_id and servicings.ended_at is null
      and servicings.organization_id = any (scope_tenants())
  )
);
create policy staff_reads on subscriptions for select using (scope_is_staff());

-- What the provider offers is no secret.
alter table tariffs enable row level security;
alter table tariffs force row level security;
create policy scope on tariffs for select using (true);
create policy writes on tariffs using (scope_is_wide());

alter table tariff_apps enable row level security;
alter table tariff_apps force row level security;
create policy scope on tariff_apps for select using (true);
create policy writes on tariff_apps using (scope_is_wide());

alter table tenant_invitations enable row level security;
alter table tenant_invitations force row level security;
create policy scope on tenant_invitations using (
  organization_id = any (scope_tenants()) or scope_is_wide()
);

alter table operator_reports enable row level security;
alter table operator_reports force row level security;
create policy scope on operator_reports using (scope_is_wide());

alter table app_actions enable row level security;
alter table app_actions force row level security;
create policy scope on app_actions using (tenant_id = any (scope_tenants()) or scope_is_wide());

-- By whom those of `asked` that are the viewer's own tenants are served.
create function servers_of(asked text[])
returns table (tenant_id text, organization_id text, organization_name text, since timestamptz)
language plpgsql security definer set search_path = public, pg_temp
as $$
#variable_conflict use_column
declare
  before text := coalesce(current_setting('app.scope', true), '');
begin
  perform set_config('app.scope', 'system', true);
  return query select s.tenant_id::text, o.id::text, o.name::text, s.created_at
  from servicings s join tenants o on o.id = s.organization_id
  where s.tenant_id = any (asked) and s.tenant_id = any (scope_tenants()) and s.ended_at is null;
  perform set_config('app.scope', before, true);
end
$$;

-- A session now says what its tenants may do for others.
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
           'role', m.role, 'status', m.status, 'grants', m.grants, 'denials', m.denials,
           'servicing', t.servicing)), '[]')
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

-- And an offer, by which its role stands or falls.
drop function offers(text, text, timestamptz);
create function offers(digest text, invitee text, at timestamptz)
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

-- What the link to a tenant that is to be offers, to whoever holds it: a door like `offers`.
create function tenant_offer(digest text, at timestamptz)
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
  from tenant_invitations i
    join tenants o on o.id = i.organization_id and o.deleted_at is null
    join users u on u.id = i.inviter_id
    join members own on own.tenant_id = o.id and own.user_id = u.id and own.status = 'JOINED'
    left join users v on v.email_key = lower(i.email) and v.email_verified_at is not null
  where i.token_digest = digest and i.state = 'PENDING' and i.expires_at > at;
  perform set_config('app.scope', before, true);
end
$$;
