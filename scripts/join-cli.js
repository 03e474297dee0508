// Joins the modules of the command, its own and those of the packages it uses, to a few files: Node opens 500 modules in a quarter of a second.
// In: dist/ as the compiler left it. Out: dist/cli alone, with the licences of the packages; the modules of the library stay as they are.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'dist', 'cli');
const PACKAGE = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/;

/** A module that asks where it lies is told where the compiler put it. */
const whereItLay = {
  name: 'where-it-lay',
  setup: ({ onLoad }) =>
    onLoad({ filter: /[\\/]dist[\\/].*\.js$/ }, ({ path }) => {
      if (relative(root, path).includes('node_modules')) return undefined;
      const place = JSON.stringify(relative(folder, path).replaceAll(sep, '/'));
      return {
        contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', `new URL(${place}, import.meta.url).href`),
      };
    }),
};

/** Writes dist/cli anew. */
export async function joinCli() {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(folder, 'main.js')],
    absWorkingDir: root,
    outdir: folder,
    allowOverwrite: true,
    write: false,
    metafile: true,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minifyWhitespace: true,
    legalComments: 'none',
    // Packages in CommonJS ask for what Node brings by its `require`.
    banner: { js: "import{createRequire as requireFrom}from'node:module';const require=requireFrom(import.meta.url);" },
    plugins: [whereItLay],
    logLevel: 'warning',
  });
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  for (const { path, contents } of outputFiles) writeFileSync(path, contents);
  writeFileSync(join(folder, 'LICENSES.txt'), licences(Object.keys(metafile.inputs)));
}

/** What the packages whose modules were joined ask to be handed on with them. */
function licences(inputs) {
  const packages = new Set(inputs.flatMap((path) => PACKAGE.exec(path)?.[0] ?? []));
  const texts = [...packages].sort().map((path) => {
    const file = readdirSync(join(root, path)).find((name) => /^licen[cs]e/i.test(name));
    if (!file) throw new Error(`${path} brings no licence`);
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    return `${name}\n\n${readFileSync(join(root, path, file), 'utf8').trim()}\n`;
  });
  return texts.join(`\n${'-'.repeat(80)}\n\n`);
}
