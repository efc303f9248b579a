// What the pages say in other languages: `import("catalogue:ru")` is the part of the server's
// gettext catalogue that these pages use, with the language's rule for plurals.
import { readFileSync } from "node:fs";
import { po } from "gettext-parser";
import type { Plugin } from "vite";

const SOURCE = new URL("../locales/", import.meta.url);
const MARK = "catalogue:";
const OURS = /(^|\s)web\//m;

export function catalogues(): Plugin {
  return {
    name: "catalogues",
    resolveId: (id) => (id.startsWith(MARK) ? `\0${id}` : undefined),
    load(id) {
      if (!id.startsWith(`\0${MARK}`)) return undefined;
      const file = new URL(`${id.slice(MARK.length + 1)}/LC_MESSAGES/tenantry.po`, SOURCE);
      this.addWatchFile(file.pathname);
      return module(readFileSync(file));
    },
  };
}

function module(file: Buffer): string {
  const { headers, translations } = po.parse(file);
  const ours = Object.values(translations[""] ?? {}).filter(({ comments }) =>
    OURS.test(comments?.reference ?? ""),
  );
  const messages = Object.fromEntries(ours.map(({ msgid, msgstr }) => [msgid, msgstr]));
  const plural = headers["Plural-Forms"]?.match(/plural=([^;]+)/)?.[1] ?? "0";
  return `export const messages = ${JSON.stringify(messages)};
export const form = (n) => Number(${plural});`;
}
