// The configs that come with the program: their names, files and first sentences. Not here: running them.

import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Preset {
  readonly name: string;
  /** Absolute path of its file. */
  readonly path: string;
  /** The first sentence of its opening comment. */
  readonly summary: string;
}

/** The package's own folder (two above this file, in the sources and in the build alike). */
export const PACKAGE_FOLDER: string = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** All presets by name; none where the package came without them. */
export function presets(): Preset[] {
  const folder = join(PACKAGE_FOLDER, 'configs');
  return filesIn(folder)
    .filter((file) => file.endsWith('.yaml'))
    .sort((a, b) => (stem(a) < stem(b) ? -1 : 1))
    .map((file) => ({
      name: stem(file),
      path: join(folder, file),
      summary: summaryOf(join(folder, file)),
    }));
}

const stem = (file: string): string => file.slice(0, -'.yaml'.length);

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function summaryOf(path: string): string {
  const comment = headOf(path)
    .split('\n')
    .slice(0, 12)
    .filter((line) => !line.includes('yaml-language-server'));
  const until = comment.findIndex((line) => !line.startsWith('#'));
  const text = comment
    .slice(0, until === -1 ? undefined : until)
    .map((line) => line.replace(/^#+\s?/, '').trim())
    .join(' ')
    .trim();
  // "counting: the smallest forecast there is." – the name is shown anyway.
  const sentence = /^.*?[.!?](?=\s|$)/.exec(text)?.[0] ?? text;
  return sentence.replace(/^[\w-]+: /, '').replace(/^./, (letter) => letter.toUpperCase());
}

function headOf(path: string): string {
  const descriptor = openSync(path, 'r');
  try {
    const buffer = new Uint8Array(2048);
    const count = readSync(descriptor, buffer, 0, buffer.length, 0);
    return new TextDecoder().decode(buffer.subarray(0, count));
  } finally {
    closeSync(descriptor);
  }
}
