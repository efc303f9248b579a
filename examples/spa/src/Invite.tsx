/** Invites somebody by e-mail. The answer does not tell whether the address is registered. */
import { useState } from "react";
import { useMutation } from "urql";
import { Form } from "./Form";
import { graphql } from "./gql";

const INVITE = graphql(`
  mutation Invite($input: InviteMemberInput!) {
    inviteMember(input: $input) {
      __typename
      ... on InviteMemberPayload {
        emailQueued
        member {
          id
          email
        }
      }
      ... on InvalidInput {
        fields {
          message
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
  tenantId: string;
  roles: { code: string; name: string }[];
}

export function Invite({ tenantId, roles }: Props) {
  const [{ fetching }, invite] = useMutation(INVITE);
  const [problem, setProblem] = useState<string>();
  const [news, setNews] = useState<string>();

  async function submit(form: FormData) {
    const email = String(form.get("email"));
    const role = String(form.get("role"));
    const { data, error } = await invite({ input: { tenantId, invitee: { email }, role } });
    const answer = data?.inviteMember;
    setNews(undefined);
    setProblem(undefined);
    switch (answer?.__typename) {
      case "InviteMemberPayload":
        return setNews(
          answer.emailQueued
            ? `${answer.member.email} is invited.`
            : `${answer.member.email} is invited, but gets no mail.`,
        );
      case "InvalidInput":
        return setProblem(answer.fields.map((field) => field.message).join(" "));
      default:
        setProblem(answer?.message ?? error?.message);
    }
  }

  return (
    <Form onSend={submit}>
      <h2>Invite somebody</h2>
      <label>
        E-mail
        <input name="email" type="email" autoComplete="off" required />
      </label>
      <label>
        Role
        <select name="role" defaultValue={roles.at(-1)?.code}>
          {roles.map(({ code, name }) => (
            <option key={code} value={code}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {problem && <p role="alert">{problem}</p>}
      <button type="submit" disabled={fetching}>
        Invite
      </button>
      <p role="status">{news}</p>
    </Form>
  );
}
