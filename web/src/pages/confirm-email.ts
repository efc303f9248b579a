/** `/confirm-email#token`: the address that a link was mailed to becomes the account's. */
import { look, showDead } from "../account-link.ts";
import { ask } from "../api.ts";
import { onwards } from "../destination.ts";
import { h } from "../dom.ts";
import { type Fault, faults, form } from "../form.ts";
import { gettext, moment } from "../language.ts";
import { dropToken, takeToken } from "../link.ts";
import type { ConfirmEmailMutation, ConfirmEmailMutationVariables } from "../operations.ts";
import { begin, heading, show } from "../page.ts";

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

await begin(open);

async function open(): Promise<void> {
  const token = takeToken();
  const link = token && (await look(token));
  if (!token || !link) return showDead(hint);
  const { email, expiresAt } = link;
  show(() => [
    heading(gettext("Confirm your new address")),
    h("p", {}, gettext("From then on you sign in with %(email)s, and mails go there.", { email })),
    h(
      "p",
      { class: "faint" },
      gettext("The link works until %(moment)s.", { moment: moment(expiresAt) }),
    ),
    form([], gettext("Confirm the address"), () => confirm(token)),
  ]);
}

function hint() {
  const text = gettext("Ask for the change of your address once more, where you asked for it.");
  return [h("p", {}, text), onwards()];
}

async function confirm(token: string): Promise<Fault[]> {
  const { confirmEmail: answer } = await ask<ConfirmEmailMutation, ConfirmEmailMutationVariables>(
    CONFIRM,
    { token },
  );
  if (answer?.__typename === "ConfirmEmailPayload") showConfirmed(answer.email);
  else if (answer?.__typename === "LinkUnavailable") showDead(hint);
  else return answer ? faults(answer) : [];
  return [];
}

function showConfirmed(email: string): void {
  dropToken();
  show(() => [
    heading(gettext("Your address is confirmed")),
    h("p", {}, gettext("You sign in with %(email)s from now on.", { email })),
    onwards(),
  ]);
}
