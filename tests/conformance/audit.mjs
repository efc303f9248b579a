// Audits a server by graphql-http. The first argument is its address; out comes how each of the
// audits has ended, one after the other, so that one cannot disturb another.
import { serverAudits } from "graphql-http";

const ended = [];
for (const { id, name, fn } of serverAudits({ url: process.argv[2] })) {
  const { status, reason } = await fn();
  ended.push({ id, name, status, reason });
}
console.log(JSON.stringify(ended));
