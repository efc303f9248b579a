/**
 * What an invitation comes to, whether to a tenant or to own a new one: who may answer it, how he
 * does, and what he is told at the end.
 */
import { ask } from "./api.ts";
import { onwards } from "./destination.ts";
import { type Child, facts, h } from "./dom.ts";
import { type Fault, faults, form } from "./form.ts";
import { gettext } from "./language.ts";
import { dropToken } from "./link.ts";
import type { JoinedQuery, JoinedQueryVariables, RegistrationInput } from "./operations.ts";
import { heading, say, show } from "./page.ts";
import { type Known, registration, registrationFields } from "./registration.ts";
import { signIn } from "./sign-in.ts";
import { signOut } from "./sign-out.ts";

const JOINED = /* GraphQL */ `
  query Joined($tenantId: ID!) {
    tenant(id: $tenantId) {
      name
      viewer {
        role {
          name
        }
      }
    }
  }
`;

export interface Offer extends Known {
  registrationRequired: boolean;
  viewerIsInvited: boolean;
}

export interface Me {
  login: string;
  user: { displayName: string };
}

/** What the page of the invitation does; `open` asks anew and shows what is so now. */
export interface Steps {
  /** With which he signs in, where the page knows one. */
  login?: string;
  open: () => Promise<void>;
  accept: (registration: RegistrationInput | null) => Promise<Fault[]>;
}

/** Accepting, in the way that is open to whoever is here. */
export function ways(offer: Offer, passwordMinLength: number, steps: Steps): Child[] {
  const { login, open, accept } = steps;
  if (offer.viewerIsInvited) return [form([], gettext("Accept"), () => accept(null))];
  if (!offer.registrationRequired)
    return [
      h("p", {}, gettext("You have an account already. Sign in with it to answer.")),
      ...signIn({ login: login ?? null, done: open }),
    ];
  const fields = registrationFields(offer, passwordMinLength);
  const submit = gettext("Create the account and accept");
  return [
    h("p", {}, gettext("You have no account yet. Check what is filled in and choose a password.")),
    form(fields, submit, (given) => accept(registration(given))),
  ];
}

/** Somebody else is signed in; `open` once he is not. */
export function showWrongAccount(me: Me, email: string, open: () => Promise<void>): void {
  const out = async () => {
    await signOut();
    await open();
    return [];
  };
  show(() => [
    heading(gettext("This invitation is for somebody else")),
    facts(
      [gettext("It is for"), email],
      [gettext("Signed in as"), `${me.user.displayName} (${me.login})`],
    ),
    h("p", {}, gettext("To answer it, sign out first. Until then it stays as it is.")),
    form([], gettext("Sign out and go on"), out),
  ]);
}

/** The same for everything dead. */
export function showDead(): void {
  say(
    () => gettext("This link is not valid"),
    () =>
      gettext("It has been used, withdrawn, a newer one has taken its place, or it is too old."),
    () => gettext("Look for a newer mail. If there is none, ask whoever invited you for another."),
  );
}

/** An answer that is no acceptance, on the page or as faults of its form. */
export async function settle(
  answer: { __typename: string; message: string },
  open: () => Promise<void>,
): Promise<Fault[]> {
  switch (answer.__typename) {
    case "InvitationUnavailable":
      showDead();
      return [];
    case "SignInRequired": // something has changed since the page was opened
    case "RegistrationRequired":
    case "WrongAccount":
      await open();
      return [];
    default:
      return faults(answer);
  }
}

/** The invitation is accepted. */
export async function showWelcome(tenantId: string): Promise<void> {
  dropToken();
  await showPlace(tenantId, (tenant) => gettext("Welcome to %(tenant)s", { tenant }));
}

/** By this very link, some time ago. */
export async function showMember(tenantId: string | undefined): Promise<void> {
  if (!tenantId) return showDead();
  await showPlace(tenantId, (tenant) =>
    gettext("You are a member of %(tenant)s already", { tenant }),
  );
}

async function showPlace(tenantId: string, title: (tenant: string) => string): Promise<void> {
  const { tenant } = await ask<JoinedQuery, JoinedQueryVariables>(JOINED, { tenantId });
  if (!tenant) return showDead();
  const role = tenant.viewer.role?.name ?? "";
  show(
    () => [
      heading(title(tenant.name)),
      h("p", {}, gettext("Your role: %(role)s", { role })),
      onwards(),
    ],
    () => showPlace(tenantId, title),
  );
}
