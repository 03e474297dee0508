// A folder that is there whole or not at all: written beside its place with a manifest, then renamed into it.
// In: files by name. Out: the sealed folder, or its verified contents. Not here: what the files mean.

import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Damage, MANIFEST, manifestText, markOf, readManifest, readMarked } from './manifest.ts';
import { codeOf, freshFolder, onDisk, syncFolder } from './write.ts';

/** Writes `files` as the folder `path`, which must not exist; where that fails, nothing is left. Errors: as `writeAtomic`. */
export async function seal(path: string, files: ReadonlyMap<string, string | Uint8Array>): Promise<void> {
  const temporary = `${path}.tmp`;
  await onDisk(path, () => rm(temporary, { recursive: true, force: true }));
  try {
    await writeSealed(temporary, files);
    await onDisk(path, () => rename(temporary, path));
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
  await onDisk(path, () => syncFolder(dirname(path)));
}

async function writeSealed(path: string, files: ReadonlyMap<string, string | Uint8Array>): Promise<void> {
  const folder = freshFolder(path);
  for (const [name, content] of files) await folder.write(name, content);
  const marks = new Map([...files].map(([name, content]) => [name, markOf(content)]));
  await folder.write(MANIFEST, manifestText(marks));
  await folder.sync();
}

/** The contents of a sealed folder. Errors: Damage naming the file. */
export async function unseal(path: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const marks = await readManifest(path);
  if (marks === null) throw new Damage(MANIFEST, 'is missing');
  const files = new Map<string, Uint8Array>();
  for (const [name, mark] of marks) files.set(name, await readMarked(join(path, name), name, mark));
  return files;
}

/** Removes a folder, if there is one, as a whole: what a kill leaves of it does not stand in its place. */
export async function discard(path: string): Promise<void> {
  await onDisk(path, async () => {
    await rm(`${path}.tmp`, { recursive: true, force: true });
    try {
      await rename(path, `${path}.tmp`);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return;
      throw error;
    }
    await rm(`${path}.tmp`, { recursive: true, force: true });
  });
}
