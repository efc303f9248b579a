-- Read by 0007_language_of.py.

-- In which language the owner of an account is spoken to, before it is known that it is he who has
-- opened the link mailed to him.
create function language_of(person text) returns text
language plpgsql security definer set search_path = public, pg_temp
as $$
declare
  before text := coalesce(current_setting('app.scope', true), '');
  found text;
begin
  perform set_config('app.scope', 'system', true);
  select locale into found from users where id = person;
  perform set_config('app.scope', before, true);
  return found;
end
$$;
