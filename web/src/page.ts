/** What all pages share: a heading that is read out when it changes, and the choice of language. */
import { Trouble } from "./api.ts";
import { type Child, h, present } from "./dom.ts";
import {
  choose,
  gettext,
  LANGUAGES,
  type Language,
  language,
  preferred,
  speak,
} from "./language.ts";

/** What stands on the page; its first child is the heading. Made anew for another language. */
export type View = () => Child[];
type Step = () => Promise<void> | void;

const nav = h("nav", { class: "languages" });
const card = h("section", { class: "card" });
let shown: View = () => [];
let load: () => Promise<void> = async () => draw();

/** Begins the page: `run` calls `show`, now and whenever somebody chooses another language. */
export async function begin(run: Step): Promise<void> {
  await speak(preferred());
  load = () => attempt(run);
  nav.replaceChildren(...Object.keys(LANGUAGES).map((each) => button(each as Language)));
  main().replaceChildren(card, nav);
  await load();
}

/** Where the API could not be asked, that is what the page says. */
async function attempt(run: Step): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    showTrouble(error.message, run);
  }
}

/**
 * Shows a view in place of the one before.
 *
 * `again` runs when somebody chooses another language and the view holds what the API has said in
 * the old one; otherwise the view is just drawn again.
 */
export function show(view: View, again: Step = draw): void {
  shown = view;
  load = () => attempt(again);
  draw();
  card.querySelector("h1")?.focus();
}

/** A heading, and a sentence on what to do. */
export function say(title: () => string, ...text: (() => string)[]): void {
  show(() => [heading(title()), ...text.map((part) => h("p", {}, part()))]);
}

export function heading(title: string): HTMLHeadingElement {
  document.title = title;
  return h("h1", { tabindex: -1 }, title);
}

/** The API could not be asked, and nothing has changed. */
export function showTrouble(message: string, again: Step): void {
  show(
    () => [
      heading(gettext("This did not work")),
      h("p", { role: "alert" }, message),
      h("button", { type: "button", onclick: () => void attempt(again) }, gettext("Try again")),
    ],
    again,
  );
}

function draw(): void {
  card.replaceChildren(...present(shown()));
  nav.setAttribute("aria-label", gettext("Language"));
  for (const each of nav.querySelectorAll("button"))
    each.setAttribute("aria-pressed", String(each.lang === language()));
}

function button(each: Language): HTMLButtonElement {
  const change = async () => {
    const typed = values();
    await choose(each);
    await load();
    restore(typed);
  };
  return h("button", { type: "button", lang: each, onclick: () => void change() }, LANGUAGES[each]);
}

function fields(): HTMLInputElement[] {
  return [...card.querySelectorAll<HTMLInputElement>("input[name]")];
}

function values(): Map<string, string> {
  return new Map(fields().map(({ name, value }) => [name, value]));
}

function restore(typed: Map<string, string>): void {
  for (const field of fields()) field.value = typed.get(field.name) ?? field.value;
}

function main(): HTMLElement {
  return document.querySelector("main") as HTMLElement;
}
