// Finishes a build: copies the plain JavaScript that stands beside the TypeScript, joins the modules of the command, and puts the checkout's
// own `forecast` where npx looks first (node_modules/.bin), as an installed package's would be.
// npx alone would install the checkout into a cache of its own, which an interrupted first try leaves broken.

import { chmodSync, copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { joinCli } from './join-cli.js';

const root = join(import.meta.dirname, '..');
const main = join(root, 'dist', 'cli', 'main.js');
const folder = join(root, 'node_modules', '.bin');
const worker = join('engines', 'wasm', 'worker.js');

copyFileSync(join(root, 'src', worker), join(root, 'dist', worker));
await joinCli();

mkdirSync(folder, { recursive: true });
chmodSync(main, 0o755);
if (process.platform === 'win32') {
  writeFileSync(join(folder, 'forecast.cmd'), `@node "${main}" %*\r\n`);
} else {
  rmSync(join(folder, 'forecast'), { force: true });
  symlinkSync(join('..', '..', 'dist', 'cli', 'main.js'), join(folder, 'forecast'));
}
