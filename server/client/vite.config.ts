import { existsSync, readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { type Plugin, defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The licence of one bundled package, as it ships it. */
function licence(name: string): string {
  const folder = here(`node_modules/${name}`);
  const { version, license, author } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const file = readdirSync(folder).sort().find((each) => /^licen[cs]e/i.test(each));
  const text = file ? readFileSync(`${folder}/${file}`, "utf8").trim() : `By ${author ?? name}.`;
  return `${name} ${version} (${license})\n\n${text}\n`;
}

/** Writes the licences of what is bundled beside the page, as they ask for. */
function licences(): Plugin {
  return {
    name: "licences",
    generateBundle(_, bundle) {
      const files = Object.values(bundle).flatMap((each) => (each.type === "chunk" ? each.moduleIds : []));
      const names = files.map((file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]);
      const bundled = [...new Set(names)].filter((name) => name !== undefined).sort();
      const known = bundled.filter((name) => existsSync(here(`node_modules/${name}/package.json`)));
      const source = known.map(licence).join(`\n${"-".repeat(78)}\n\n`);
      this.emitFile({ type: "asset", fileName: "assets/licences.txt", source });
    },
  };
}

// File names carry no hash and there are no source maps: the built page is kept
// in git, and building it again must give the same bytes on any machine.
export default defineConfig({
  plugins: [licences()],
  resolve: {
    // The transport imports Daily's library for its default media manager, which
    // fetches code from Daily's servers when a camera or microphone starts. This
    // page brings its own manager (src/microphone.ts), so nothing of it is shipped.
    alias: { "@daily-co/daily-js": here("src/no-daily.ts") },
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
