// zig from PyPI: the compiler that makes every binary of a release on one machine, always of the same version.
// In: nothing, or PYTHON (a Python that has the package ziglang). Out: the start of a command line. Not here: what is compiled.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

export const ZIG = '0.17.0';

/** Where zig is put when PYTHON does not name one. */
const VENV = join(import.meta.dirname, '../build/zig');

/** The command line that runs zig; makes a virtual environment for it the first time (a download of 90 MB). */
export function zig() {
  const python = process.env.PYTHON ?? ownPython();
  const found = execFileSync(python, ['-m', 'ziglang', 'version'], { encoding: 'utf8' }).trim();
  if (found !== ZIG) console.error(`warning: zig ${found} instead of ${ZIG}: the bytes may differ`);
  return [python, '-m', 'ziglang'];
}

function ownPython() {
  const python = process.platform === 'win32' ? join(VENV, 'Scripts/python.exe') : join(VENV, 'bin/python');
  if (!has(python)) {
    mkdirSync(VENV, { recursive: true });
    execFileSync(process.platform === 'win32' ? 'python' : 'python3', ['-m', 'venv', VENV], { stdio: 'inherit' });
    execFileSync(python, ['-m', 'pip', 'install', '--quiet', `ziglang==${ZIG}`], { stdio: 'inherit' });
  }
  return python;
}

function has(python) {
  if (!existsSync(python)) return false;
  try {
    execFileSync(python, ['-m', 'ziglang', 'version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
