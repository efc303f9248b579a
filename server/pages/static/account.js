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
    done: ({ email }) => ["Your address is confirmed", `You sign in with ${email} from now on.`],
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
    done: ({ login }) => ["Your password is set", `Sign in with it as ${login}.`],
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
    done: ({ tenant }) => [`Welcome to ${tenant.name}`, "You are its owner, and signed in."],
  },
};

// Out of the address bar, where others may see or copy it, yet still here after a reload.
function takeToken() {
  const token = location.hash.slice(1) || history.state?.token;
  history.replaceState({ token }, "", location.pathname + location.search);
  return token;
}

async function send(page, token, given) {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Accept: "application/graphql-response+json",
      "Accept-Language": document.documentElement.lang,
    },
    body: JSON.stringify({ query: page.mutation, variables: { input: page.input(token, given) } }),
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

function showDone([title, text]) {
  document.querySelector("#done h1").textContent = title;
  document.querySelector("#done p").textContent = text;
  history.replaceState(null, "");
  show("done");
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
    const answer = await send(page, token, Object.fromEntries(new FormData(form)));
    if (answer.__typename?.endsWith("Payload")) return showDone(page.done(answer));
    if (answer.__typename === "LinkUnavailable") return show("invalid");
    showFaults(form, answer);
  } catch {
    complain(form, null, "The server could not be reached. Try again in a moment.");
  } finally {
    button.disabled = false;
  }
}

function main() {
  const name = location.pathname.slice(1);
  const token = takeToken();
  if (!token) return show("invalid");
  const form = document.querySelector(`#${name} form`);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(PAGES[name], token, form);
  });
  form.querySelector(".show")?.addEventListener("change", (event) => {
    form.querySelector("[name$=assword]").type = event.target.checked ? "text" : "password";
  });
  show(name);
}

main();
