/** `/invitation#token`: somebody sees what he is invited to, and accepts or declines. */
import { ask, Trouble } from "../api.ts";
import { declining } from "../declining.ts";
import { type Child, facts, h } from "../dom.ts";
import type { Fault, Given } from "../form.ts";
import { gettext, moment, speakAs } from "../language.ts";
import { dropToken, takeToken } from "../link.ts";
import { settle, showDead, showMember, showWelcome, showWrongAccount, ways } from "../offer.ts";
import type {
  AcceptInvitationMutation,
  AcceptInvitationMutationVariables,
  DeclineInvitationMutation,
  DeclineInvitationMutationVariables,
  InvitationQuery,
  InvitationQueryVariables,
  RegistrationInput,
} from "../operations.ts";
import { begin, heading, say, show } from "../page.ts";

const LOOK = /* GraphQL */ `
  query Invitation($token: String!) {
    invitation(token: $token) {
      __typename
      ... on InvitationPreview {
        tenantName
        email
        role {
          name
        }
        apps {
          name
          right
        }
        invitedBy {
          displayName
        }
        expiresAt
        registrationRequired
        viewerIsInvited
        locale
        fullName
        login
        phone
      }
      ... on AlreadyMember {
        member {
          tenant {
            id
          }
        }
      }
      ... on Error {
        message
      }
    }
    me {
      login
      user {
        displayName
      }
    }
    passwordMinLength
  }
`;
const ACCEPT = /* GraphQL */ `
  mutation AcceptInvitation($token: String!, $registration: RegistrationInput) {
    acceptInvitation(input: { invitation: { token: $token }, registration: $registration }) {
      __typename
      ... on AcceptInvitationPayload {
        member {
          tenant {
            id
          }
        }
      }
      ... on AlreadyMember {
        known: member {
          tenant {
            id
          }
        }
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
const DECLINE = /* GraphQL */ `
  mutation DeclineInvitation($token: String!, $blockTenant: Boolean!) {
    declineInvitation(input: { invitation: { token: $token }, blockTenant: $blockTenant }) {
      __typename
      ... on Error {
        message
      }
    }
  }
`;

type Preview = Extract<InvitationQuery["invitation"], { __typename: "InvitationPreview" }>;

const token = takeToken() ?? "";

await begin(token ? open : showDead);

async function open(): Promise<void> {
  const asked = await ask<InvitationQuery, InvitationQueryVariables>(LOOK, { token });
  const { invitation: offer, me } = asked;
  if (offer?.__typename === "RateLimited") throw new Trouble(offer.message);
  if (offer?.__typename === "AlreadyMember") return showMember(offer.member?.tenant.id);
  if (offer?.__typename !== "InvitationPreview") return showDead();
  if (await speakAs(offer.locale)) return open(); // the API names roles in the page's language
  if (me && !offer.viewerIsInvited) return showWrongAccount(me, offer.email, open);
  show(
    () => [
      heading(title(offer)),
      terms(offer),
      ...ways(offer, asked.passwordMinLength, { login: offer.email, open, accept }),
      (offer.viewerIsInvited || offer.registrationRequired) && toDecline(offer),
    ],
    open,
  );
}

function title({ invitedBy, tenantName: tenant_name }: Preview): string {
  const inviter_name = invitedBy?.displayName ?? "";
  return gettext("%(inviter_name)s invites you to %(tenant_name)s", { inviter_name, tenant_name });
}

function terms({ role, apps, email, expiresAt }: Preview): HTMLElement {
  return facts(
    [gettext("Your role"), role.name],
    [gettext("Your apps"), ...apps.map(app)],
    [gettext("It is for"), email],
    [gettext("Link works until"), moment(expiresAt)],
  );
}

function app({ name, right }: Preview["apps"][number]): string {
  return right === "LAUNCH_AND_ADMINISTER"
    ? gettext("%(app)s (launch and administer)", { app: name })
    : gettext("%(app)s (launch)", { app: name });
}

async function accept(registration: RegistrationInput | null): Promise<Fault[]> {
  const { acceptInvitation: answer } = await ask<
    AcceptInvitationMutation,
    AcceptInvitationMutationVariables
  >(ACCEPT, { token, registration });
  if (answer?.__typename === "AcceptInvitationPayload") await showWelcome(answer.member.tenant.id);
  else if (answer?.__typename === "AlreadyMember") await showMember(answer.known?.tenant.id);
  else return answer ? settle(answer, open) : [];
  return [];
}

function toDecline(offer: Preview): HTMLElement {
  const press = () => confirm(offer);
  return h("button", { type: "button", class: "quiet", onclick: press }, gettext("Decline"));
}

function confirm({ tenantName: tenant }: Preview): void {
  const block = h("input", { type: "checkbox", name: "block" });
  show(() =>
    declining({
      tenant,
      more: never(tenant, block),
      decline: (given) => decline(tenant, given),
      back: open,
    }),
  );
}

/** The same box in every language, with its tick. */
function never(tenant: string, box: HTMLInputElement): Child {
  const text = gettext("Do not let %(tenant)s invite me again", { tenant });
  return h("label", { class: "check" }, box, text);
}

async function decline(tenant: string, { block }: Given): Promise<Fault[]> {
  const { declineInvitation: answer } = await ask<
    DeclineInvitationMutation,
    DeclineInvitationMutationVariables
  >(DECLINE, { token, blockTenant: block !== undefined });
  if (answer?.__typename !== "DeclineInvitationPayload") return answer ? settle(answer, open) : [];
  dropToken();
  say(
    () => gettext("You have declined to join %(tenant)s.", { tenant }),
    () => gettext("Whoever invited you is told so."),
  );
  return [];
}
