// better-auth with its organizations, as its manual sets it up on a server of Node's:
// `node better_auth.mjs PORT DATABASE_URL`; `migrate` in place of the port makes its tables. Its
// secret and address are BETTER_AUTH_SECRET and BETTER_AUTH_URL.
import { createServer } from "node:http";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import { organization } from "better-auth/plugins/organization";
import pg from "pg";

const [port, connectionString] = process.argv.slice(2);

const auth = betterAuth({
  database: new pg.Pool({ connectionString, max: 10 }),
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  logger: { level: "error" },
  advanced: { database: { joins: true } },
  plugins: [
    organization({
      membershipLimit: 1_000_000,
      invitationLimit: 1_000_000,
      requireEmailVerificationOnInvitation: true,
      async sendInvitationEmail() {},
    }),
  ],
});

if (port === "migrate") {
  await (await getMigrations(auth.options)).runMigrations();
  process.exit();
}
createServer(toNodeHandler(auth)).listen(port, "127.0.0.1", () => console.log("ready"));
