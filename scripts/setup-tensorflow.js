// Makes TensorFlow for Node load here: installs @tensorflow/tfjs-node in peers/tensorflow, gets its binding, links it into node_modules.
// The package's own download comes first; where that fails, the binding is built against the TensorFlow wheel of PyPI.
// Quick where all is done. Nothing outside the project is touched. --wheel leaves the package's own download out.

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join, relative } from 'node:path';

const VERSION = '4.22.0';
const WHEEL = 'tensorflow-cpu==2.21.0';
const HEADERS = ['tensorflow/c/', 'xla/tsl/c/', 'ctstring'];
const DOWNLOAD = 'https://storage.googleapis.com/tensorflow/libtensorflow/libtensorflow-cpu-linux-x86_64-2.9.1.tar.gz';
const SECOND = 1000;
/** What is read of the wheel: the two libraries and the C headers. */
const UNPACK = `
import pathlib, shutil, sys, zipfile
wheel, deps, *headers = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        if name in ('tensorflow/libtensorflow_cc.so.2', 'tensorflow/libtensorflow_framework.so.2'):
            target = pathlib.Path(deps, 'lib', name.split('/')[-1])
        elif name.startswith('tensorflow/include/') and name.endswith('.h') and any(h in name for h in headers):
            target = pathlib.Path(deps, 'include', name[len('tensorflow/include/'):])
        else:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(name) as source, open(target, 'wb') as out:
            shutil.copyfileobj(source, out, 1 << 20)
`;

const root = join(import.meta.dirname, '..');
const folder = join(root, 'peers/tensorflow');
const modules = join(folder, 'node_modules');
const scope = join(modules, '@tensorflow');
const tfjs = join(scope, 'tfjs-node');
const QUIET = join(folder, 'quiet.cc');
const STAMP = join(tfjs, 'lib/built-from.txt');
const environment = cleanEnvironment();

await main();

async function main() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major > 22) {
    stop(
      `TensorFlow for Node does not run on Node ${major}: its last release, ${VERSION}, calls util.isNullOrUndefined, which Node 23 removed`,
      'use Node 20 or 22',
    );
  }
  if (installed() && current() && loads() === null) return finish('set up already');
  if (!installed()) install();
  const ways = process.argv.includes('--wheel') ? [fromWheel] : [fromOwnDownload, fromWheel];
  const refused = [];
  for (const way of ways) {
    const why = (await way()) ?? loads();
    if (why === null) return finish(way === fromWheel ? `built against ${WHEEL}` : 'from the package’s own download');
    say(`  not so: ${why}`);
    refused.push(why);
  }
  stop('TensorFlow for Node does not load here', refused.at(-1));
}

/** Whether the pinned packages are in place. */
function installed() {
  try {
    const lock = JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8'));
    return (
      lock.packages['node_modules/@tensorflow/tfjs-node'].version === VERSION &&
      existsSync(join(tfjs, 'dist/index.js')) &&
      existsSync(join(modules, 'node-api-headers'))
    );
  } catch {
    return false;
  }
}

/** Whether the binding is as this script makes it; one that was downloaded has no stamp. */
function current() {
  return !existsSync(STAMP) || readFileSync(STAMP, 'utf8') === stamp();
}

/** What a binding that is built depends on. */
function stamp() {
  return `${WHEEL} ${createHash('sha256').update(readFileSync(QUIET)).digest('hex')}`;
}

function install() {
  say(`installing @tensorflow/tfjs-node ${VERSION} in ${relative(root, folder)}`);
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    env: environment,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) stop(`npm ci failed in ${relative(root, folder)}`, 'see the lines above');
}

/** Null where TensorFlow computes in a process of its own; else why not, in one line. */
function loads() {
  const program = `const tf = require(${JSON.stringify(tfjs)}); if (tf.add(3, 4).dataSync()[0] !== 7) throw new Error('3 + 4 is not 7')`;
  const { status, signal, stderr } = spawnSync(process.execPath, ['-e', program], {
    encoding: 'utf8',
    timeout: 60 * SECOND,
    env: { ...environment, TF_CPP_MIN_LOG_LEVEL: '2' },
  });
  if (status === 0) return null;
  const lines = stderr.split('\n').map((line) => line.trim());
  return lines.find((line) => /Error\b/.test(line)) ?? `the process ended with ${signal ?? status}`;
}

/** The package's install script: libtensorflow and a binding from the storage of its makers. Null, or why not. */
async function fromOwnDownload() {
  say('trying the package’s own download');
  try {
    const reply = await fetch(DOWNLOAD, { method: 'HEAD', signal: AbortSignal.timeout(5 * SECOND) });
    if (!reply.ok) return `its storage answers ${reply.status}`;
  } catch {
    return 'its storage cannot be reached';
  }
  clear();
  const { status, stderr } = spawnSync(process.execPath, ['scripts/install.js'], {
    cwd: tfjs,
    env: { ...environment, PATH: `${join(modules, '.bin')}${delimiter}${environment.PATH ?? ''}` },
    encoding: 'utf8',
    timeout: 240 * SECOND,
  });
  return status === 0 ? null : (stderr?.trim().split('\n').at(-1) ?? 'it took too long');
}

/** libtensorflow out of the wheel, and the binding compiled against it. Null, or why not. */
function fromWheel() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return `${WHEEL} is built for linux on x64, this is ${process.platform} on ${process.arch}`;
  }
  const compiler = [process.env.CXX, 'g++', 'clang++', 'c++'].find((name) => name && runs(name, ['--version']));
  if (!compiler) return 'there is no C++ compiler: install g++ or clang';
  clear();
  const scratch = mkdtempSync(join(modules, '.wheel-'));
  try {
    const python = pythonWithPip(scratch);
    if (!python) return 'there is no Python 3 with pip: install python3-venv';
    say(`fetching ${WHEEL} from the Python package index`);
    download(python, scratch);
    unpack(python, scratch);
    say('compiling the binding');
    compile(compiler);
    return null;
  } catch (error) {
    return String(error.stderr || error.message)
      .trim()
      .split('\n')
      .at(-1);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** A Python that has pip: the machine's, else one in an environment made for it. */
function pythonWithPip(scratch) {
  const python = ['python3', 'python'].find((name) => runs(name, ['--version']));
  if (!python || runs(python, ['-m', 'pip', '--version'])) return python;
  const made = join(scratch, 'venv');
  return runs(python, ['-m', 'venv', made]) ? join(made, 'bin/python') : undefined;
}

/** The wheel for any Python: only its libraries are used. */
function download(python, scratch) {
  const asked = ['--no-deps', '--only-binary=:all:', '--python-version=3.12', '--platform=manylinux_2_27_x86_64'];
  execFileSync(python, ['-m', 'pip', 'download', '--quiet', ...asked, '--dest', scratch, WHEEL], {
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 600 * SECOND,
  });
}

/** The wheel's libraries and C headers, where the package keeps its own. */
function unpack(python, scratch) {
  const wheel = join(scratch, readdirSync(scratch).find((name) => name.endsWith('.whl')) ?? '');
  execFileSync(python, ['-c', UNPACK, wheel, join(tfjs, 'deps'), ...HEADERS], { stdio: ['ignore', 'ignore', 'pipe'] });
}

function compile(compiler) {
  const place = join(tfjs, 'lib/napi-v8');
  mkdirSync(place, { recursive: true });
  const made = join(place, `binding-${process.pid}.node`);
  const flags = '-std=c++17 -O2 -fPIC -shared -s -DNAPI_VERSION=8 -DBUILDING_NODE_EXTENSION'.split(' ');
  const headers = [join(tfjs, 'deps/include'), join(modules, 'node-api-headers/include')].flatMap((path) => [
    '-I',
    path,
  ]);
  const sources = [...['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(tfjs, 'binding', name)), QUIET];
  const libraries = ['cc', 'framework'].map((name) => join(tfjs, `deps/lib/libtensorflow_${name}.so.2`));
  const search = '-Wl,-rpath,$ORIGIN/../../deps/lib';
  execFileSync(compiler, [...flags, ...headers, ...sources, ...libraries, search, '-o', made], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  renameSync(made, join(place, 'tfjs_binding.node'));
  writeFileSync(STAMP, stamp());
}

/** Takes a binding that did not load away. */
function clear() {
  for (const name of ['lib', 'deps', 'build']) rmSync(join(tfjs, name), { recursive: true, force: true });
}

function finish(how) {
  link();
  say(`TensorFlow for Node ${VERSION} loads (${how})`);
}

/** The packages as the program's own imports find them. */
function link() {
  const target = join(root, 'node_modules/@tensorflow');
  mkdirSync(target, { recursive: true });
  for (const name of readdirSync(scope)) {
    const place = join(target, name);
    const there = lstatSync(place, { throwIfNoEntry: false });
    if (there && !there.isSymbolicLink()) {
      say(`node_modules/@tensorflow/${name} was installed by itself and stays as it is`);
      continue;
    }
    if (there) rmSync(place);
    if (process.platform === 'win32') symlinkSync(join(scope, name), place, 'junction');
    else symlinkSync(relative(target, join(scope, name)), place, 'dir');
  }
}

/** Without what a surrounding npm run says of this project. */
function cleanEnvironment() {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(npm_package_|npm_lifecycle_|npm_config_local_prefix$)/.test(name),
    ),
  );
}

function runs(command, args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

function say(line) {
  console.log(line);
}

function stop(what, hint) {
  console.error(`${what}: ${hint}`);
  process.exit(1);
}
