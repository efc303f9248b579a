/** A mailed link about an account: whether it lives is told before anybody types a password. */
import { ask, Trouble } from "./api.ts";
import { type Child, h } from "./dom.ts";
import { gettext, speakAs } from "./language.ts";
import { dropToken } from "./link.ts";
import type { AccountLinkQuery, AccountLinkQueryVariables } from "./operations.ts";
import { heading, show } from "./page.ts";

const LOOK = /* GraphQL */ `
  query AccountLink($token: String!) {
    accountLink(token: $token) {
      __typename
      ... on AccountLink {
        email
        locale
        expiresAt
      }
      ... on Error {
        message
      }
    }
    registrationIsOpen
    passwordMinLength
  }
`;

export interface Living {
  email: string;
  expiresAt: string;
  registrationIsOpen: boolean;
  passwordMinLength: number;
}

/**
 * What the link is for, in the language of its reader; null for every dead one.
 *
 * @throws Trouble
 */
export async function look(token: string): Promise<Living | null> {
  const { accountLink: link, ...rules } = await ask<AccountLinkQuery, AccountLinkQueryVariables>(
    LOOK,
    { token },
  );
  if (link?.__typename === "RateLimited") throw new Trouble(link.message);
  if (link?.__typename !== "AccountLink") return null;
  await speakAs(link.locale);
  return { ...rules, email: link.email ?? "", expiresAt: link.expiresAt };
}

/** The same for all dead links; `next` says how to get another one. */
export function showDead(next: () => Child[]): void {
  dropToken();
  show(() => [
    heading(gettext("This link is not valid")),
    h("p", {}, gettext("It has been used, a newer one has taken its place, or its time is over.")),
    ...next(),
  ]);
}
