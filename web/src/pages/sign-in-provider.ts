/**
 * `/sign-in/provider`: identity providers send people back here, with a code or with an error.
 *
 * What they say of an error stays unread: anybody can write such an address.
 */
import { ask, Trouble } from "../api.ts";
import { ACCOUNT, ownAddress } from "../destination.ts";
import { h } from "../dom.ts";
import { type Fault, faults } from "../form.ts";
import { gettext } from "../language.ts";
import type {
  SignInWithProviderMutation,
  SignInWithProviderMutationVariables,
} from "../operations.ts";
import { begin, heading, show } from "../page.ts";
import { askCode } from "../sign-in.ts";
import { takeVisit } from "../visit.ts";

const FINISH = /* GraphQL */ `
  mutation SignInWithProvider(
    $visit: String!
    $code: String!
    $state: String!
    $issuer: String
    $secondFactor: String
  ) {
    signInWithProvider(
      input: {
        visit: $visit
        code: $code
        state: $state
        issuer: $issuer
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

type Return = SignInWithProviderMutationVariables;

const said = new URLSearchParams(location.search);
history.replaceState(null, "", location.pathname);
const visit = takeVisit();
const back = ownAddress(visit?.path ?? null) ?? ACCOUNT;

await begin(open);

async function open(): Promise<void> {
  const [code, state] = [said.get("code"), said.get("state")];
  if (said.get("error") === "access_denied") return tell(refused);
  if (said.has("error")) return tell(failed);
  if (!visit || !code || !state) return tell(stray);
  const [fault] = await finish({ visit: visit.visit, code, state, issuer: said.get("iss") });
  if (fault) throw new Trouble(fault.message);
}

async function finish(brought: Return): Promise<Fault[]> {
  const { signInWithProvider: answer } = await ask<SignInWithProviderMutation, Return>(
    FINISH,
    brought,
  );
  switch (answer?.__typename) {
    case "SignedIn":
      location.replace(back);
      break;
    case "SecondFactorRequired":
      askCode((given) => finish({ ...brought, ...given }));
      break;
    case "IdentityNotLinked":
      tell(notLinked);
      break;
    case "IdentityProviderFailed":
      tell(failed);
      break;
    case "LinkUnavailable":
      tell(over);
      break;
    default:
      return answer ? faults(answer) : [];
  }
  return [];
}

/** What happened, and what to do. */
type Story = () => [title: string, text: string];

function tell(story: Story): void {
  show(() => {
    const [title, text] = story();
    const link = h("a", { href: back }, gettext("Back to signing in"));
    return [heading(title), h("p", {}, text), h("p", {}, link)];
  });
}

function refused(): [string, string] {
  return [
    gettext("You have not signed in"),
    gettext("The other service was not allowed to say who you are. Try again or use a password."),
  ];
}

function failed(): [string, string] {
  return [
    gettext("You have not signed in"),
    gettext("The other service did not confirm who you are. Try again or use a password."),
  ];
}

function notLinked(): [string, string] {
  return [
    gettext("No account is linked to this identity"),
    gettext("Sign in with your password, and link it to your account first."),
  ];
}

function over(): [string, string] {
  return [
    gettext("This attempt is not valid any more"),
    gettext("It took too long, or it is finished already. Begin again."),
  ];
}

/** Reloaded, or opened by hand; or somebody else has begun it, and wants another to finish. */
function stray(): [string, string] {
  return [
    gettext("Nothing to finish here"),
    gettext("This tab has not begun to sign in with another service. Begin again."),
  ];
}
