// A throw-away project folder for a test: files in, runs out, gone afterwards.

import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';

export interface Workspace {
  readonly path: string;
  /** Writes a file below the folder and gives its path. */
  write(name: string, content: string): string;
}

/** A new folder, removed after the test file. It is its own project root. */
export function workspace(): Workspace {
  const path = mkdtempSync(join(tmpdir(), 'forecast-'));
  writeFileSync(join(path, 'package.json'), '{}');
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return {
    path,
    write(name, content) {
      const file = join(path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
      return file;
    },
  };
}

/** sha256 of every file below a folder by its name, but run.json, which tells what differs from run to run. */
export function fingerprints(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'run.json')
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return Object.fromEntries(
    names.map((name) => [name.slice(folder.length + 1), createHash('sha256').update(readFileSync(name)).digest('hex')]),
  );
}
