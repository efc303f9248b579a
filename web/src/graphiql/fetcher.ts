/** How GraphiQL asks our API: with the session of this browser, subscriptions as events (SSE). */
import type { GraphiQL } from "graphiql";
import { getOperationAST, parse } from "graphql";
import { createClient, type RequestParams } from "graphql-sse";
import type { ComponentProps } from "react";

type Fetcher = ComponentProps<typeof GraphiQL>["fetcher"];

const ADDRESS = "/graphql";
const events = createClient({ url: ADDRESS, retryAttempts: 0 });

export const fetcher: Fetcher = (given) => {
  const operation = meant(given);
  const operationName = operation?.name?.value ?? given.operationName ?? null;
  const request = { ...given, operationName };
  if (operation?.operation === "subscription") return events.iterate(request as RequestParams);
  return answer(request);
};

/** GraphiQL reads a document a moment after it shows it, and names the one before until then. */
function meant({ query, operationName }: Parameters<Fetcher>[0]) {
  try {
    const document = parse(query);
    return getOperationAST(document, operationName) ?? getOperationAST(document);
  } catch {
    return null; // the server says what is wrong with it
  }
}

async function answer(request: Parameters<Fetcher>[0]) {
  const headers = {
    "Content-Type": "application/json",
    Accept: "application/graphql-response+json, application/json;q=0.9",
  };
  const response = await fetch(ADDRESS, { method: "POST", headers, body: JSON.stringify(request) });
  return response.json();
}
