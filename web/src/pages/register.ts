/** `/register`: asks for a link to a tenant of one's own; `#token` makes the account and it. */
import { type Living, look, showDead } from "../account-link.ts";
import { ask } from "../api.ts";
import { onwards } from "../destination.ts";
import { type Child, h } from "../dom.ts";
import { type Fault, type Field, faults, form, type Given } from "../form.ts";
import { gettext, locale, moment } from "../language.ts";
import { dropToken, takeToken } from "../link.ts";
import type {
  CompleteRegistrationMutation,
  CompleteRegistrationMutationVariables,
  RegisterTenantMutation,
  RegisterTenantMutationVariables,
  RegistrationIsOpenQuery,
} from "../operations.ts";
import { begin, heading, say, show } from "../page.ts";
import { registration, registrationFields } from "../registration.ts";

const IS_OPEN = /* GraphQL */ `
  query RegistrationIsOpen {
    registrationIsOpen
  }
`;
const REQUEST = /* GraphQL */ `
  mutation RegisterTenant($email: String!, $tenantName: String!, $locale: Locale!) {
    registerTenant(input: { email: $email, tenantName: $tenantName, locale: $locale }) {
      __typename
      ... on RegisterTenantPayload {
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
const COMPLETE = /* GraphQL */ `
  mutation CompleteRegistration($token: String!, $registration: RegistrationInput!) {
    completeRegistration(
      input: { token: $token, registration: $registration, transport: COOKIE }
    ) {
      __typename
      ... on CompleteRegistrationPayload {
        tenant {
          name
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

await begin(open);

async function open(): Promise<void> {
  const token = takeToken();
  const link = token && (await look(token));
  const isOpen = link ? link.registrationIsOpen : await asked();
  if (!isOpen) return showClosed();
  if (!token) return show(() => [heading(gettext("Register")), ...wish()]);
  if (!link) return showDead(wish);
  showForm(token, link);
}

async function asked(): Promise<boolean> {
  return (await ask<RegistrationIsOpenQuery>(IS_OPEN, {})).registrationIsOpen;
}

/** As the API says it. */
function showClosed(): void {
  say(
    () => gettext("Registration"),
    () => gettext("Registration is closed here. Ask the provider for an account."),
  );
}

function wish(): Child[] {
  const fields: Field[] = [
    { name: "email", label: gettext("E-mail"), type: "email", autocomplete: "email" },
    { name: "tenantName", label: gettext("Name of your tenant"), autocomplete: "organization" },
  ];
  const text = gettext(
    "We mail you a link. Once you follow it, you get an account and your tenant.",
  );
  return [h("p", {}, text), form(fields, gettext("Send the link"), request)];
}

async function request({ email = "", tenantName = "" }: Given): Promise<Fault[]> {
  const { registerTenant: answer } = await ask<
    RegisterTenantMutation,
    RegisterTenantMutationVariables
  >(REQUEST, { email, tenantName, locale: locale() });
  if (answer?.__typename !== "RegisterTenantPayload") return answer ? faults(answer) : [];
  const { expiresAt } = answer;
  say(
    () => gettext("Look into your mail"),
    () => gettext("A link is on its way to %(email)s.", { email }),
    () => gettext("The link works until %(moment)s.", { moment: moment(expiresAt) }),
  );
  return [];
}

function showForm(token: string, { email, passwordMinLength }: Living): void {
  const submit = (given: Given) => complete(token, given);
  show(() => [
    heading(gettext("Complete your registration")),
    h("p", {}, gettext("The address of your account is %(email)s.", { email })),
    form(registrationFields({}, passwordMinLength), gettext("Register"), submit),
  ]);
}

async function complete(token: string, given: Given): Promise<Fault[]> {
  const { completeRegistration: answer } = await ask<
    CompleteRegistrationMutation,
    CompleteRegistrationMutationVariables
  >(COMPLETE, { token, registration: registration(given) });
  if (answer?.__typename === "CompleteRegistrationPayload") showWelcome(answer.tenant.name);
  else if (answer?.__typename === "LinkUnavailable") showDead(wish);
  else return answer ? faults(answer) : [];
  return [];
}

function showWelcome(tenant: string): void {
  dropToken();
  show(() => [
    heading(gettext("Welcome to %(tenant)s", { tenant })),
    h("p", {}, gettext("You are its owner, and signed in.")),
    onwards(),
  ]);
}
