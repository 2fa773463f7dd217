// Bundles the snippet into the package's static files: `node build.mjs`.
import { build } from "esbuild";
import { fileURLToPath } from "node:url";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

await build({
  entryPoints: [path("src/browser/snippet.js")],
  // Text, as a Worker's upload takes no scripts of another kind.
  outfile: process.argv[2] ?? path("../../src/headwater/api/static/hw.js.txt"),
  bundle: true,
  minify: true,
  format: "iife",
  target: ["chrome91", "firefox90", "safari15"],
  legalComments: "none",
  mangleProps: /^(texts|objects|done)$/,
});
