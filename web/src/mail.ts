/** A mail or an SMS of the development mailbox: as it is asked for, listed and read. */
import { type Child, facts, h } from "./dom.ts";
import { gettext, moment } from "./language.ts";

export interface Mail {
  id: string;
  to: string;
  subject: string;
  text: string;
  html: string;
  links: string[];
  sentAt: string;
}

/** What has come since the mail of that id, newest first; without an id the newest of all. */
export async function since(id: string): Promise<Mail[]> {
  const response = await fetch(`/mailbox.json?after=${id}`);
  return (await response.json()) as Mail[];
}

export function matches({ to, subject, text }: Mail, search: string): boolean {
  const searched = [to, subject, text].join(" ").toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => searched.includes(word));
}

/** Its line in the list; `New` is shown on what has class `unread`. */
export function line(mail: Mail): HTMLLIElement {
  return h(
    "li",
    {},
    h(
      "a",
      { href: `#${mail.id}` },
      h("span", { class: "tag new" }, gettext("New")),
      isSms(mail) && h("span", { class: "tag" }, gettext("SMS")),
      h("strong", {}, isSms(mail) ? mail.text.trim() : mail.subject),
      h("span", { class: "faint" }, mail.to),
      h("time", { class: "faint", datetime: mail.sentAt }, moment(mail.sentAt)),
    ),
  );
}

/** All of it. The HTML is a document of its own, which may open links and nothing else. */
export function letter(mail: Mail): HTMLElement {
  return h(
    "article",
    {},
    h("a", { class: "back", href: "#" }, gettext("Back to the list")),
    h("h2", { tabindex: -1 }, isSms(mail) ? gettext("SMS") : mail.subject),
    facts([gettext("To"), mail.to], [gettext("Sent"), moment(mail.sentAt)]),
    mail.links.length > 0 && h("h3", {}, gettext("Links")),
    mail.links.length > 0 && h("ul", {}, ...mail.links.map((link) => h("li", {}, out(link)))),
    mail.html && h("h3", {}, gettext("HTML")),
    mail.html && frame(mail),
    h("h3", {}, gettext("Text")),
    h("div", { class: "text" }, ...linked(mail.text.trim(), mail.links)),
  );
}

/** Numbers hold no `@`. */
function isSms({ to }: Mail): boolean {
  return !to.includes("@");
}

function frame({ id, subject }: Mail): HTMLElement {
  return h("iframe", {
    title: subject,
    src: `/mailbox/${id}.html`,
    sandbox: "allow-popups allow-popups-to-escape-sandbox",
  });
}

/** `links` are in the order in which the text names them. */
function linked(text: string, links: string[]): Child[] {
  const [link, ...later] = links;
  if (link === undefined) return [text];
  const at = text.indexOf(link);
  return [text.slice(0, at), out(link), ...linked(text.slice(at + link.length), later)];
}

function out(link: string): HTMLElement {
  return h("a", { href: link, target: "_blank", rel: "noreferrer" }, link);
}
