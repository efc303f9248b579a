/** Who is signed in, and what there is for him to do. */
import { action } from "./action.ts";
import { ask } from "./api.ts";
import { home } from "./destination.ts";
import { type Child, facts, h } from "./dom.ts";
import { gettext, ngettext, speakAs } from "./language.ts";
import { myInvitations } from "./my-invitations.ts";
import type { MineQuery } from "./operations.ts";
import { heading, show } from "./page.ts";
import { signOut } from "./sign-out.ts";

const MINE = /* GraphQL */ `
  query Mine {
    me {
      login
      locale
      canExplore
      user {
        fullName
      }
      invitations(first: 100) {
        edges {
          node {
            id
            tenantName
            expiresAt
            role {
              name
            }
            invitedBy {
              displayName
            }
          }
        }
      }
      memberships(first: 20) {
        totalCount
        edges {
          node {
            id
            status
            role {
              name
            }
            tenant {
              name
            }
          }
        }
      }
    }
  }
`;

export type Mine = NonNullable<MineQuery["me"]>;
type Place = Mine["memberships"]["edges"][number]["node"];

/**
 * What is his, asked in his language; null where nobody is signed in.
 *
 * @throws Trouble
 */
export async function mine(): Promise<Mine | null> {
  const { me } = await ask<MineQuery>(MINE, {});
  await speakAs(me?.locale);
  return me;
}

/** `left` shows what there is for nobody; it is asked for anew whenever something has changed. */
export function showAccount(me: Mine, left: () => Promise<void>, notice?: string): void {
  const again = async (notice?: string) => {
    const now = await mine();
    return now ? showAccount(now, left, notice) : left();
  };
  show(
    () => [
      heading(gettext("You are signed in")),
      notice && h("p", { role: "status", class: "notice" }, notice),
      h("p", {}, gettext("As %(name)s, with the login %(login)s.", named(me))),
      ...myInvitations(nodes(me.invitations), again),
      ...places(me.memberships),
      ...onwards(me),
      signOutButton(left),
    ],
    () => again(),
  );
}

function named({ user, login }: Mine) {
  return { name: user.fullName, login };
}

function nodes<Node>({ edges }: { edges: { node: Node }[] }): Node[] {
  return edges.map(({ node }) => node);
}

function places(memberships: Mine["memberships"]): Child[] {
  const found = nodes(memberships);
  if (!found.length) return [];
  const more = (memberships.totalCount ?? 0) - found.length;
  return [
    h("h2", {}, gettext("Your tenants")),
    facts(...found.map(place)),
    more > 0 && h("p", {}, ngettext("And %(count)s more.", "And %(count)s more.", more)),
  ];
}

function place({ tenant, role, status }: Place): [string, string] {
  const values = { role: role.name };
  const text = status === "DISABLED" ? gettext("%(role)s, disabled at present", values) : role.name;
  return [tenant.name, text];
}

function onwards({ canExplore }: Mine): Child[] {
  const on = home();
  return [
    on && h("p", {}, h("a", { href: on }, gettext("Go on to the service"))),
    canExplore && h("p", {}, h("a", { href: "/graphql" }, gettext("Explore the API in GraphiQL"))),
  ];
}

function signOutButton(left: () => Promise<void>): HTMLElement {
  return action(gettext("Sign out"), async () => {
    await signOut();
    await left();
    return undefined;
  });
}
