/** Where somebody goes on to: never to another site on the word of an address. */
import { h } from "./dom.ts";
import { gettext } from "./language.ts";

/** Shows people what is theirs. */
export const ACCOUNT = "/sign-in";

/** The whole address of a path of this very origin; null for anything else (CASES 81). */
export function ownAddress(path: string | null): string | null {
  if (!path?.startsWith("/") || !URL.canParse(path, location.origin)) return null;
  const url = new URL(path, location.origin);
  return url.origin === location.origin && !url.pathname.startsWith("//") ? url.href : null;
}

/** The page to come to after signing in, as whoever sent somebody to sign in wants it. */
export function wanted(): string | null {
  return ownAddress(new URLSearchParams(location.search).get("next"));
}

/** The link at the end of what a page is for. */
export function onwards(): HTMLElement {
  return h("p", {}, h("a", { href: home() ?? ACCOUNT }, gettext("Go on")));
}

/** Where the provider has people go on to; null where his settings name nothing. */
export function home(): string | null {
  return document.querySelector<HTMLMetaElement>("meta[name=home]")?.content ?? null;
}
