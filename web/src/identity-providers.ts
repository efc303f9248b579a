/** Buttons that lead to the identity providers, where somebody is who he is without a password. */
import { action } from "./action.ts";
import { ask } from "./api.ts";
import { h } from "./dom.ts";
import { gettext } from "./language.ts";
import type {
  IdentityProvidersQuery,
  StartProviderSignInMutation,
  StartProviderSignInMutationVariables,
} from "./operations.ts";
import { keepVisit } from "./visit.ts";

const LIST = /* GraphQL */ `
  query IdentityProviders {
    identityProviders {
      name
      title
    }
  }
`;
const START = /* GraphQL */ `
  mutation StartProviderSignIn($provider: String!) {
    startProviderSignIn(input: { provider: $provider }) {
      __typename
      ... on StartProviderSignInPayload {
        authorizationUrl
        visit
      }
      ... on Error {
        message
      }
    }
  }
`;

type Providers = IdentityProvidersQuery["identityProviders"];

let known: Promise<Providers> | undefined;

/** Filled as soon as it is known who there is; stays empty where there is nobody. */
export function identityProviders(): HTMLElement {
  const place = h("div", { class: "providers" });
  void list().then((found) => place.append(...found.map(button)));
  return place;
}

/** Asked once; without an answer there still is the form. */
function list(): Promise<Providers> {
  known ??= ask<IdentityProvidersQuery>(LIST, {}).then(
    ({ identityProviders }) => identityProviders,
    () => [],
  );
  return known;
}

function button({ name, title }: Providers[number]): HTMLElement {
  return action(gettext("Sign in with %(provider)s", { provider: title }), () => setOff(name));
}

/** What is in the way, if anything is. */
async function setOff(provider: string): Promise<string | undefined> {
  const { startProviderSignIn: answer } = await ask<
    StartProviderSignInMutation,
    StartProviderSignInMutationVariables
  >(START, { provider });
  if (answer?.__typename !== "StartProviderSignInPayload") return answer?.message;
  keepVisit(answer.visit);
  location.assign(answer.authorizationUrl);
  return undefined;
}
