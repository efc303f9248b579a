/** The invitations in somebody's own list, accepted and declined by who is signed in. */
import { action } from "./action.ts";
import { ask } from "./api.ts";
import { declining } from "./declining.ts";
import { type Child, h } from "./dom.ts";
import { type Fault, type Field, faults, type Given } from "./form.ts";
import { gettext, moment } from "./language.ts";
import type {
  AcceptMineMutation,
  AcceptMineMutationVariables,
  DeclineMineMutation,
  DeclineMineMutationVariables,
  MineQuery,
} from "./operations.ts";
import { show } from "./page.ts";

const ACCEPT = /* GraphQL */ `
  mutation AcceptMine($id: ID!) {
    acceptInvitation(input: { invitation: { id: $id } }) {
      __typename
      ... on Error {
        message
      }
    }
  }
`;
const DECLINE = /* GraphQL */ `
  mutation DeclineMine($id: ID!, $reason: String) {
    declineInvitation(input: { invitation: { id: $id }, reason: $reason }) {
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

type Invitation = NonNullable<MineQuery["me"]>["invitations"]["edges"][number]["node"];
/** Shows the list anew, with a sentence on what has just been done. */
type Again = (notice?: string) => Promise<void>;

export function myInvitations(invitations: Invitation[], again: Again): Child[] {
  if (!invitations.length) return [];
  return [
    h("h2", {}, gettext("You are invited")),
    ...invitations.map((each) =>
      h("article", { class: "offer" }, ...offer(each), actions(each, again)),
    ),
  ];
}

function offer({ tenantName, role, invitedBy, expiresAt }: Invitation): Child[] {
  const values = {
    tenant: tenantName,
    role: role.name,
    inviter: invitedBy?.displayName ?? "",
    moment: moment(expiresAt),
  };
  return [
    h("h3", {}, tenantName),
    h("p", {}, gettext("%(inviter)s invites you. Your role: %(role)s.", values)),
    h("p", { class: "faint" }, gettext("You can answer until %(moment)s.", values)),
  ];
}

function actions(invitation: Invitation, again: Again): HTMLElement {
  const decline = gettext("Decline");
  return h(
    "div",
    { class: "actions" },
    action(gettext("Accept"), () => accept(invitation, again), "main"),
    h(
      "button",
      { type: "button", class: "quiet", onclick: () => confirm(invitation, again) },
      decline,
    ),
  );
}

async function accept(invitation: Invitation, again: Again): Promise<string | undefined> {
  const { id, tenantName: tenant } = invitation;
  const { acceptInvitation: answer } = await ask<AcceptMineMutation, AcceptMineMutationVariables>(
    ACCEPT,
    { id },
  );
  if (answer?.__typename !== "AcceptInvitationPayload") return answer?.message;
  await again(gettext("You have joined %(tenant)s.", { tenant }));
  return undefined;
}

function confirm(invitation: Invitation, again: Again): void {
  show(() =>
    declining({
      tenant: invitation.tenantName,
      fields: [reason()],
      decline: (given) => decline(invitation, given, again),
      back: again,
    }),
  );
}

function reason(): Field {
  return {
    name: "reason",
    label: gettext("Why (optional)"),
    hint: gettext("Whoever invites you reads it."),
    optional: true,
    maxlength: 500,
  };
}

async function decline(invitation: Invitation, given: Given, again: Again): Promise<Fault[]> {
  const { id, tenantName: tenant } = invitation;
  const { declineInvitation: answer } = await ask<
    DeclineMineMutation,
    DeclineMineMutationVariables
  >(DECLINE, { id, reason: given.reason || null });
  if (answer?.__typename !== "DeclineInvitationPayload") return answer ? faults(answer) : [];
  await again(gettext("You have declined to join %(tenant)s.", { tenant }));
  return [];
}
