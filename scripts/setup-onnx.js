// Installs onnxruntime-node for the tests of exported models, in a folder of its own (peers/onnx, pinned), and links it here.
// Without its install script: that one fetches CUDA libraries, and the CPU's are in the package. Doing it twice changes nothing.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..');
const peer = join(root, 'peers/onnx');
const name = 'onnxruntime-node';
const installed = join(peer, 'node_modules', name);
const link = join(root, 'node_modules', name);

const wanted = JSON.parse(readFileSync(join(peer, 'package.json'), 'utf8')).dependencies[name];
if (versionOf(installed) !== wanted) {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const flags = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync(npm, flags, { cwd: peer, stdio: ['ignore', 'inherit', 'inherit'], shell: process.platform === 'win32' });
}
if (linkOf(link) !== installed) {
  rmSync(link, { recursive: true, force: true });
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(installed, link, 'junction');
}
const probe = spawnSync(process.execPath, ['-e', `import('${name}')`], { cwd: root, encoding: 'utf8' });
if (probe.status !== 0) {
  console.error(`${name} ${wanted} is installed and does not load:\n${probe.stderr.trim()}`);
  process.exit(1);
}
console.log(`${name} ${wanted} loads`);

function versionOf(folder) {
  const file = join(folder, 'package.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : null;
}

function linkOf(path) {
  try {
    return readlinkSync(path).replace(/[\\/]$/, '');
  } catch {
    return null;
  }
}
