import { fileURLToPath } from "node:url";

import { defineConfig } from "vite";

// File names carry no hash and there are no source maps: the built page is kept
// in git, and building it again must give the same bytes on any machine.
export default defineConfig({
  resolve: {
    // The transport imports Daily's library for its default media manager, which
    // fetches code from Daily's servers when a camera or microphone starts. This
    // page brings its own manager (src/microphone.ts), so nothing of it is shipped.
    alias: {
      "@daily-co/daily-js": fileURLToPath(new URL("src/no-daily.ts", import.meta.url)),
    },
  },
  build: {
    target: "es2022",
    sourcemap: false,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rollupOptions: {
      output: {
        entryFileNames: "assets/page.js",
        chunkFileNames: "assets/[name].js",
        assetFileNames: "assets/[name][extname]",
      },
    },
  },
});
