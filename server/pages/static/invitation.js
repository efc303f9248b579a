"use strict";

const QUERY = `query ($token: String!) {
  invitation(token: $token) {
    __typename
    ... on InvitationPreview {
      tenantName email role { name } apps { name right } invitedBy { displayName } expiresAt
      registrationRequired
    }
    ... on Error { code message }
  }
}`;
const ACCEPT = `mutation {
  acceptInvitation(input: { invitation: { token: "…" } }) { __typename }
}`;
const REGISTER = `mutation {
  acceptInvitation(input: {
    invitation: { token: "…" }
    registration: { fullName: "…", login: "…", password: "…" }
  }) { __typename }
}`;
const RIGHTS = { LAUNCH: "launch", LAUNCH_AND_ADMINISTER: "launch and administer" };

// Out of the address bar, where others may see or copy it, yet still here after a reload.
function takeToken() {
  const token = location.hash.slice(1) || history.state?.token;
  history.replaceState({ token }, "", location.pathname + location.search);
  return token;
}

async function lookUp(token) {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Accept: "application/graphql-response+json",
      "Accept-Language": document.documentElement.lang,
    },
    body: JSON.stringify({ query: QUERY, variables: { token } }),
  });
  const { data, errors } = await response.json();
  return data?.invitation ?? errors[0];
}

function show(id) {
  for (const section of document.querySelectorAll("main > section")) {
    section.hidden = section.id !== id;
  }
}

function say(id, text) {
  document.getElementById(id).textContent = text;
}

function fact(label, value) {
  const [term, detail] = ["dt", "dd"].map((name) => document.createElement(name));
  term.textContent = label;
  detail.textContent = value;
  document.getElementById("facts").append(term, detail);
}

function showOffer(offer) {
  const inviter = offer.invitedBy?.displayName;
  say("title", `${inviter ?? "Somebody"} invites you to ${offer.tenantName}`);
  fact("Your role", offer.role.name);
  for (const app of offer.apps) fact("Your app", `${app.name} (${RIGHTS[app.right] ?? app.right})`);
  fact("For", offer.email);
  fact("Link works until", new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "short" })
    .format(new Date(offer.expiresAt)));
  say("next", offer.registrationRequired
    ? "You do not have an account yet. You choose your password when you accept."
    : "You have an account already: sign in and accept.");
  say("mutation", offer.registrationRequired ? REGISTER : ACCEPT);
  show("offer");
}

function showTrouble(reason) {
  say("reason", reason);
  show("trouble");
}

async function main() {
  const token = takeToken();
  if (!token) return show("invalid");
  try {
    const answer = await lookUp(token);
    if (answer.__typename === "InvitationPreview") return showOffer(answer);
    if (answer.__typename === "InvitationUnavailable") return show("invalid");
    showTrouble(answer.message);
  } catch {
    showTrouble("The server could not be reached.");
  }
}

main();
