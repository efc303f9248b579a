/** Who looks at the page, and the tenants he may choose from. */
import { ask } from "../api.ts";
import type { ExplorerQuery, ExplorerQueryVariables } from "../operations.ts";

export interface Tenant {
  id: string;
  name: string;
}

export interface Explorer {
  name: string;
  tenants: Tenant[];
}

const EXPLORER = /* GraphQL */ `
  query Explorer($after: String) {
    me {
      user {
        displayName
      }
      memberships(first: 100, after: $after) {
        pageInfo {
          hasNextPage
          endCursor
        }
        edges {
          node {
            status
            tenant {
              id
              name
            }
          }
        }
      }
    }
  }
`;

/**
 * Null where nobody is signed in.
 *
 * @throws Trouble
 */
export async function explorer(): Promise<Explorer | null> {
  const tenants: Tenant[] = [];
  for (let after: string | null = null; ; ) {
    const me = await page(after);
    if (!me) return null;
    const joined = me.memberships.edges.filter(({ node }) => node.status === "JOINED");
    tenants.push(...joined.map(({ node }) => node.tenant));
    if (!me.memberships.pageInfo.hasNextPage) return { name: me.user.displayName, tenants };
    after = me.memberships.pageInfo.endCursor;
  }
}

async function page(after: string | null): Promise<ExplorerQuery["me"]> {
  return (await ask<ExplorerQuery, ExplorerQueryVariables>(EXPLORER, { after })).me;
}
