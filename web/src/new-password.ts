/** The field for a new password, and what password managers want to know of it. */
import { h } from "./dom.ts";
import type { Field } from "./form.ts";
import { gettext, ngettext } from "./language.ts";

export function newPassword(minLength?: number): Field {
  return {
    name: "newPassword",
    label: gettext("New password"),
    type: "password",
    autocomplete: "new-password",
    ...(minLength !== undefined && { hint: atLeast(minLength) }),
  };
}

/** As the API says it of one that is shorter. */
export function atLeast(limit: number): string {
  return ngettext("At least %(limit)s character.", "At least %(limit)s characters.", limit, {
    limit,
  });
}

/** Whose it is; stands in the form, unseen. */
export function keptFor(login: string): HTMLElement {
  return h("input", { type: "text", autocomplete: "username", value: login, hidden: true });
}
