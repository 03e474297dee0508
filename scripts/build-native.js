// Compiles the kernels to a Node-API addon, build/kernels.node: what the native engine loads first.
// Silent and quick where there is no compiler, no Node headers, or nothing new (exit 0); --verbose says what was done or is missing.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { compileAddon, fingerprint, headersFolder, isCurrent, platformHere, ROOT, SOURCES } from './kernels.js';

const verbose = process.argv.includes('--verbose');
const out = join(ROOT, 'build/kernels.node');

const headers = headersFolder();
if (!existsSync(join(SOURCES, 'kernels.cpp'))) skip('the sources of the kernels are not here');
else if (process.platform === 'win32') skip('this script builds on Linux and macOS');
else if (!headers) skip('there are no Node headers: set NODE_INCLUDE to the folder of node_api.h');
else await build(headers);

async function build(folder) {
  const compiler = firstThatRuns([process.env.CXX, 'g++', 'clang++', 'c++']);
  if (!compiler) return skip('there is no C++ compiler: install g++ or clang');
  const flags = compiler.isGcc ? ['-falign-loops=64', '-Wno-psabi'] : [];
  const link =
    process.platform === 'darwin'
      ? ['-bundle', '-undefined', 'dynamic_lookup']
      : ['-shared', '-s', '-pthread', '-Wl,-z,now'];
  const platform = platformHere();
  const inputs = fingerprint({ compiler: compiler.version, flags, link, platform });
  if (isCurrent(out, inputs)) return say(`${out} is up to date`);
  try {
    mkdirSync(join(ROOT, 'build'), { recursive: true });
    const { arch } = process;
    await compileAddon({
      compiler: [compiler.name],
      flags,
      link,
      platform,
      arch,
      headers: folder,
      out,
      inputs,
      verbose,
    });
    say(out);
  } catch (error) {
    skip(`the compiler failed: ${error.message}`);
  }
}

function firstThatRuns(names) {
  for (const name of names) {
    if (!name) continue;
    const { status, stdout } = spawnSync(name, ['--version'], { encoding: 'utf8' });
    if (status === 0) return { name, version: stdout, isGcc: !/clang/.test(stdout) };
  }
  return undefined;
}

function say(text) {
  if (verbose) console.log(text);
}

function skip(why) {
  if (!verbose) return;
  console.error(`native engine not built: ${why}`);
  process.exitCode = 1;
}
