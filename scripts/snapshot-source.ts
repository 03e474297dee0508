// Refreshes datasets/source-code: a frozen copy of src/core, so that its preset does not change whenever the program does.
// In: src/core/*.ts. Out: datasets/source-code/core.txt and the checksum in its README. Run by hand: npx tsx scripts/snapshot-source.ts

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const SOURCE = new URL('../src/core/', import.meta.url);
const DATASET = new URL('../datasets/source-code/', import.meta.url);

const files = readdirSync(SOURCE)
  .filter((name) => name.endsWith('.ts'))
  .sort();
const snapshot = files.map((name) => `// src/core/${name}\n${readFileSync(new URL(name, SOURCE), 'utf8')}`).join('\n');
writeFileSync(new URL('core.txt', DATASET), snapshot);

const readme = new URL('README.md', DATASET);
const checksum = createHash('sha256').update(snapshot).digest('hex');
const facts = `${snapshot.length} characters, ${new Set(snapshot).size} different`;
const text = readFileSync(readme, 'utf8')
  .replace(/`[0-9a-f]{64}` core\.txt/, `\`${checksum}\` core.txt`)
  .replace(/[0-9]+ characters, [0-9]+ different/, facts);
writeFileSync(readme, text);
