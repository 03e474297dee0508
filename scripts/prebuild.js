// Compiles the kernels for every system the package is made for, on this machine: prebuilds/<platform>/kernels.node.
// `npm run prebuild` makes all, `npm run prebuild linux-x64 win32-x64` those named. The same sources and zig give the same bytes.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileAddon, fingerprint, headersFolder, isCurrent, ROOT, SOURCES } from './kernels.js';
import { ZIG, zig } from './zig.js';

/** System and processor as Node names them, and what zig calls them: Linux from glibc 2.28 (2018) on. */
const TARGETS = {
  'linux-x64': 'x86_64-linux-gnu.2.28',
  'linux-arm64': 'aarch64-linux-gnu.2.28',
  'linux-x64-musl': 'x86_64-linux-musl',
  'linux-arm64-musl': 'aarch64-linux-musl',
  'darwin-x64': 'x86_64-macos',
  'darwin-arm64': 'aarch64-macos',
  'win32-x64': 'x86_64-windows-gnu',
};
/** Functions of Node are found when the addon is loaded, all of them then. */
const LINK = {
  linux: ['-pthread', '-Wl,-z,now'],
  darwin: ['-undefined', 'dynamic_lookup'],
  win32: ['-pthread'],
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(TARGETS, name));
const headers = headersFolder();
if (unknown.length > 0) fail(`no such target: ${unknown.join(', ')}; there are ${Object.keys(TARGETS).join(', ')}`);
else if (!headers) fail('there are no Node headers: set NODE_INCLUDE to the folder of node_api.h');
else await prebuild(asked.length > 0 ? asked : Object.keys(TARGETS), zig(), headers);

/** Two at a time: linking, and zig's own libraries, take one core each. */
async function prebuild(platforms, compiler, include) {
  const waiting = [...platforms];
  const work = async () => {
    for (let platform = waiting.shift(); platform; platform = waiting.shift()) await make(platform, compiler, include);
  };
  await Promise.all([work(), work()]);
}

async function make(platform, compiler, include) {
  const [system = '', arch = ''] = platform.split('-');
  const target = ['-target', TARGETS[platform]];
  const link = [...target, '-shared', '-s', ...LINK[system]];
  const out = join(ROOT, 'prebuilds', platform, 'kernels.node');
  const inputs = fingerprint({ compiler: `zig ${ZIG}`, target, link, platform });
  if (!isCurrent(out, inputs)) {
    mkdirSync(join(out, '..'), { recursive: true });
    const scratch = mkdtempSync(join(tmpdir(), 'prebuild-'));
    try {
      const libraries = system === 'win32' ? [importLibrary(compiler, scratch)] : [];
      const cpp = [...compiler, 'c++'];
      await compileAddon({
        compiler: cpp,
        flags: target,
        link,
        libraries,
        platform,
        arch,
        headers: include,
        out,
        inputs,
      });
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }
  console.log(`${platform.padEnd(16)} ${statSync(out).size} bytes`);
}

/** Windows wants to know at link time which program the functions of Node come from. */
function importLibrary(compiler, folder) {
  const sources = readdirSync(SOURCES).map((name) => readFileSync(join(SOURCES, name), 'utf8'));
  const names = new Set(sources.flatMap((text) => text.match(/\bnapi_\w+(?=\()/g) ?? []));
  const definitions = join(folder, 'node.def');
  const library = join(folder, 'node.lib');
  writeFileSync(definitions, `NAME NODE.EXE\nEXPORTS\n${[...names].sort().join('\n')}\n`);
  const [command = '', ...first] = compiler;
  execFileSync(command, [...first, 'dlltool', '-m', 'i386:x86-64', '-d', definitions, '-l', library]);
  return library;
}

function fail(why) {
  console.error(why);
  process.exitCode = 1;
}
