/** `/reset-password`: asks for a link to a new password; `#token` sets it. */
import { look, showDead } from "../account-link.ts";
import { ask } from "../api.ts";
import { ACCOUNT, home } from "../destination.ts";
import { type Child, h } from "../dom.ts";
import { type Fault, faults, form } from "../form.ts";
import { gettext, moment } from "../language.ts";
import { dropToken, takeToken } from "../link.ts";
import { keptFor, newPassword } from "../new-password.ts";
import type {
  RequestPasswordResetMutation,
  RequestPasswordResetMutationVariables,
  ResetPasswordMutation,
  ResetPasswordMutationVariables,
} from "../operations.ts";
import { begin, heading, show } from "../page.ts";
import { signIn } from "../sign-in.ts";

const REQUEST = /* GraphQL */ `
  mutation RequestPasswordReset($login: String!) {
    requestPasswordReset(input: { login: $login }) {
      __typename
      ... on RequestPasswordResetPayload {
        expiresAt
      }
      ... on Error {
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
`;
const RESET = /* GraphQL */ `
  mutation ResetPassword($token: String!, $newPassword: String!) {
    resetPassword(input: { token: $token, newPassword: $newPassword }) {
      __typename
      ... on ResetPasswordPayload {
        login
      }
      ... on Error {
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
`;

await begin(open);

async function open(): Promise<void> {
  const token = takeToken();
  if (!token) return showRequest();
  const link = await look(token);
  if (!link) return showDead(requesting);
  const { email, passwordMinLength } = link;
  show(() => [
    heading(gettext("Choose a new password")),
    h("p", {}, gettext("For the account with the address %(email)s.", { email })),
    form(
      [newPassword(passwordMinLength)],
      gettext("Set the password"),
      (given) => reset(token, given),
      keptFor(email),
    ),
  ]);
}

function showRequest(): void {
  show(() => [heading(gettext("Forgotten your password?")), ...requesting()]);
}

function requesting(): Child[] {
  const label = gettext("Login or e-mail");
  const text = gettext(
    "We mail a link to the address of your account. It lets you choose a new password.",
  );
  const field = { name: "login", label, autocomplete: "username" };
  return [h("p", {}, text), form([field], gettext("Send the link"), request), toSignIn()];
}

function toSignIn(): HTMLElement {
  return h("p", {}, h("a", { href: ACCOUNT }, gettext("Back to signing in")));
}

async function request(given: Record<string, string>): Promise<Fault[]> {
  const { requestPasswordReset: answer } = await ask<
    RequestPasswordResetMutation,
    RequestPasswordResetMutationVariables
  >(REQUEST, { login: given.login ?? "" });
  if (answer?.__typename !== "RequestPasswordResetPayload") return answer ? faults(answer) : [];
  showSent(answer.expiresAt);
  return [];
}

/** The same whether or not there is such an account. */
function showSent(expiresAt: string): void {
  show(() => [
    heading(gettext("Look into your mail")),
    h("p", {}, gettext("If there is such an account and it has an address, a link is on its way.")),
    h("p", {}, gettext("The link works until %(moment)s.", { moment: moment(expiresAt) })),
    toSignIn(),
  ]);
}

async function reset(token: string, given: Record<string, string>): Promise<Fault[]> {
  const { resetPassword: answer } = await ask<
    ResetPasswordMutation,
    ResetPasswordMutationVariables
  >(RESET, { token, newPassword: given.newPassword ?? "" });
  if (answer?.__typename === "ResetPasswordPayload") showReset(answer.login);
  else if (answer?.__typename === "LinkUnavailable") showDead(requesting);
  else return answer ? faults(answer) : [];
  return [];
}

function showReset(login: string): void {
  dropToken();
  show(() => [
    heading(gettext("Your password is set")),
    h("p", {}, gettext("You were signed out everywhere. Sign in with the new one.")),
    ...signIn({ login, done: () => location.replace(home() ?? ACCOUNT) }),
  ]);
}
