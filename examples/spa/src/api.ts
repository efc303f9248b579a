/** The API: where it is, and a client of it for as long as the same person is signed in. */
import { Client, cacheExchange, fetchExchange, mapExchange } from "urql";

/** `onSignedOut` is called when the server says that the session is over. */
export function connect(onSignedOut: () => void): Client {
  return new Client({
    url: `${address()}/graphql`,
    fetchOptions: { credentials: "include" }, // the session is a cookie that scripts never see
    preferGetMethod: false,
    exchanges: [
      cacheExchange, // reads a list again after a change of something in it
      mapExchange({
        onResult({ data, error }) {
          const inUnions = Object.values(data ?? {}).map((answer: unknown) => codeOf(answer));
          const inErrors = error?.graphQLErrors.map((each) => codeOf(each.extensions)) ?? [];
          if ([...inUnions, ...inErrors].includes("UNAUTHENTICATED")) onSignedOut();
        },
      }),
      fetchExchange,
    ],
  });
}

function address(): string {
  return document.querySelector<HTMLMetaElement>("meta[name=api]")?.content ?? "";
}

function codeOf(answer: unknown): unknown {
  return (answer as { code?: unknown } | null)?.code;
}
