/** The token of a mailed link: taken out of the address at once, kept by this tab alone. */

/**
 * The token behind `#`, or the one that this tab took from there before: pages are reloaded, and
 * left for an identity provider. None of it reaches the history, a log or another site.
 */
export function takeToken(): string | null {
  addEventListener("hashchange", reload); // another link, opened in the same tab
  const key = location.pathname;
  if (location.hash) sessionStorage.setItem(key, location.hash.slice(1));
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  return sessionStorage.getItem(key);
}

/** The link has done what it is for. */
export function dropToken(): void {
  sessionStorage.removeItem(location.pathname);
}

function reload(): void {
  location.reload();
}
