-- Splits the data by tenant with Citus, beyond one primary: see docs/operations.md, where it is said
-- what has to change in Tenantry before this may be run. tests/models/test_splitting.py runs it with
-- stand-ins for Citus' functions that hold Citus' rules.
--
-- On the coordinator, as the owner of the tables, after `create extension citus` on every node and
-- `select citus_add_node(...)` for each. The tables are empty, or small enough to stand still.

begin;

-- What announces and numbers changes is done by whoever changes: triggers that see a statement's
-- rows, and deferred ones, are none of Citus'.
do $$ declare made record; begin
  for made in select tgrelid::regclass as on_table, tgname from pg_trigger
    join pg_class on pg_class.oid = tgrelid
    where not tgisinternal and relnamespace = 'public'::regnamespace
  loop execute format('drop trigger %I on %s', made.tgname, made.on_table); end loop;
end $$;

-- Foreign keys are made again with the tenant in them, below.
do $$ declare made record; begin
  for made in select conrelid::regclass as on_table, conname from pg_constraint
    where contype = 'f' and connamespace = 'public'::regnamespace
  loop execute format('alter table %s drop constraint %I', made.on_table, made.conname); end loop;
end $$;

-- A unique index of a split table holds within its shard, so it has to name the tenant. Ids are
-- unique of themselves (TypeIDs), and so are 256 bits of a secret.
alter table api_keys drop constraint api_keys_pkey, add primary key (tenant_id, id);
alter table app_access drop constraint app_access_pkey, add primary key (tenant_id, id);
alter table app_actions drop constraint app_actions_pkey, add primary key (tenant_id, id);
alter table app_role_assignments
  drop constraint app_role_assignments_pkey, add primary key (tenant_id, id);
alter table app_roles drop constraint app_roles_pkey, add primary key (tenant_id, id);
alter table app_sessions drop constraint app_sessions_pkey, add primary key (tenant_id, id);
alter table apps drop constraint apps_pkey, add primary key (tenant_id, id);
alter table invitations drop constraint invitations_pkey, add primary key (tenant_id, id);
alter table member_import_rows
  drop constraint member_import_rows_pkey, add primary key (tenant_id, id);
alter table member_counts drop constraint member_counts_pkey, add primary key (tenant_id, id);
alter table member_imports drop constraint member_imports_pkey, add primary key (tenant_id, id);
alter table members drop constraint members_pkey, add primary key (tenant_id, id);
alter table subscriptions drop constraint subscriptions_pkey, add primary key (tenant_id, id);
alter table tenant_blocks drop constraint tenant_blocks_pkey, add primary key (tenant_id, id);
alter table tenant_invitations
  drop constraint tenant_invitations_pkey, add primary key (organization_id, id);
alter table webhook_deliveries
  drop constraint webhook_deliveries_pkey, add primary key (tenant_id, id);
alter table webhook_endpoints
  drop constraint webhook_endpoints_pkey, add primary key (tenant_id, id);

-- What happened to an account belongs to no tenant: `-` stands for none, since Citus takes no null.
select set_config('app.scope', 'system', true);
alter table audit_events disable row level security;
update audit_events set tenant_id = '-' where tenant_id is null;
alter table audit_events enable row level security;
alter table audit_events
  alter column tenant_id set not null,
  drop constraint audit_events_pkey, add primary key (tenant_id, id);

-- Digests name no tenant. `secrets` does: whoever shows a secret is looked up there first, and what
-- makes one writes it there in the same transaction.
create table secrets (digest varchar(64) primary key, tenant_id varchar(64) not null);
insert into secrets
  select token_digest, tenant_id from invitations
  union all select token_digest, tenant_id from app_sessions
  union all select token_digest, tenant_id from api_keys
  union all select former_digest, tenant_id from api_keys where former_digest is not null
  union all select token_digest, organization_id from tenant_invitations;
alter table api_keys
  drop constraint api_keys_token_digest_key, add unique (tenant_id, token_digest),
  drop constraint api_keys_former_digest_key, add unique (tenant_id, former_digest);
alter table app_sessions
  drop constraint app_sessions_token_digest_key, add unique (tenant_id, token_digest);
alter table invitations
  drop constraint invitations_token_digest_key, add unique (tenant_id, token_digest);
alter table tenant_invitations
  drop constraint tenant_invitations_token_digest_key, add unique (organization_id, token_digest);

-- Read beside the rows of every tenant, and written rarely: a copy on every node.
select create_reference_table('users');
select create_reference_table('tariffs');
select create_reference_table('tariff_apps');
select create_reference_table('servicings');
select create_reference_table('secrets');

-- A tenant's rows lie together on one node.
select create_distributed_table('tenants', 'id');
select create_distributed_table('api_keys', 'tenant_id', colocate_with => 'tenants');
select create_distributed_table('app_access', 'tenant_id', colocate_with => 'tenants');
select create_distributed_table('app_actions', 'tenant_id', colocate_with => 'tenants');
select create_distributed_table('app_role_assignments', 'tenant_id', colocate_with => 'tenants');
select create_distributed_table('app_roles', 'tenant_id', colocate_with => 'tenants');
select create_distributed_table('app_sessions', 'tenant_id', colocate_with => 'tenants');
select create_distributed_table('apps', 'tenant_id', colocate_with => 'tenants');
select create_distributed_table('audit_events', 'tenant_id', colocate_with => 'tenants');
select create_distributed_table('invitations', 'tenant_id', colocate_with => 'tenants');
select create_distributed_table('member_counts', 'tenant_id', colocate_with => 'tenants');
select create_distributed_table('member_import_rows', 'tenant_id', colocate_with => 'tenants');
select create_distributed_table('member_imports', 'tenant_id', colocate_with => 'tenants');
select create_distributed_table('members', 'tenant_id', colocate_with => 'tenants');
select create_distributed_table('operator_reports', 'organization_id', colocate_with => 'tenants');
select create_distributed_table('subscriptions', 'tenant_id', colocate_with => 'tenants');
select create_distributed_table('tenant_blocks', 'tenant_id', colocate_with => 'tenants');
select create_distributed_table(
  'tenant_invitations', 'organization_id', colocate_with => 'tenants');
select create_distributed_table('webhook_deliveries', 'tenant_id', colocate_with => 'tenants');
select create_distributed_table('webhook_endpoints', 'tenant_id', colocate_with => 'tenants');

-- Within a tenant, and to what has a copy everywhere. Those from local tables to split ones are
-- gone for good: a queued mail may outlive what it is about, and is then cancelled.
alter table api_keys
  add foreign key (tenant_id) references tenants (id),
  add foreign key (tenant_id, member_id) references members (tenant_id, id);
alter table app_access
  add foreign key (tenant_id, member_id) references members (tenant_id, id),
  add foreign key (tenant_id, app_id) references apps (tenant_id, id);
alter table app_actions
  add foreign key (tenant_id, app_id) references apps (tenant_id, id) on delete cascade;
alter table app_roles
  add foreign key (tenant_id, app_id) references apps (tenant_id, id) on delete cascade;
alter table app_role_assignments
  add foreign key (tenant_id, member_id) references members (tenant_id, id),
  add foreign key (tenant_id, app_role_id) references app_roles (tenant_id, id) on delete cascade;
alter table app_sessions
  add foreign key (tenant_id, member_id) references members (tenant_id, id);
alter table apps add foreign key (tenant_id) references tenants (id);
alter table invitations
  add foreign key (tenant_id, member_id) references members (tenant_id, id),
  add foreign key (inviter_id) references users (id);
alter table member_imports add foreign key (tenant_id) references tenants (id);
alter table member_import_rows
  add foreign key (tenant_id, member_import_id) references member_imports (tenant_id, id)
    on delete cascade;
alter table members
  add foreign key (tenant_id) references tenants (id),
  add foreign key (user_id) references users (id);
alter table subscriptions
  add foreign key (tenant_id) references tenants (id),
  add foreign key (tariff_id) references tariffs (id);
alter table tariff_apps
  add foreign key (tariff_id) references tariffs (id) on delete cascade;
alter table tenant_blocks
  add foreign key (tenant_id) references tenants (id),
  add foreign key (user_id) references users (id);
alter table tenant_invitations
  add foreign key (organization_id) references tenants (id),
  add foreign key (inviter_id) references users (id);
alter table webhook_deliveries
  add foreign key (tenant_id, endpoint_id) references webhook_endpoints (tenant_id, id)
    on delete cascade;
alter table webhook_endpoints add foreign key (tenant_id) references tenants (id);

-- On the coordinator alone, which is where sessions are opened and workers take what is due.
alter table account_links
  add foreign key (user_id) references users (id) on delete cascade;
alter table avatars add foreign key (user_id) references users (id) on delete cascade;
alter table identities add foreign key (user_id) references users (id) on delete cascade;
alter table outbox_entries
  add foreign key (link_id) references account_links (id) on delete cascade,
  add foreign key (code_id) references phone_codes (id) on delete cascade;
alter table phone_codes add foreign key (user_id) references users (id) on delete cascade;
alter table provider_visits add foreign key (user_id) references users (id) on delete cascade;
alter table recovery_codes add foreign key (user_id) references users (id) on delete cascade;
alter table second_factors add foreign key (user_id) references users (id) on delete cascade;
alter table sessions add foreign key (user_id) references users (id) on delete cascade;

commit;
