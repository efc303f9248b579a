/**
 * The language the page speaks: chosen on it, else the recipient's, else the browser's.
 *
 * Messages are English sentences, found by scripts/messages and translated in locales/.
 */
import type { Locale } from "date-fns";
import { format } from "date-fns";

interface Catalogue {
  messages: Record<string, string[]>;
  /** Which of the forms a number takes. */
  form: (n: number) => number;
}

interface Spoken extends Catalogue {
  dates: Locale;
}

type Values = Record<string, string | number>;

const ENGLISH: Catalogue = { messages: {}, form: (n) => Number(n !== 1) };
const CHOICE = "language";

/** Each by its own name. Chromium knows no Kazakh months, so dates are not left to `Intl`. */
export const LANGUAGES = { en: "English", ru: "Русский", kk: "Қазақша" } as const;
export type Language = keyof typeof LANGUAGES;

const LOADERS: Record<Language, () => Promise<Spoken>> = {
  en: async () => ({ ...ENGLISH, dates: (await import("date-fns/locale/en-US")).enUS }),
  ru: async () => ({
    ...(await import("catalogue:ru")),
    dates: (await import("date-fns/locale/ru")).ru,
  }),
  kk: async () => ({
    ...(await import("catalogue:kk")),
    dates: (await import("date-fns/locale/kk")).kk,
  }),
};

let spoken: Spoken;

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

/** A moment of the API in the reader's time zone: `November 22nd, 2026 at 4:24 AM`. */
export function moment(iso: string): string {
  return format(new Date(iso), "PPPp", { locale: spoken.dates });
}
