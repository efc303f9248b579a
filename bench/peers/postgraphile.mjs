// The same tables through PostGraphile: `node postgraphile.mjs PORT DATABASE_URL ROLE`.
//
// As its manual advises, each request finds out who asks, says so in settings of PostgreSQL and
// acts as a role that the policies of the tables bind; those decide what is seen. Before this
// served anybody else, columns such as hashes of passwords would have to be hidden.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import pg from "pg";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { context } from "postgraphile/grafast";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { extendSchema, jsonPgSmartTags } from "postgraphile/utils";

const [port, connectionString, role] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString, max: 10 });

// The tenants whose people the viewer may see, by his role there and single permissions.
const SESSION = {
  name: "session",
  text: `
    select u.id, string_agg(t.id, ',') as tenants
    from sessions s
    join users u on u.id = s.user_id
    left join members m on m.user_id = u.id and m.status = 'JOINED'
      and not 'members:view' = any(m.denials)
    left join tenants t on t.id = m.tenant_id and t.deleted_at is null and (
      'members:view' = any(m.grants)
      or (t.catalog, m.role) in (
        ('PROJECT', 'OWNER'), ('PROJECT', 'MANAGER'), ('PROJECT', 'ADMINISTRATOR'),
        ('SUBSCRIBER', 'OWNER'), ('SUBSCRIBER', 'ADMINISTRATOR'), ('ACCOUNT', 'OWNER')))
    where s.token_digest = $1 and s.last_used_at > now() - interval '30 days'
    group by u.id`,
};

async function viewer({ authorization = "" }) {
  const token = /^Bearer (.+)$/.exec(authorization)?.[1];
  if (!token) return undefined;
  const digest = createHash("sha256").update(token).digest("hex");
  return (await pool.query({ ...SESSION, values: [digest] })).rows[0];
}

const Me = extendSchema(({ pgResources: { users } }) => ({
  typeDefs: `extend type Query { me: User }`,
  objects: { Query: { plans: { me: () => users.get({ id: context().get("userId") }) } } },
}));

// The index of rights begins with the tenant, so the way to them does too. Two names would clash
// with those of types that it makes.
const Tags = jsonPgSmartTags({
  version: 1,
  config: {
    class: {
      subscriptions: { tags: { behavior: "-*" } },
      "public.members": { tags: { unique: "tenant_id,id" } },
      "public.app_access": {
        tags: {
          foreignKey:
            "(tenant_id,member_id) references public.members (tenant_id,id)" +
            "|@foreignFieldName appAccess",
        },
      },
    },
    procedure: { account_link: { tags: { behavior: "-*" } } },
  },
});

const server = createServer();
const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  plugins: [Me, Tags],
  disablePlugins: ["PgMutationCreatePlugin", "PgMutationUpdateDeletePlugin"],
  pgServices: [makePgService({ pool, schemas: ["public"] })],
  grafserv: { graphiql: false, watch: false, outputDataAsString: true },
  grafast: {
    explain: false,
    async context({ node }) {
      const found = await viewer(node.req.headers);
      return {
        userId: found?.id,
        pgSettings: {
          role,
          "app.user": found?.id ?? "",
          "app.tenants": found?.tenants ?? "",
        },
      };
    },
  },
});
await instance.getSchema();
await instance.createServ(grafserv).addTo(server);
server.listen(port, "127.0.0.1", () => console.log("ready"));
