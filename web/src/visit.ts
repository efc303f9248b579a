/** Somebody's visit to an identity provider, kept by this tab alone while he is away. */

const KEY = "visit";

export interface Visit {
  /** The API's token of it. */
  visit: string;
  /** Where on this origin he set off, and comes back to. */
  path: string;
}

/** Just before he leaves the page that he is on. */
export function keepVisit(visit: string): void {
  const path = location.pathname + location.search;
  sessionStorage.setItem(KEY, JSON.stringify({ visit, path } satisfies Visit));
}

/** It is good for one return; null where this tab has sent nobody away. */
export function takeVisit(): Visit | null {
  const kept = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  return kept ? (JSON.parse(kept) as Visit) : null;
}
