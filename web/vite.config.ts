// One entry for each page; the server (`server/pages/built.py`) finds their files by the manifest.
import { readdirSync } from "node:fs";
import { defineConfig } from "vite";
import { catalogues } from "./catalogues.ts";
import { documents } from "./documents.ts";

const PAGES = new URL("src/pages/", import.meta.url).pathname;

export default defineConfig({
  base: "/built/",
  build: {
    chunkSizeWarningLimit: 5000, // GraphiQL's editor
    emptyOutDir: true,
    manifest: "manifest.json",
    modulePreload: { polyfill: false },
    outDir: process.env.OUT_DIR ?? "dist",
    rolldownOptions: {
      input: readdirSync(PAGES).map((file) => PAGES + file),
      onLog: (level, log, report) => {
        if (log.code !== "MODULE_LEVEL_DIRECTIVE") report(level, log); // React's, of no meaning here
      },
    },
    target: "es2023",
  },
  logLevel: "warn",
  plugins: [catalogues(), documents()],
  publicDir: false,
  worker: { format: "es" },
});
