/** What a newcomer says of himself, by the names that the API knows it by. */
import type { Field, Given } from "./form.ts";
import { gettext, locale } from "./language.ts";
import { atLeast } from "./new-password.ts";
import type { RegistrationInput } from "./operations.ts";

/** What is known already, and corrected by him. */
export interface Known {
  fullName?: string | null;
  login?: string | null;
  phone?: string | null;
}

export function registrationFields(known: Known, passwordMinLength: number): Field[] {
  return [
    { name: "fullName", label: gettext("Full name"), autocomplete: "name", value: known.fullName },
    {
      name: "login",
      label: gettext("Login"),
      hint: gettext("Small Latin letters, digits, dots, hyphens and underscores."),
      autocomplete: "username",
      value: known.login,
    },
    {
      name: "password",
      label: gettext("Password"),
      hint: atLeast(passwordMinLength),
      type: "password",
      autocomplete: "new-password",
    },
    {
      name: "phone",
      label: gettext("Phone (optional)"),
      hint: gettext("With the code of the country, as in +77011234567."),
      type: "tel",
      autocomplete: "tel",
      value: known.phone,
      optional: true,
    },
  ];
}

/** In the language of the page, which is how he will be written to. */
export function registration({ fullName, login, password, phone }: Given): RegistrationInput {
  return {
    fullName: fullName ?? "",
    login: login ?? "",
    password: password ?? "",
    phone: phone || null,
    locale: locale(),
  };
}
