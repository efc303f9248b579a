/**
 * Signing in, on whichever page: login and password, then what the API asks for beside them.
 *
 * What was typed in a step before is kept in memory, for as long as the page stands.
 */
import { ask } from "./api.ts";
import { type Child, h } from "./dom.ts";
import { type Fault, faults, form, type Given } from "./form.ts";
import { identityProviders } from "./identity-providers.ts";
import { gettext } from "./language.ts";
import { keptFor, newPassword } from "./new-password.ts";
import type { SignInMutation, SignInMutationVariables } from "./operations.ts";
import { heading, show } from "./page.ts";

const SIGN_IN = /* GraphQL */ `
  mutation SignIn(
    $login: String!
    $password: String!
    $newPassword: String
    $secondFactor: String
  ) {
    signIn(
      input: {
        login: $login
        password: $password
        newPassword: $newPassword
        secondFactor: $secondFactor
        transport: COOKIE
      }
    ) {
      __typename
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

type Typed = SignInMutationVariables;
type Done = () => Promise<void> | void;

export interface SignIn {
  /** What stands in the first field already. */
  login?: string | null;
  /** The session has begun; its cookie is set. */
  done: Done;
}

/** The form, and the identity providers; the steps after it are views of their own. */
export function signIn({ login, done }: SignIn): Child[] {
  const fields = [
    { name: "login", label: gettext("Login or e-mail"), autocomplete: "username", value: login },
    currentPassword(),
  ];
  return [
    form(fields, gettext("Sign in"), (given) => attempt(given as Given & Typed, done)),
    identityProviders(),
  ];
}

function currentPassword() {
  const label = gettext("Password");
  return { name: "password", label, type: "password", autocomplete: "current-password" } as const;
}

async function attempt(typed: Typed, done: Done): Promise<Fault[]> {
  const { signIn: answer } = await ask<SignInMutation, Typed>(SIGN_IN, typed);
  switch (answer?.__typename) {
    case "SignedIn":
      await done();
      return [];
    case "SecondFactorRequired":
      askCode((code) => attempt({ ...typed, ...code }, done));
      return [];
    case "PasswordChangeRequired":
      askNewPassword(typed, done);
      return [];
    default:
      return answer ? faults(answer) : [];
  }
}

/** The second factor; `submit` gets it as `secondFactor`. */
export function askCode(submit: (given: { secondFactor: string }) => Promise<Fault[]>): void {
  show(() => [
    heading(gettext("Enter your code")),
    h("p", {}, gettext("Your account asks for a second proof that it is you.")),
    form([code()], gettext("Sign in"), (given) =>
      submit({ secondFactor: given.secondFactor ?? "" }),
    ),
  ]);
}

function code() {
  return {
    name: "secondFactor",
    label: gettext("Code"),
    hint: gettext("The six digits in your authenticator app, or one of your recovery codes."),
    autocomplete: "one-time-code",
  };
}

function askNewPassword(typed: Typed, done: Done): void {
  const submit = async ({ newPassword }: Given) => {
    const found = await attempt({ ...typed, newPassword }, done);
    if (!found.some(isOfCode)) return found;
    askCode((code) => attempt({ ...typed, ...code, newPassword }, done)); // it ran out meanwhile
    return [];
  };
  show(() => [
    heading(gettext("Choose a new password")),
    h("p", {}, gettext("Somebody else knows the one you have. From now on only you should.")),
    form([newPassword()], gettext("Set the password and sign in"), submit, keptFor(typed.login)),
  ]);
}

function isOfCode({ field }: Fault): boolean {
  return field === "secondFactor";
}
