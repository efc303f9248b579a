// What our pages ask of the API, listed for a server that runs registered documents only
// (`server/documents.py`). They are sent as they stand in the sources.
import { readdirSync, readFileSync } from "node:fs";
import type { Plugin } from "vite";

const SOURCES = new URL("src/", import.meta.url).pathname;
const DOCUMENT = /\/\* GraphQL \*\/\s*`([^`]*)`/g;

export function documents(): Plugin {
  return {
    name: "documents",
    generateBundle() {
      const source = JSON.stringify(listed());
      this.emitFile({ type: "asset", fileName: "documents.json", source });
    },
  };
}

function listed(): string[] {
  const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" }).sort();
  return files.filter((file) => /\.tsx?$/.test(file)).flatMap((file) => of(SOURCES + file));
}

/** Without what only JavaScript reads in them: no page puts a document together. */
function of(file: string): string[] {
  return [...readFileSync(file, "utf8").matchAll(DOCUMENT)].map(([, document = ""]) => {
    if (/\$\{|\\/.test(document)) throw new Error(`${file}: a document is put together`);
    return document;
  });
}
