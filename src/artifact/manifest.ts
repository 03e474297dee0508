// What a folder promises to hold: its files with size and sha256, written last.
// In: contents by name, or a folder. Out: the manifest's text, or verified contents. Not here: what the files mean.

import { createHash } from 'node:crypto';
import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { stableJson } from '../core/json.ts';
import { type Content, partsOf } from './write.ts';

export const MANIFEST = 'manifest.json';

export interface FileMark {
  readonly size: number;
  readonly sha256: string;
}

export type Marks = ReadonlyMap<string, FileMark>;

/** Why a folder cannot be trusted: which file, and what is wrong with it. Callers turn it into their own error or warning. */
export class Damage extends Error {
  readonly file: string;

  constructor(file: string, what: string) {
    super(what);
    this.name = 'Damage';
    this.file = file;
  }
}

const SCHEMA = z.strictObject({
  version: z.literal(1),
  files: z.array(
    z.strictObject({
      name: z.string().refine(isInside),
      size: z.int().min(0),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
});

export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

export function markOf(content: Content): FileMark {
  const hash = createHash('sha256');
  let size = 0;
  for (const part of partsOf(content)) {
    hash.update(part);
    size += part.length;
  }
  return { size, sha256: hash.digest('hex') };
}

/** The manifest's one possible text for these files: sorted by name, so that equal folders have equal manifests. */
export function manifestText(marks: Marks): string {
  const names = [...marks.keys()].sort((a, b) => (a < b ? -1 : 1));
  return stableJson({ version: 1, files: names.map((name) => ({ name, ...(marks.get(name) as FileMark) })) });
}

/** Errors: Damage where the text is not what `manifestText` would write, to the byte. */
function parseManifest(text: string): Marks {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Damage(MANIFEST, 'is not JSON');
  }
  const result = SCHEMA.safeParse(value);
  if (!result.success) throw new Damage(MANIFEST, 'does not list files with size and sha256');
  const marks = new Map(result.data.files.map(({ name, size, sha256 }) => [name, { size, sha256 }]));
  if (manifestText(marks) !== text) throw new Damage(MANIFEST, 'is not as it was written');
  return marks;
}

/** The content of one file if it is what the mark says. Errors: Damage. */
export async function readMarked(path: string, name: string, mark: FileMark): Promise<Uint8Array> {
  const stat = await lstat(path).catch(() => null);
  if (stat === null) throw new Damage(name, 'is missing');
  if (!stat.isFile()) throw new Damage(name, 'is not a regular file');
  if (stat.size !== mark.size) throw new Damage(name, `expected ${mark.size} bytes, found ${stat.size}`);
  const content = await readFile(path).catch(() => null);
  if (content === null) throw new Damage(name, 'cannot be read');
  if (sha256(content) !== mark.sha256) throw new Damage(name, 'its sha256 is not the one in the manifest');
  return content;
}

/** The manifest of a folder, or null where there is none. Errors: Damage. */
export async function readManifest(folder: string): Promise<Marks | null> {
  const path = join(folder, MANIFEST);
  const stat = await lstat(path).catch(() => null);
  if (stat === null) return null;
  if (!stat.isFile() || stat.size > 16777216) throw new Damage(MANIFEST, 'is not a manifest');
  return parseManifest(await readFile(path, 'utf8'));
}

/** Whether a name stays inside its folder: plain parts separated by "/". */
export function isInside(name: string): boolean {
  return name.split('/').every((part) => /^[A-Za-z0-9._-]+$/.test(part) && part !== '.' && part !== '..');
}
