/** Our own API, asked with the session of this browser and in the language of the page. */
import { gettext, isChosen, language, locale } from "./language.ts";

/** The answer is no answer: nobody there, or nobody with time. The message is for people. */
export class Trouble extends Error {}

/**
 * The data of one operation.
 *
 * @throws Trouble
 */
export async function ask<Data, Variables = Record<string, never>>(
  query: string,
  variables: Variables,
): Promise<Data> {
  const { data, errors } = await post(JSON.stringify({ query, variables }));
  if (errors?.[0]) throw new Trouble(errors[0].message);
  return data as Data;
}

interface Answer {
  data?: unknown;
  errors?: { message: string }[];
}

async function post(body: string): Promise<Answer> {
  const headers: Record<string, string> = {
    "Content-Type": "application/json",
    Accept: "application/graphql-response+json",
    "Accept-Language": language(),
  };
  if (isChosen()) headers["Tenantry-Locale"] = locale();
  try {
    const response = await fetch("/graphql", { method: "POST", headers, body });
    return (await response.json()) as Answer;
  } catch {
    throw new Trouble(gettext("The server could not be reached. Try again in a moment."));
  }
}
