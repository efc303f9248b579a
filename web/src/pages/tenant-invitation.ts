/** `/tenant-invitation#token`: somebody is to own a tenant, which exists once he accepts. */
import { ask, Trouble } from "../api.ts";
import { facts, h } from "../dom.ts";
import type { Fault } from "../form.ts";
import { gettext, moment, speakAs } from "../language.ts";
import { takeToken } from "../link.ts";
import { settle, showDead, showWelcome, showWrongAccount, ways } from "../offer.ts";
import type {
  AcceptTenantInvitationMutation,
  AcceptTenantInvitationMutationVariables,
  RegistrationInput,
  TenantInvitationQuery,
  TenantInvitationQueryVariables,
} from "../operations.ts";
import { begin, heading, show } from "../page.ts";

const LOOK = /* GraphQL */ `
  query TenantInvitation($token: String!) {
    tenantInvitation(token: $token) {
      __typename
      ... on TenantInvitationPreview {
        organizationName
        tenantName
        email
        invitedBy {
          displayName
        }
        expiresAt
        registrationRequired
        viewerIsInvited
        locale
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
  mutation AcceptTenantInvitation($token: String!, $registration: RegistrationInput) {
    acceptTenantInvitation(input: { token: $token, registration: $registration }) {
      __typename
      ... on AcceptTenantInvitationPayload {
        tenant {
          id
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

type Preview = Extract<
  TenantInvitationQuery["tenantInvitation"],
  { __typename: "TenantInvitationPreview" }
>;

const token = takeToken() ?? "";

await begin(token ? open : showDead);

async function open(): Promise<void> {
  const asked = await ask<TenantInvitationQuery, TenantInvitationQueryVariables>(LOOK, { token });
  const { tenantInvitation: offer, me } = asked;
  if (offer?.__typename === "RateLimited") throw new Trouble(offer.message);
  if (offer?.__typename !== "TenantInvitationPreview") return showDead();
  await speakAs(offer.locale);
  if (me && !offer.viewerIsInvited) return showWrongAccount(me, offer.email, open);
  show(() => [
    ...described(offer),
    facts(
      [gettext("It is for"), offer.email],
      [gettext("Link works until"), moment(offer.expiresAt)],
    ),
    ...ways(offer, asked.passwordMinLength, { open, accept }),
  ]);
}

function described({ organizationName, tenantName, invitedBy }: Preview) {
  const values = {
    organization_name: organizationName,
    tenant_name: tenantName,
    inviter_name: invitedBy?.displayName ?? "",
  };
  return [
    heading(gettext("%(organization_name)s invites you to own %(tenant_name)s", values)),
    h(
      "p",
      {},
      gettext(
        "%(inviter_name)s of %(organization_name)s invites you to own %(tenant_name)s, which %(organization_name)s is going to serve. Nothing is created until you accept.",
        values,
      ),
    ),
  ];
}

async function accept(registration: RegistrationInput | null): Promise<Fault[]> {
  const { acceptTenantInvitation: answer } = await ask<
    AcceptTenantInvitationMutation,
    AcceptTenantInvitationMutationVariables
  >(ACCEPT, { token, registration });
  if (answer?.__typename !== "AcceptTenantInvitationPayload")
    return answer ? settle(answer, open) : [];
  await showWelcome(answer.tenant.id);
  return [];
}
