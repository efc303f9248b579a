// Composes subgraphs: standard input holds their SDL by name, as JSON; out comes the supergraph, or
// why there is none.
import { text } from "node:stream/consumers";
import { composeServices } from "@apollo/composition";
import { parse } from "graphql";

const subgraphs = Object.entries(JSON.parse(await text(process.stdin)));
const { errors, supergraphSdl } = composeServices(
  subgraphs.map(([name, sdl]) => ({ name, typeDefs: parse(sdl) })),
);
console.log(JSON.stringify({ errors: (errors ?? []).map(String), supergraph: supergraphSdl }));
