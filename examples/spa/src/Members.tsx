/** The people of a tenant, a page at a time. What may be done with each, the server says. */
import { useState } from "react";
import { useQuery } from "urql";
import { graphql } from "./gql";
import { Resend } from "./Resend";

const ROWS = 20;

const MEMBERS = graphql(`
  query Members($tenantId: ID!, $first: Int, $after: String, $last: Int, $before: String) {
    members(tenantId: $tenantId, first: $first, after: $after, last: $last, before: $before) {
      totalCount
      edges {
        node {
          id
          fullName
          email
          status
          role {
            name
          }
          invitation {
            id
            state
          }
          viewer {
            canResend
          }
        }
      }
      pageInfo {
        hasPreviousPage
        startCursor
        hasNextPage
        endCursor
      }
    }
  }
`);

export function Members({ tenantId }: { tenantId: string }) {
  const [page, turn] = useState<object>({ first: ROWS });
  const [{ data, error }] = useQuery({ query: MEMBERS, variables: { tenantId, ...page } });
  if (error) return <p role="alert">{error.message}</p>;
  if (!data?.members) return <p>One moment.</p>;
  const { edges, pageInfo, totalCount } = data.members;
  return (
    <>
      <table>
        <caption>{totalCount} people</caption>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Role</th>
            <th scope="col">Status</th>
          </tr>
        </thead>
        <tbody>
          {edges.map(({ node }) => (
            <tr key={node.id}>
              <td>{node.fullName ?? node.email}</td>
              <td>{node.role.name}</td>
              <td>
                {node.invitation?.state === "EXPIRED" ? "EXPIRED" : node.status}
                {node.viewer.canResend && node.invitation && (
                  <Resend invitationId={node.invitation.id} to={node.email} />
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <nav aria-label="Pages">
        <button
          type="button"
          disabled={!pageInfo.hasPreviousPage}
          onClick={() => turn({ last: ROWS, before: pageInfo.startCursor })}
        >
          Previous
        </button>
        <button
          type="button"
          disabled={!pageInfo.hasNextPage}
          onClick={() => turn({ first: ROWS, after: pageInfo.endCursor })}
        >
          Next
        </button>
      </nav>
    </>
  );
}
