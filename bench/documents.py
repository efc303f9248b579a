"""What is asked of GraphQL servers with this schema, as clients write it."""

PAGE = """
query Page($t: ID!) {
  tenant(id: $t) {
    id
    name
    members(first: 50) {
      totalCount
      pageInfo { hasNextPage endCursor hasPreviousPage startCursor }
      edges {
        cursor
        node {
          id
          status
          fullName
          email
          role { code }
          user { id fullName }
          appAccess { edges { node { right app { id name } } } }
        }
      }
    }
  }
}
"""
SMALL = "query Small($t: ID!) { tenant(id: $t) { id name } }"
ME = "query Me { me { user { id } } }"
INVITE = """
mutation Invite($input: InviteMemberInput!) {
  inviteMember(input: $input) {
    __typename
    ... on InviteMemberPayload { emailQueued member { id status email } }
  }
}
"""
ACCEPT = """
mutation Accept($input: AcceptInvitationInput!) {
  acceptInvitation(input: $input) {
    __typename
    ... on AcceptInvitationPayload { member { id status } }
  }
}
"""
