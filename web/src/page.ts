/** What all pages share: a heading that is read out when it changes, and the choice of language. */
import { type Child, h } from "./dom.ts";
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

const card = h("section", { class: "card" });
let shown: View = () => [];
let load: () => Promise<void> = async () => draw();

/** Begins the page: `run` calls `show`, now and whenever somebody chooses another language. */
export async function begin(run: () => Promise<void> | void): Promise<void> {
  await speak(preferred());
  load = async () => run();
  main().replaceChildren(card, switcher());
  await load();
}

/**
 * Shows a view in place of the one before.
 *
 * `again` runs when somebody chooses another language and the view holds what the API has said in
 * the old one; otherwise the view is just drawn again.
 */
export function show(view: View, again: () => Promise<void> | void = draw): void {
  shown = view;
  load = async () => again();
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
export function showTrouble(message: string, again: () => Promise<void> | void): void {
  show(
    () => [
      heading(gettext("This did not work")),
      h("p", { role: "alert" }, message),
      h("button", { type: "button", onclick: () => void again() }, gettext("Try again")),
    ],
    again,
  );
}

function draw(): void {
  card.replaceChildren(...shown().filter((child) => child != null && child !== false));
}

function switcher(): HTMLElement {
  const nav = h("nav", { class: "languages" });
  const redraw = () => {
    nav.setAttribute("aria-label", gettext("Language"));
    nav.replaceChildren(...Object.keys(LANGUAGES).map((each) => button(each as Language, redraw)));
  };
  redraw();
  return nav;
}

function button(each: Language, redraw: () => void): HTMLButtonElement {
  const change = async () => {
    const typed = values();
    await choose(each);
    redraw();
    await load();
    restore(typed);
  };
  const current = each === language();
  return h(
    "button",
    { type: "button", lang: each, "aria-pressed": String(current), onclick: () => void change() },
    LANGUAGES[each],
  );
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
