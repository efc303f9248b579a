// Asks a supergraph. Standard input holds as JSON: its SDL, the address of Tenantry, the rows of
// `billing`, and operations, each with what its caller is known by; out come the answers.
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { ApolloGateway, LocalGraphQLDataSource, RemoteGraphQLDataSource } from "@apollo/gateway";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { parse } from "graphql";

const { supergraph, url, rows, operations } = JSON.parse(await text(process.stdin));

class Tenantry extends RemoteGraphQLDataSource {
  willSendRequest({ request, context }) {
    request.http.headers.set("authorization", context.authorization);
  }
}

const pageInfo = { hasNextPage: false, hasPreviousPage: false };
const billing = buildSubgraphSchema({
  typeDefs: parse(readFileSync(new URL("billing.graphql", import.meta.url), "utf8")),
  resolvers: {
    Query: {
      invoices: () => ({ pageInfo, edges: rows.map((node) => ({ cursor: node.id, node })) }),
    },
    Tenant: { balance: ({ id }) => rows.filter((row) => row.tenant.id === id).length },
    Member: { receiptsTo: ({ email }) => email && `receipts+${email}` },
  },
});

const gateway = new ApolloGateway({
  supergraphSdl: supergraph,
  buildService: ({ name }) =>
    name === "tenantry" ? new Tenantry({ url }) : new LocalGraphQLDataSource(billing),
  logger: { debug() {}, info() {}, warn() {}, error: console.error },
});
const { schema, executor } = await gateway.load();

async function answer({ query, authorization }) {
  const request = { query, http: { headers: new Map() } };
  const document = parse(query);
  const operation = document.definitions[0];
  const context = { authorization };
  const { data, errors } = await executor({
    ...{ request, document, operation, context, schema, source: query, queryHash: query },
    ...{ operationName: null, logger: console, metrics: {}, cache: new Map() },
  });
  return { data, errors };
}

const answers = [];
for (const operation of operations) answers.push(await answer(operation));
console.log(JSON.stringify({ answers }));
await gateway.stop();
