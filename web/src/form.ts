/** Forms whose faults stand beside the field they are about, and are read out. */
import { Trouble } from "./api.ts";
import { type Child, h } from "./dom.ts";
import { gettext } from "./language.ts";

export interface Field {
  name: string;
  label: string;
  type?: "text" | "password" | "tel" | "email";
  autocomplete?: string;
  value?: string | null | undefined;
  hint?: string;
  optional?: boolean;
  maxlength?: number;
}

/** `field` is the name of one of the form's fields, or null for all of it. */
export interface Fault {
  field: string | null;
  message: string;
}

export type Given = Record<string, string>;

/**
 * A form; `submit` gets what was typed and returns what is wrong with it.
 *
 * `more` stands between the fields and the button.
 */
export function form(
  fields: Field[],
  label: string,
  submit: (given: Given) => Promise<Fault[]>,
  ...more: Child[]
): HTMLFormElement {
  const send = async (event: Event) => {
    event.preventDefault();
    clear(element);
    button.disabled = true;
    const faults = await tried(submit, element);
    button.disabled = false;
    for (const fault of faults) complain(element, fault);
    element.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  };
  const button = h("button", {}, label);
  const parts = [...fields.map(input), ...more, button];
  const element = h("form", { onsubmit: (event) => void send(event) }, ...parts);
  return element;
}

/** A union member that says what is wrong, as faults of the form. */
export function faults(answer: {
  __typename: string;
  message: string;
  fields?: { path: string[]; message: string }[];
}): Fault[] {
  if (answer.__typename === "LoginTaken") return [{ field: "login", message: answer.message }];
  if (!answer.fields?.length) return [{ field: null, message: answer.message }];
  return answer.fields.map(({ path, message }) => ({ field: path.at(-1) ?? null, message }));
}

async function tried(
  submit: (given: Given) => Promise<Fault[]>,
  element: HTMLFormElement,
): Promise<Fault[]> {
  try {
    return await submit(given(element));
  } catch (error) {
    if (error instanceof Trouble) return [{ field: null, message: error.message }];
    throw error;
  }
}

function given(element: HTMLFormElement): Given {
  const typed = [...new FormData(element)] as [string, string][];
  return Object.fromEntries(typed);
}

function input(field: Field): HTMLElement {
  const { name, label, hint, optional, value, ...rest } = field;
  const control = h("input", {
    name,
    id: name,
    type: "text",
    value: value ?? "",
    required: !optional,
    "aria-describedby": hint && `${name}-hint`,
    ...(name === "login" && { autocapitalize: "none", spellcheck: "false" }),
    ...rest,
  });
  return h(
    "div",
    { class: "field" },
    h("label", { for: name }, label),
    hint && h("p", { id: `${name}-hint`, class: "hint" }, hint),
    control,
    field.type === "password" && reveal(control),
  );
}

/** Typing blindly on a phone is how people choose short passwords. */
function reveal(control: HTMLInputElement): HTMLElement {
  const box = h("input", {
    type: "checkbox",
    onchange: () => {
      control.type = box.checked ? "text" : "password";
    },
  });
  return h("label", { class: "check" }, box, gettext("Show it"));
}

function clear(element: HTMLFormElement): void {
  for (const note of element.querySelectorAll(".wrong")) note.remove();
  for (const control of element.querySelectorAll("[aria-invalid]")) {
    control.removeAttribute("aria-invalid");
    control.removeAttribute("aria-errormessage");
  }
}

function complain(element: HTMLFormElement, { field, message }: Fault): void {
  const note = h("p", { class: "wrong", role: "alert" }, message);
  const control = field ? element.querySelector<HTMLElement>(`input[name="${field}"]`) : null;
  if (!control) {
    element.querySelector("button:not([type])")?.before(note);
    return;
  }
  note.id = `${field}-wrong`;
  control.setAttribute("aria-invalid", "true");
  control.setAttribute("aria-errormessage", note.id);
  control.after(note);
}
