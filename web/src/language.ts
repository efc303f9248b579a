/**
 * The language the page speaks: chosen on it, else the recipient's, else the browser's.
 *
 * Messages are English sentences, found by scripts/messages and translated in locales/.
 */
import dayjs from "dayjs";
import localizedFormat from "dayjs/plugin/localizedFormat";

interface Catalogue {
  messages: Record<string, string[]>;
  /** Which of the forms a number takes. */
  form: (n: number) => number;
}

type Values = Record<string, string | number>;

const ENGLISH: Catalogue = { messages: {}, form: (n) => Number(n !== 1) };
const CHOICE = "language";

/** Each by its own name. Chromium knows no Kazakh months, so dates are not left to `Intl`. */
export const LANGUAGES = { en: "English", ru: "Русский", kk: "Қазақша" } as const;
export type Language = keyof typeof LANGUAGES;

const LOADERS: Record<Language, () => Promise<Catalogue>> = {
  en: async () => ENGLISH,
  ru: async () => (await Promise.all([import("catalogue:ru"), import("dayjs/locale/ru")]))[0],
  kk: async () => (await Promise.all([import("catalogue:kk"), import("dayjs/locale/kk")]))[0],
};

dayjs.extend(localizedFormat);

let spoken: Catalogue;

export function language(): Language {
  return document.documentElement.lang as Language;
}

/** What the API calls it. */
export function locale(): "EN" | "RU" | "KK" {
  return language().toUpperCase() as "EN" | "RU" | "KK";
}

export async function speak(next: Language): Promise<void> {
  spoken = await LOADERS[next]();
  document.documentElement.lang = next;
}

/** Somebody has pressed its name; it holds for the pages he opens later. */
export async function choose(next: Language): Promise<void> {
  localStorage.setItem(CHOICE, next);
  await speak(next);
}

export function isChosen(): boolean {
  return isOurs(localStorage.getItem(CHOICE));
}

/** The language to begin with, as long as nobody has said whose page it is. */
export function preferred(): Language {
  const wanted = [localStorage.getItem(CHOICE), ...navigator.languages.map(primary)];
  return wanted.find(isOurs) ?? "en";
}

/** Speaks the recipient's language, unless another one was chosen; whether that is a change. */
export async function speakAs(recipient: string | null | undefined): Promise<boolean> {
  const next = recipient?.toLowerCase();
  if (!isOurs(next) || isChosen() || next === language()) return false;
  await speak(next);
  return true;
}

function primary(tag: string): string {
  return tag.split("-")[0]?.toLowerCase() ?? "";
}

function isOurs(tag: string | null | undefined): tag is Language {
  return tag != null && tag in LANGUAGES;
}

export function gettext(message: string, values: Values = {}): string {
  return filled(spoken.messages[message]?.[0] || message, values);
}

/** `count` is one of the values. */
export function ngettext(one: string, many: string, count: number, values: Values = {}): string {
  const forms = spoken.messages[one] ?? [one, many];
  return filled(forms[spoken.form(count)] || many, { count, ...values });
}

function filled(message: string, values: Values): string {
  return message.replace(/%\((\w+)\)s/g, (_, name: string) => String(values[name] ?? ""));
}

/** A moment of the API in the reader's time zone: `November 22, 2026 4:24 AM`. */
export function moment(iso: string): string {
  return dayjs(iso).locale(language()).format("LLL");
}
