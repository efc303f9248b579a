/** Asked before somebody declines: nobody can take it back, and mail scanners press buttons. */
import { action } from "./action.ts";
import { type Child, h } from "./dom.ts";
import { type Fault, type Field, form, type Given } from "./form.ts";
import { gettext } from "./language.ts";
import { heading } from "./page.ts";

export interface Question {
  tenant: string;
  fields?: Field[];
  /** Besides the fields. */
  more?: Child;
  decline: (given: Given) => Promise<Fault[]>;
  back: () => Promise<void>;
}

export function declining({ tenant, fields = [], more, decline, back }: Question): Child[] {
  return [
    heading(gettext("Decline to join %(tenant)s?", { tenant })),
    h("p", {}, gettext("To join later you would have to be invited again.")),
    form(fields, gettext("Decline"), decline, more),
    action(gettext("Back"), async () => void (await back())),
  ];
}
