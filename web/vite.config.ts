import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { defineConfig, type Plugin } from "vite";

/** What the built page depends on; a Rust test compares the same files with the manifest. */
const SOURCES = ["index.html", "openapi.json", "package-lock.json", "tsconfig.json", "vite.config.ts"];
const FOLDERS = ["public", "src"];

const root = import.meta.dirname;

function walk(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  const inside = (name: string) => join(folder, name);
  return entries.flatMap((entry) => (entry.isDirectory() ? walk(inside(entry.name)) : [inside(entry.name)]));
}

function hashes(files: string[], from: string): Record<string, string> {
  const hash = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");
  const named = files.map((file): [string, string] => [relative(from, file).replaceAll("\\", "/"), hash(file)]);
  return Object.fromEntries(named.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Writes which sources a build came from, so that a committed page that is stale is found without npm. */
function manifest(): Plugin {
  return {
    name: "manifest",
    apply: "build",
    closeBundle() {
      const dist = join(root, "dist");
      const sources = [...SOURCES.map((file) => join(root, file)), ...FOLDERS.flatMap((f) => walk(join(root, f)))];
      const built = walk(dist).filter((file) => !file.endsWith("manifest.json"));
      const text = JSON.stringify({ sources: hashes(sources, root), built: hashes(built, dist) }, null, 1);
      writeFileSync(join(dist, "manifest.json"), `${text}\n`);
    },
  };
}

/** The program behind the page while it is being worked on: `resynapse serve --port 7311`. */
const target = "http://127.0.0.1:7311";
const own = { target, changeOrigin: true, headers: { origin: target } };
const proxy = { "/api": own, "/report": own };

// Names in dist/ are stable (no hashes): the program embeds these files, and a diff of two builds stays readable.
export default defineConfig({
  plugins: [manifest()],
  resolve: {
    alias: {
      "d3-interpolate": join(root, "src/chart/interpolate.ts"),
      "d3-format": join(root, "src/chart/unformatted.ts"),
    },
  },
  build: {
    target: "es2022",
    cssCodeSplit: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      output: { entryFileNames: "app.js", chunkFileNames: "[name].js", assetFileNames: "app.[ext]" },
    },
  },
  server: { port: 7321, proxy },
  preview: { port: 7322, proxy },
});
