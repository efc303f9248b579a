/** The tenants of whoever is signed in; one of them is looked at. */
import { useState } from "react";
import { useQuery } from "urql";
import { graphql } from "./gql";
import { Invite } from "./Invite";
import { Members } from "./Members";

const TENANTS = graphql(`
  query Tenants {
    tenants(first: 100) {
      edges {
        node {
          id
          name
          grantableRoles {
            code
            name
          }
        }
      }
    }
  }
`);

export function Tenants() {
  const [{ data, error }] = useQuery({ query: TENANTS });
  const [chosen, choose] = useState<string>();
  if (error) return <p role="alert">{error.message}</p>;
  const tenants = data?.tenants?.edges.map((edge) => edge.node) ?? [];
  const tenant = tenants.find((each) => each.id === chosen) ?? tenants[0];
  if (!tenant) return <p>{data ? "You are in no tenant yet." : "One moment."}</p>;
  return (
    <>
      <h1>{tenant.name}</h1>
      {tenants.length > 1 && (
        <label>
          Tenant
          <select value={tenant.id} onChange={(event) => choose(event.target.value)}>
            {tenants.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      <Members key={tenant.id} tenantId={tenant.id} />
      {tenant.grantableRoles.length > 0 && (
        <Invite key={`invite ${tenant.id}`} tenantId={tenant.id} roles={tenant.grantableRoles} />
      )}
    </>
  );
}
