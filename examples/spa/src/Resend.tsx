/** Sends a pending member a new link; the old one is dead at once. */
import { useState } from "react";
import { useMutation } from "urql";
import { graphql } from "./gql";

const RESEND = graphql(`
  mutation Resend($input: ResendInvitationInput!) {
    resendInvitation(input: $input) {
      __typename
      ... on ResendInvitationPayload {
        emailQueued
        invitation {
          id
          state
        }
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

interface Props {
  invitationId: string;
  to: string | null;
}

export function Resend({ invitationId, to }: Props) {
  const [{ fetching }, resend] = useMutation(RESEND);
  const [outcome, setOutcome] = useState<string>();

  async function press() {
    const { data, error } = await resend({ input: { invitationId } });
    const answer = data?.resendInvitation;
    if (answer?.__typename === "ResendInvitationPayload")
      setOutcome(answer.emailQueued ? "Sent again." : "A new link was made, but not mailed.");
    else setOutcome(answer?.message ?? error?.message);
  }

  return (
    <>
      <button type="button" disabled={fetching} onClick={press} aria-label={`Send again to ${to}`}>
        Send again
      </button>
      <span role="status">{outcome}</span>
    </>
  );
}
