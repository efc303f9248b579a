/** `/confirm-email#token`: the address that a link was mailed to becomes the account's. */
import { ask } from "../api.ts";
import { h } from "../dom.ts";
import { faults, form } from "../form.ts";
import { gettext } from "../language.ts";
import { dropToken, takeToken } from "../link.ts";
import type { ConfirmEmailMutation, ConfirmEmailMutationVariables } from "../operations.ts";
import { begin, heading, say, show } from "../page.ts";

const CONFIRM = /* GraphQL */ `
  mutation ConfirmEmail($token: String!) {
    confirmEmail(input: { token: $token }) {
      __typename
      ... on ConfirmEmailPayload {
        email
      }
      ... on Error {
        message
      }
    }
  }
`;

await begin(() => {
  const token = takeToken();
  if (!token) return say(() => gettext("This link is not valid"));
  show(() => [
    heading(gettext("Confirm your new address")),
    h("p", {}, gettext("From then on you sign in with it, and mails go there.")),
    form([], gettext("Confirm the address"), () => confirm(token)),
  ]);
});

async function confirm(token: string) {
  const { confirmEmail: answer } = await ask<ConfirmEmailMutation, ConfirmEmailMutationVariables>(
    CONFIRM,
    { token },
  );
  if (answer?.__typename !== "ConfirmEmailPayload") return answer ? faults(answer) : [];
  dropToken();
  say(
    () => gettext("Your address is confirmed"),
    () => gettext("You sign in with %(email)s from now on.", { email: answer.email }),
  );
  return [];
}
