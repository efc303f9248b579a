-- Constraints and policies of the new tables, and offers with their apps. Read by 0002_apps.py.

create unique index tenant_blocks_one_per_user
  on tenant_blocks (tenant_id, user_id) where user_id is not null;
create unique index tenant_blocks_one_per_address
  on tenant_blocks (tenant_id, email_key) where email_key is not null;
-- Begins with no tenant: it answers for one address over all.
create index tenant_blocks_by_address on tenant_blocks (email_key) where email_key is not null;
alter table tenant_blocks
  add constraint tenant_blocks_of_somebody check ((user_id is null) <> (email_key is null));

alter table apps enable row level security;
alter table apps force row level security;
create policy scope on apps using (tenant_id = any (scope_tenants()) or scope_is_wide());

alter table app_access enable row level security;
alter table app_access force row level security;
create policy scope on app_access using (tenant_id = any (scope_tenants()) or scope_is_wide());

alter table tenant_blocks enable row level security;
alter table tenant_blocks force row level security;
create policy scope on tenant_blocks using (
  tenant_id = any (scope_tenants()) or user_id = scope_user() or scope_is_wide()
);

-- Offers now say their apps; what comes from a blocked tenant is not in one's own list.
drop function offers(text, text, timestamptz);
create function offers(digest text, invitee text, at timestamptz)
returns table (
  invitation_id text, tenant_id text, tenant_name text, catalog text, member_id text, role text,
  email text, full_name text, login text, phone text, inviter_id text, inviter_name text,
  inviter_role text, created_at timestamptz, expires_at timestamptz, invitee_id text,
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
    m.phone::text, u.id::text, u.full_name::text, own.role::text, i.created_at, i.expires_at,
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

-- The tenants that somebody blocks, by his account or by his verified address.
create function blocks_of(blocker text)
returns table (tenant_id text, tenant_name text, created_at timestamptz)
language plpgsql security definer set search_path = public, pg_temp
as $$
#variable_conflict use_column
declare
  before text := coalesce(current_setting('app.scope', true), '');
begin
  perform set_config('app.scope', 'system', true);
  return query select t.id::text, t.name::text, min(b.created_at)
  from tenant_blocks b join tenants t on t.id = b.tenant_id and t.deleted_at is null
  where b.user_id = blocker or b.email_key = (
    select u.email_key from users u where u.id = blocker and u.email_verified_at is not null
  )
  group by t.id, t.name;
  perform set_config('app.scope', before, true);
end
$$;

-- Whether the invitee wants no invitation of that tenant: asked by account, by address, or both.
create function is_blocked(tenant text, invitee text, address text) returns boolean
language plpgsql security definer set search_path = public, pg_temp
as $$
declare
  before text := coalesce(current_setting('app.scope', true), '');
  found_block boolean;
begin
  perform set_config('app.scope', 'system', true);
  found_block := exists (
    select from tenant_blocks b where b.tenant_id = tenant and (
      b.user_id = invitee or b.email_key = address or b.user_id = (
        select u.id from users u
        where u.email_key = address and u.email_verified_at is not null
      )
    )
  );
  perform set_config('app.scope', before, true);
  return found_block;
end
$$;
