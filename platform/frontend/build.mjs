// Bundles scripts and styles into linli/web/static/built/, each under a name that carries its hash,
// with a manifest (name -> file, integrity) and the licences of what is bundled; and lays the letters of printed
// documents into linli/documents/fonts/, where no browser fetches them, and the judge of accessible pages into
// linli/testing/built/, where the contract suite of plugins finds it.
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const web = join(here, "..", "src", "linli", "web");
const styles = join(web, "styles");
const target = join(web, "static", "built");
const draft = `${target}.new`;

/** The style sheets in the order of their names, as one; those that begin with _ are imported by others. */
const gatheredStyles = {
  name: "gathered-styles",
  setup(bundler) {
    const names = existsSync(styles) ? readdirSync(styles).sort() : [];
    const chosen = names.filter((name) => name.endsWith(".css") && !name.startsWith("_"));
    const contents = chosen.map((name) => `@import "./${name}";`).join("\n");
    bundler.onResolve({ filter: /^linli-styles$/ }, () => ({ path: "linli.css", namespace: "gathered" }));
    bundler.onLoad({ filter: /./, namespace: "gathered" }, () => ({ contents, loader: "css", resolveDir: styles }));
  },
};

const common = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  metafile: true,
  legalComments: "eof",
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  outdir: draft,
  target: ["chrome87", "firefox91", "safari14"],
  loader: { ".svg": "copy", ".png": "file", ".woff2": "file" },
  logLevel: "warning",
};

function licence(folder) {
  const name = readdirSync(folder).find((file) => /^(licen[cs]e|copying)/i.test(file));
  return name ? readFileSync(join(folder, name), "utf8").trim() : "";
}

/** The licence text of each package that a bundle contains. */
function licences(inputs) {
  const packages = new Set();
  for (const input of inputs) {
    const found = input.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//);
    if (found) packages.add(found[1]);
  }
  const texts = [...packages].sort().map((name) => {
    const folder = join(here, "node_modules", name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return `${name} ${version} (${license})\n\n${licence(folder)}\n`;
  });
  return texts.join("\n----\n\n");
}

function manifest(outputs) {
  const entries = {};
  for (const [path, output] of Object.entries(outputs)) {
    if (!output.entryPoint) continue;
    const file = basename(path);
    const digest = createHash("sha384").update(readFileSync(join(here, path))).digest("base64");
    entries[file.replace(/-[A-Z0-9]+(\.\w+)$/, "$1")] = { file, integrity: `sha384-${digest}` };
  }
  return entries;
}

rmSync(draft, { recursive: true, force: true });
mkdirSync(draft, { recursive: true });
const { metafile } = await build({
  ...common,
  entryPoints: [
    { in: join("src", "linli.js"), out: "linli" },
    { in: join("src", "worker.js"), out: "worker" },
    { in: "linli-styles", out: "linli" },
    { in: join(web, "static", "icons.svg"), out: "icons" },
    { in: join(web, "static", "mark.svg"), out: "mark" },
  ],
  format: "esm",
  plugins: [gatheredStyles],
});
writeFileSync(join(draft, "manifest.json"), `${JSON.stringify(manifest(metafile.outputs), null, 2)}\n`);
writeFileSync(join(draft, "LICENSES.txt"), licences(Object.keys(metafile.inputs)));
// Packed once, here: what is served packed is the same for everybody, so that no page with a person's data is.
for (const path of Object.keys(metafile.outputs)) {
  const content = readFileSync(join(here, path));
  writeFileSync(`${join(here, path)}.br`, brotliCompressSync(content));
  writeFileSync(`${join(here, path)}.gz`, gzipSync(content, { level: 9 }));
}
rmSync(target, { recursive: true, force: true });
renameSync(draft, target);

const letters = join(here, "node_modules", "@expo-google-fonts", "noto-sans-sc");
const fonts = join(here, "..", "src", "linli", "documents", "fonts");
mkdirSync(fonts, { recursive: true });
for (const weight of ["400Regular", "700Bold"]) {
  const name = `NotoSansSC_${weight}.ttf`;
  // Under its name only when it is whole.
  copyFileSync(join(letters, weight, name), join(fonts, `${name}.new`));
  renameSync(join(fonts, `${name}.new`), join(fonts, name));
}
copyFileSync(join(letters, "LICENSE_FONT"), join(fonts, "LICENSE.txt"));

const axe = join(here, "node_modules", "axe-core");
const judge = join(here, "..", "src", "linli", "testing", "built");
mkdirSync(judge, { recursive: true });
for (const [from, to] of [["axe.min.js", "axe.min.js"], ["LICENSE", "LICENSE.txt"]]) {
  copyFileSync(join(axe, from), join(judge, `${to}.new`));
  renameSync(join(judge, `${to}.new`), join(judge, to));
}
