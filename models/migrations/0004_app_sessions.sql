-- Policies of what belongs to apps. Read by 0004_app_sessions.py.

alter table app_roles enable row level security;
alter table app_roles force row level security;
create policy scope on app_roles using (tenant_id = any (scope_tenants()) or scope_is_wide());

alter table app_role_assignments enable row level security;
alter table app_role_assignments force row level security;
create policy scope on app_role_assignments using (
  tenant_id = any (scope_tenants()) or scope_is_wide()
);

alter table app_sessions enable row level security;
alter table app_sessions force row level security;
create policy scope on app_sessions using (tenant_id = any (scope_tenants()) or scope_is_wide());

-- Public halves are everybody's to see; whoever signs does so in the system scope.
alter table signing_keys enable row level security;
alter table signing_keys force row level security;
create policy scope on signing_keys using (scope_is_wide());
