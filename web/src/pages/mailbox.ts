/**
 * `/mailbox`: the mails and SMS that a server in development keeps instead of sending.
 *
 * The address says which one is open, so that a phone's way back leads to the list. Unread is what
 * has come while the page was open and has not been opened.
 */
import { h } from "../dom.ts";
import { gettext, ngettext } from "../language.ts";
import { letter, line, type Mail, matches, since } from "../mail.ts";
import { begin, heading, show, showTrouble } from "../page.ts";

const PAUSE = 1000;

const mails: Mail[] = [];
const unread = new Set<string>();
const list = h("ul", { class: "mails", role: "list", onkeydown: (event) => step(event) });
const reading = h("div", { onkeydown: (event) => leave(event) });
const status = h("p", { class: "faint", role: "status" });
const panes = h("div", { class: "mailbox" });
const search = h("input", { type: "search", id: "search", oninput: () => found() });

await begin(start);

async function start(): Promise<void> {
  try {
    mails.push(...(await since("")));
  } catch {
    showTrouble(gettext("The server could not be reached. Try again in a moment."), start);
    return;
  }
  show(view);
  addEventListener("hashchange", ({ oldURL }) => {
    open();
    const before = list.querySelector<HTMLElement>(`a[href="${new URL(oldURL).hash}"]`);
    (reading.querySelector<HTMLElement>("h2") ?? before)?.focus();
  });
  setTimeout(() => void watch(), PAUSE);
}

function view() {
  list.replaceChildren(...mails.map(line));
  panes.replaceChildren(
    h(
      "section",
      { "aria-label": gettext("List") },
      h("label", { for: "search" }, gettext("Search")),
      search,
      status,
      list,
      h("a", { class: "faint", href: "/mailbox.json" }, gettext("All of them as JSON")),
    ),
    reading,
  );
  const title = heading(gettext("Mailbox"));
  open();
  found();
  const purpose = gettext("Mails and SMS that are kept here instead of being sent.");
  return [title, h("p", { class: "faint" }, purpose), panes];
}

/** Shows the mail that the address names. */
function open(): void {
  const mail = mails.find(({ id }) => id === opened());
  if (mail) unread.delete(mail.id);
  panes.classList.toggle("open", mail !== undefined);
  const hint = gettext("Choose one from the list to read it.");
  reading.replaceChildren(mail ? letter(mail) : h("p", { class: "faint" }, hint));
  mark();
}

function opened(): string {
  return location.hash.slice(1);
}

function found(): void {
  mark();
  const count = mails.filter((mail) => matches(mail, search.value)).length;
  const empty = mails.length
    ? gettext("Nothing found. The search looks at recipient, subject and text.")
    : gettext("No mail yet. Invite somebody, and it appears here by itself.");
  status.textContent = count ? ngettext("%(count)s message", "%(count)s messages", count) : empty;
}

/** The lines are kept as they are, so that none loses the focus. */
function mark(): void {
  for (const [at, mail] of mails.entries()) {
    const row = list.children[at] as HTMLElement;
    row.hidden = !matches(mail, search.value);
    row.classList.toggle("unread", unread.has(mail.id));
    row.firstElementChild?.setAttribute("aria-current", String(mail.id === opened()));
  }
  const title = gettext("Mailbox");
  document.title = unread.size ? `(${unread.size}) ${title}` : title;
}

/** Asks again and again: a tool of development, it holds no connection a stop must wait for. */
async function watch(): Promise<void> {
  if (!document.hidden) await look();
  setTimeout(() => void watch(), PAUSE);
}

async function look(): Promise<void> {
  try {
    const news = await since(mails[0]?.id ?? "");
    if (status.dataset.away) found();
    delete status.dataset.away;
    if (news.length) receive(news);
  } catch {
    status.dataset.away = "true";
    status.textContent = gettext("The server does not answer. The list goes on when it does.");
  }
}

function receive(news: Mail[]): void {
  mails.unshift(...news);
  for (const { id } of news) unread.add(id);
  list.prepend(...news.map(line));
  mark();
  status.textContent = ngettext(
    "%(count)s new message, to %(to)s",
    "%(count)s new messages, the latest to %(to)s",
    news.length,
    { to: news[0]?.to ?? "" },
  );
}

function step(event: Event): void {
  const by = { ArrowDown: 1, ArrowUp: -1 }[(event as KeyboardEvent).key];
  if (!by) return;
  const links = [...list.querySelectorAll<HTMLElement>("li:not([hidden]) > a")];
  links[links.indexOf(document.activeElement as HTMLElement) + by]?.focus();
  event.preventDefault();
}

function leave(event: Event): void {
  if ((event as KeyboardEvent).key === "Escape") location.hash = "";
}
