/** How GraphiQL asks our API: with the session of this browser, subscriptions as events (SSE). */
import type { GraphiQL } from "graphiql";
import { getOperationAST } from "graphql";
import { createClient, type RequestParams } from "graphql-sse";
import type { ComponentProps } from "react";

type Fetcher = ComponentProps<typeof GraphiQL>["fetcher"];

const ADDRESS = "/graphql";
const events = createClient({ url: ADDRESS, retryAttempts: 0 });

export const fetcher: Fetcher = (request, options) => {
  const operation =
    options?.documentAST && getOperationAST(options.documentAST, request.operationName);
  if (operation?.operation === "subscription") return events.iterate(request as RequestParams);
  return answer(request);
};

async function answer(request: Parameters<Fetcher>[0]) {
  const headers = {
    "Content-Type": "application/json",
    Accept: "application/graphql-response+json, application/json;q=0.9",
  };
  const response = await fetch(ADDRESS, { method: "POST", headers, body: JSON.stringify(request) });
  return response.json();
}
