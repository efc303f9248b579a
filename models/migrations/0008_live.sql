-- What has changed is announced to every process that listens (ADR 0026). Read by 0008_live.py.
--
-- By triggers, so that no statement forgets; once a statement and tenant, so that an import of ten
-- thousand rows is as cheap as one row; at commit, so that what is rolled back is never told. They
-- read the rows of the statement and nothing else, as whoever ran it.

-- `ids` is null where they would not fit into the 8,000 bytes of a notification: read everything.
create function announce(about text, tenant text, ids text[], users text[]) returns void
language sql
as $$
  select pg_notify('tenantry', json_build_object(
    'about', about, 'tenant', tenant,
    'ids', case when cardinality(ids) <= 100 then ids end,
    'users', case when cardinality(ids) <= 100 then coalesce(users, '{}') end
  )::text)
$$;

-- `users` are those whose own rights may be others now.
create function announce_members() returns trigger language plpgsql
as $$
begin
  perform announce('members', tenant_id, array_agg(id),
    array_agg(user_id) filter (where user_id is not null))
  from changed group by tenant_id;
  return null;
end
$$;
create function announce_changed_members() returns trigger language plpgsql
as $$
begin
  perform announce('members', n.tenant_id, array_agg(n.id), array_agg(n.user_id) filter (
    where n.user_id is not null and
      (n.user_id, n.role, n.status, n.grants, n.denials) is distinct from
      (o.user_id, o.role, o.status, o.grants, o.denials)
  ))
  from changed n join former o on o.id = n.id group by n.tenant_id;
  return null;
end
$$;
create trigger announce_new after insert on members referencing new table as changed
  for each statement execute function announce_members();
create trigger announce_gone after delete on members referencing old table as changed
  for each statement execute function announce_members();
create trigger announce_changed after update on members
  referencing new table as changed old table as former
  for each statement execute function announce_changed_members();

-- What a member has besides his row: rights on apps and roles in them.
create function announce_access() returns trigger language plpgsql
as $$
begin
  perform announce('access', tenant_id, array_agg(distinct member_id), null)
  from changed group by tenant_id;
  return null;
end
$$;
create trigger announce_new after insert on app_access referencing new table as changed
  for each statement execute function announce_access();
create trigger announce_changed after update on app_access referencing new table as changed
  for each statement execute function announce_access();
create trigger announce_gone after delete on app_access referencing old table as changed
  for each statement execute function announce_access();
create trigger announce_new after insert on app_role_assignments referencing new table as changed
  for each statement execute function announce_access();
create trigger announce_gone after delete on app_role_assignments referencing old table as changed
  for each statement execute function announce_access();

-- How mails of invitations fare; that a worker holds one is nobody's concern.
create function announce_mails() returns trigger language plpgsql
as $$
begin
  perform announce('invitations', tenant_id, array_agg(distinct invitation_id), null)
  from changed where invitation_id is not null group by tenant_id;
  return null;
end
$$;
create function announce_changed_mails() returns trigger language plpgsql
as $$
begin
  perform announce('invitations', n.tenant_id, array_agg(distinct n.invitation_id), null)
  from changed n join former o on o.id = n.id
  where n.invitation_id is not null
    and (n.state, n.cancelled_at) is distinct from (o.state, o.cancelled_at)
  group by n.tenant_id;
  return null;
end
$$;
create function announce_suppressed() returns trigger language plpgsql
as $$
begin
  perform announce('invitations', n.tenant_id, array_agg(n.id), null)
  from changed n join former o on o.id = n.id
  where n.suppressed <> o.suppressed group by n.tenant_id;
  return null;
end
$$;
create trigger announce_new after insert on outbox_entries referencing new table as changed
  for each statement execute function announce_mails();
create trigger announce_changed after update on outbox_entries
  referencing new table as changed old table as former
  for each statement execute function announce_changed_mails();
create trigger announce_changed after update on invitations
  referencing new table as changed old table as former
  for each statement execute function announce_suppressed();

-- A session that has ended, and a tenant that was deleted or may do other things for others.
create function announce_sessions() returns trigger language plpgsql
as $$
begin
  perform announce('sessions', null, array_agg(id), null) from changed having count(*) > 0;
  return null;
end
$$;
create function announce_tenants() returns trigger language plpgsql
as $$
begin
  perform announce('tenants', null, array_agg(n.id), null)
  from changed n join former o on o.id = n.id
  where (n.deleted_at, n.servicing) is distinct from (o.deleted_at, o.servicing)
  having count(*) > 0;
  return null;
end
$$;
create trigger announce_gone after delete on sessions referencing old table as changed
  for each statement execute function announce_sessions();
create trigger announce_changed after update on tenants
  referencing new table as changed old table as former
  for each statement execute function announce_tenants();
