// The same host as the API, so that browsers count both as one site and send the cookie.
import { defineConfig } from "vite";

export default defineConfig({
  server: { host: "127.0.0.1", port: 5173, strictPort: true },
});
