"use strict";

// What each page sends when its button is pressed, and what it says afterwards.
const PAGES = {
  "confirm-email": {
    mutation: `mutation ($input: ConfirmEmailInput!) {
      answer: confirmEmail(input: $input) {
        __typename
        ... on ConfirmEmailPayload { email }
        ... on Error { message }
      }
    }`,
    input: (token) => ({ token }),
    done: ({ email }) =>
      showDone("Your address is confirmed", `You sign in with ${email} from now on.`),
  },
  "reset-password": {
    mutation: `mutation ($input: ResetPasswordInput!) {
      answer: resetPassword(input: $input) {
        __typename
        ... on ResetPasswordPayload { login }
        ... on Error { message }
        ... on InvalidInput { fields { path message } }
      }
    }`,
    input: (token, given) => ({ token, ...given }),
    done: ({ login }) => showDone("Your password is set", `Sign in with it as ${login}.`),
  },
  register: {
    mutation: `mutation ($input: CompleteRegistrationInput!) {
      answer: completeRegistration(input: $input) {
        __typename
        ... on CompleteRegistrationPayload { tenant { name } }
        ... on Error { message }
        ... on InvalidInput { fields { path message } }
      }
    }`,
    input: (token, given) => ({ token, registration: { ...given, phone: given.phone || null } }),
    done: ({ tenant }) => showDone(`Welcome to ${tenant.name}`, "You are its owner, and signed in."),
  },
  "tenant-invitation": {
    query: `query ($token: String!) {
      answer: tenantInvitation(token: $token) {
        __typename
        ... on TenantInvitationPreview {
          organizationName tenantName email invitedBy { displayName } expiresAt
          registrationRequired
        }
        ... on Error { message }
      }
    }`,
    mutation: `mutation ($input: AcceptTenantInvitationInput!) {
      answer: acceptTenantInvitation(input: $input) {
        __typename
        ... on AcceptTenantInvitationPayload { tenant { name } }
        ... on Error { message }
        ... on InvalidInput { fields { path message } }
      }
    }`,
    input: (token, given) => ({
      token,
      registration: given.login ? { ...given, phone: given.phone || null } : null,
    }),
    done: ({ tenant }) => showDone(`Welcome to ${tenant.name}`, "You are its owner, and signed in."),
  },
  "sign-in": {
    mutation: `mutation ($input: SignInInput!) {
      answer: signIn(input: $input) {
        __typename
        ... on Error { message }
        ... on InvalidInput { fields { path message } }
      }
    }`,
    input: (_, given) => ({ ...given, secondFactor: given.secondFactor || null }),
    done: (_, token) => accept(token),
  },
};
const DEAD = ["LinkUnavailable", "InvitationUnavailable"];

// Out of the address bar, where others may see or copy it, yet still here after a reload.
function takeToken() {
  const token = location.hash.slice(1) || history.state?.token;
  history.replaceState({ token }, "", location.pathname + location.search);
  return token;
}

async function ask(query, variables) {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Accept: "application/graphql-response+json",
      "Accept-Language": document.documentElement.lang,
    },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  return data?.answer ?? errors[0];
}

function show(id) {
  for (const section of document.querySelectorAll("main > section")) {
    section.hidden = section.id !== id;
  }
  document.title = document.querySelector(`#${id} h1`).textContent;
}

function tell(title, text) {
  document.querySelector("#done h1").textContent = title;
  document.querySelector("#done p").textContent = text;
  show("done");
}

function showDone(title, text) {
  history.replaceState(null, "");
  tell(title, text);
}

// Beside the field it is about; what is about none stands above the button.
function complain(form, name, message) {
  const note = document.createElement("strong");
  note.className = "wrong";
  note.role = "alert";
  note.textContent = message;
  (form.elements[name] ?? form.querySelector("button")).before(note);
}

function showFaults(form, answer) {
  if (answer.__typename === "LoginTaken") return complain(form, "login", answer.message);
  if (!answer.fields?.length) return complain(form, null, answer.message);
  for (const { path, message } of answer.fields) complain(form, path.at(-1), message);
}

async function submit(page, token, form) {
  form.querySelectorAll(".wrong").forEach((note) => note.remove());
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const input = page.input(token, Object.fromEntries(new FormData(form)));
    const answer = await ask(page.mutation, { input });
    const kind = answer.__typename;
    if (kind === "SignedIn" || kind?.endsWith("Payload")) return await page.done(answer, token);
    if (DEAD.includes(kind)) return show("invalid");
    if (kind === "SignInRequired") return show("sign-in");
    showFaults(form, answer);
  } catch {
    complain(form, null, "The server could not be reached. Try again in a moment.");
  } finally {
    button.disabled = false;
  }
}

// By who has just signed in: he has said already that he accepts.
function accept(token) {
  show("tenant-invitation");
  return submit(PAGES["tenant-invitation"], token, formOf("tenant-invitation"));
}

function formOf(name) {
  return document.querySelector(`#${name} form`);
}

function listen(name, token) {
  const form = formOf(name);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(PAGES[name], token, form);
  });
  form.querySelector(".show")?.addEventListener("change", (event) => {
    form.querySelector("[name$=assword]").type = event.target.checked ? "text" : "password";
  });
}

// What is offered, and only the fields that are needed to accept it.
function showOffer(name, offer) {
  const section = document.getElementById(name);
  const inviter = offer.invitedBy?.displayName ?? "Somebody";
  const until = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "short" })
    .format(new Date(offer.expiresAt));
  section.querySelector("h1").textContent = `Own ${offer.tenantName}`;
  section.querySelector(".offer").textContent =
    `${inviter} of ${offer.organizationName} invites ${offer.email} to own it, and ` +
    `${offer.organizationName} is going to serve it. The link works until ${until}.`;
  const fields = section.querySelector("fieldset");
  fields.hidden = fields.disabled = !offer.registrationRequired;
  show(name);
}

async function begin(name, token) {
  if (!PAGES[name].query) return show(name);
  try {
    const answer = await ask(PAGES[name].query, { token });
    if (answer.__typename?.endsWith("Preview")) return showOffer(name, answer);
    if (DEAD.includes(answer.__typename)) return show("invalid");
    tell("This did not work", answer.message);
  } catch {
    tell("This did not work", "The server could not be reached. Try again in a moment.");
  }
}

function main() {
  const name = location.pathname.slice(1);
  const token = takeToken();
  if (!token) return show("invalid");
  listen(name, token);
  if (name === "tenant-invitation") listen("sign-in", token);
  begin(name, token);
}

main();
