// The page and the small queries, as somebody who knows Fastify, Mercurius and pg writes them:
// `node mercurius.mjs PORT DATABASE_URL`.
import { createHash } from "node:crypto";
import Fastify from "fastify";
import mercurius from "mercurius";
import pg from "pg";

const [port, connectionString] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString, max: 10 });

// Which roles may see the people of a tenant, by its catalogue.
const MAY_VIEW_MEMBERS = {
  PROJECT: ["OWNER", "MANAGER", "ADMINISTRATOR"],
  SUBSCRIBER: ["OWNER", "ADMINISTRATOR"],
  ACCOUNT: ["OWNER"],
};

const schema = `
  type Query {
    me: Me
    tenant(id: ID!): Tenant
  }
  type Me { user: User! }
  type User { id: ID!, fullName: String! }
  type Tenant {
    id: ID!
    name: String!
    members(first: Int = 50, after: String): MemberConnection
  }
  type MemberConnection {
    totalCount: Int
    pageInfo: PageInfo!
    edges: [MemberEdge!]!
  }
  type PageInfo {
    hasNextPage: Boolean!
    endCursor: String
    hasPreviousPage: Boolean!
    startCursor: String
  }
  type MemberEdge { cursor: String!, node: Member! }
  enum MemberStatus { PENDING JOINED DISABLED REMOVED }
  type Role { code: String! }
  type Member {
    id: ID!
    status: MemberStatus!
    role: Role!
    fullName: String
    email: String
    user: User
    appAccess: AppAccessConnection
  }
  type AppAccessConnection { edges: [AppAccessEdge!]! }
  type AppAccessEdge { node: AppAccess! }
  enum AppRight { LAUNCH LAUNCH_AND_ADMINISTER }
  type AppAccess { right: AppRight!, app: App! }
  type App { id: ID!, name: String! }
`;

// A statement with a name is prepared once for each connection.
const statement = (name, text) => async (...values) =>
  (await pool.query({ name, text, values })).rows;

const openSession = statement("session", `
  select u.id, u.full_name as "fullName",
    json_agg(json_build_object('tenantId', t.id, 'catalog', t.catalog, 'role', m.role,
      'grants', m.grants, 'denials', m.denials)) filter (where t.id is not null) as places
  from sessions s
  join users u on u.id = s.user_id
  left join members m on m.user_id = u.id and m.status = 'JOINED'
  left join tenants t on t.id = m.tenant_id and t.deleted_at is null
  where s.token_digest = $1 and s.last_used_at > now() - interval '30 days'
  group by u.id`);

const findTenant = statement("tenant", `
  select id, name from tenants where id = $1 and deleted_at is null`);

const countMembers = statement("count", `
  select count(*)::int as count from members where tenant_id = $1 and status <> 'REMOVED'`);

const COLUMNS = `
  m.id, m.tenant_id as "tenantId", m.status, m.role, u.id as "userId",
  coalesce(u.full_name, m.full_name) as "fullName", coalesce(u.email, m.email) as email,
  m.created_at::text as "createdAt"
  from members m left join users u on u.id = m.user_id and m.joined_at is not null
  where m.tenant_id = $1 and m.status <> 'REMOVED'`;
const ORDER = `order by m.created_at, m.id limit $2`;
const firstMembers = statement("first", `select ${COLUMNS} ${ORDER}`);
const nextMembers = statement("next", `
  select ${COLUMNS} and (m.created_at, m.id) > ($3::timestamptz, $4) ${ORDER}`);

const findAccess = statement("access", `
  select x.member_id as "memberId", x."right", a.id, a.name
  from app_access x join apps a on a.id = x.app_id
  where x.tenant_id = any($1) and x.member_id = any($2)
  order by x.app_id`);

async function viewer(request) {
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
  if (!token) return null;
  const [found] = await openSession(createHash("sha256").update(token).digest("hex"));
  return found ?? null;
}

const placeIn = (viewer, tenantId) => viewer?.places?.find((place) => place.tenantId === tenantId);

function maySeeMembers({ catalog, role, grants, denials }) {
  const held = MAY_VIEW_MEMBERS[catalog].includes(role) || grants.includes("members:view");
  return held && !denials.includes("members:view");
}

// A cursor names its list, which another list would refuse.
const listOf = (tenant) => `members:CREATED_AT:${tenant.id}`;
const encode = (list, member) =>
  Buffer.from(JSON.stringify([list, member.createdAt, member.id])).toString("base64url");

function decode(list, cursor) {
  const [named, ...position] = JSON.parse(Buffer.from(cursor, "base64url"));
  if (named !== list) throw new mercurius.ErrorWithProps("No cursor of this list");
  return position;
}

async function membersOf(tenant, { first, after }, { viewer }) {
  const place = placeIn(viewer, tenant.id);
  if (!place || !maySeeMembers(place)) throw new mercurius.ErrorWithProps("Not yours to see");
  const list = listOf(tenant);
  const size = Math.min(Math.max(first, 1), 100);
  const found = after
    ? await nextMembers(tenant.id, size + 1, ...decode(list, after))
    : await firstMembers(tenant.id, size + 1);
  const edges = found.slice(0, size).map((node) => ({ cursor: encode(list, node), node }));
  const pageInfo = {
    hasNextPage: found.length > size,
    endCursor: edges.at(-1)?.cursor,
    hasPreviousPage: after != null,
    startCursor: edges[0]?.cursor,
  };
  return { tenantId: tenant.id, edges, pageInfo };
}

const resolvers = {
  Query: {
    me: (_, __, { viewer }) => viewer && { user: viewer },
    tenant: async (_, { id }, { viewer }) =>
      placeIn(viewer, id) ? (await findTenant(id))[0] : null,
  },
  Tenant: { members: membersOf },
  MemberConnection: {
    totalCount: async ({ tenantId }) => (await countMembers(tenantId))[0].count,
  },
  Member: {
    role: ({ role }) => ({ code: role }),
    user: ({ userId, fullName }) => userId && { id: userId, fullName },
  },
};

// Whoever may see members here may see their rights on every app.
async function accessOf(queries) {
  const members = queries.map(({ obj }) => obj);
  const tenants = [...new Set(members.map(({ tenantId }) => tenantId))];
  const found = await findAccess(tenants, members.map(({ id }) => id));
  const edges = new Map(members.map(({ id }) => [id, []]));
  for (const { memberId, right, id, name } of found) {
    edges.get(memberId).push({ node: { right, app: { id, name } } });
  }
  return members.map(({ id }) => ({ edges: edges.get(id) }));
}

const app = Fastify({ logger: false });
app.register(mercurius, {
  schema,
  resolvers,
  loaders: { Member: { appAccess: accessOf } },
  context: async (request) => ({ viewer: await viewer(request) }),
  jit: 1,
});
await app.listen({ port: Number(port), host: "127.0.0.1" });
console.log("ready");
