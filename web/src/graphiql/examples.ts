/**
 * The queries that GraphiQL opens with: the main job, one a tab. Tests validate each against the
 * schema, and run them; variables that have to be given are there to be filled in.
 */
export const EXAMPLES = [
  `# Who am I? Press Ctrl-Enter to run it, and
# hold Ctrl to click a field and read about it.
query WhoAmI {
  me {
    login
    email
    emailVerified
    user {
      id
      displayName
    }
  }
}
`,
  `# My tenants, my role in each of them, and
# what I may do there.
query MyTenants {
  tenants(first: 20) {
    totalCount
    edges {
      node {
        id
        name
        catalog
        viewer {
          role {
            code
            name
          }
          permissions
        }
      }
    }
  }
}
`,
  `# The people of the tenant that is chosen above.
# Who is invited is among them: PENDING.
query Members($tenantId: ID!) {
  members(tenantId: $tenantId, first: 50) {
    totalCount
    edges {
      node {
        id
        fullName
        email
        status
        role {
          code
        }
        invitation {
          id
          state
          delivery
          expiresAt
        }
      }
    }
  }
}
`,
  `# Invite somebody by e-mail. RoleMatrix shows
# the codes of roles.
mutation Invite($tenantId: ID!, $email: String!, $role: RoleCode!) {
  inviteMember(input: { tenantId: $tenantId, invitee: { email: $email }, role: $role }) {
    ... on InviteMemberPayload {
      emailQueued
      member {
        id
        invitation {
          id
          expiresAt
        }
      }
    }
    ... on Error {
      code
      message
    }
    ... on InvalidInput {
      fields {
        path
        message
      }
    }
  }
}
`,
  `# Send an invitation again: with a new link, the
# old one is dead. Members shows its id.
mutation Resend($invitationId: ID!) {
  resendInvitation(input: { invitationId: $invitationId }) {
    ... on ResendInvitationPayload {
      emailQueued
      invitation {
        state
        expiresAt
      }
    }
    ... on Error {
      code
      message
    }
  }
}
`,
  `# Give a member another role. Members shows
# his id, RoleMatrix the codes of roles.
mutation ChangeRole($memberId: ID!, $role: RoleCode!) {
  changeRole(input: { memberId: $memberId, role: $role }) {
    ... on ChangeRolePayload {
      member {
        fullName
        role {
          code
        }
      }
    }
    ... on Error {
      code
      message
    }
    ... on RoleNotGrantable {
      grantable
    }
  }
}
`,
  `# What each role of the tenant may do, and
# which roles it hands out.
query RoleMatrix($tenantId: ID!) {
  tenant(id: $tenantId) {
    catalog
    roles {
      code
      name
      permissions
      handsOut
    }
  }
}
`,
  `# Listen: whatever changes in the list of members
# arrives here, until it is stopped.
subscription Changes($tenantId: ID!) {
  memberChanged(tenantId: $tenantId) {
    memberId
    member {
      fullName
      status
      role {
        code
      }
    }
  }
}
`,
];

/** What an operation has to be given, empty: `{"tenantId": ""}`; null where that is nothing. */
export function blanks(query: string): string | null {
  const names = [...query.matchAll(/\$(\w+): \w+!/g)].map(([, name]) => [name, ""]);
  return names.length ? JSON.stringify(Object.fromEntries(names), null, 2) : null;
}

/** The variables with that tenant, where they name one; they may be half written. */
export function inTenant(variables: string, tenantId: string): string {
  return variables.replace(/("tenantId"\s*:\s*)"[^"]*"/g, (_, name) => `${name}"${tenantId}"`);
}
