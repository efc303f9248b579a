-- Read by 0006_account_link.py.

-- What a mailed link about an account is for, to whoever holds it: a door like `offers`. None where
-- nobody was there to mail it to, or where somebody else has proven the address by now.
create function account_link(digest text, at timestamptz)
returns table (email text, locale text, expires_at timestamptz)
language plpgsql security definer set search_path = public, pg_temp
as $$
#variable_conflict use_column
declare
  before text := coalesce(current_setting('app.scope', true), '');
begin
  perform set_config('app.scope', 'system', true);
  return query select l.email::text, coalesce(u.locale, l.facts ->> 'locale')::text, l.expires_at
  from account_links l left join users u on u.id = l.user_id
  where l.token_digest = digest and l.closed_at is null and l.expires_at > at
    and l.email is not null
    and not exists (
      select from users v
      where v.email_key = lower(l.email) and v.email_verified_at is not null
        and v.id is distinct from l.user_id
    );
  perform set_config('app.scope', before, true);
end
$$;
