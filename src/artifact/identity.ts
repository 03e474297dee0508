// What makes two runs the same run: resolved config, data, engine.
// In: their texts. Out: a hash, and the first difference in words. Not here: where it is kept (run-folder.ts).

import * as z from 'zod';
import { stableJson } from '../core/json.ts';
import { sha256 } from './manifest.ts';

export interface Identity {
  /** sha256 (hex) of the three others; folder names carry its first eight digits. */
  readonly hash: string;
  /** The resolved config as text. */
  readonly config: string;
  /** sha256 (hex) of the data. */
  readonly data: string;
  /** The engine's kind and whatever of it changes the bits. */
  readonly engine: string;
}

const SCHEMA = z.strictObject({ hash: z.string(), config: z.string(), data: z.string(), engine: z.string() });

/** sha256 (hex) over config, data and engine. */
export function hashIdentity(parts: Omit<Identity, 'hash'>): string {
  return sha256(JSON.stringify([parts.config, parts.data, parts.engine]));
}

export function identityText({ hash, config, data, engine }: Identity): string {
  return stableJson({ hash, config, data, engine });
}

/** null where the text is no identity, or its hash is not that of its parts. */
export function parseIdentity(text: string): Identity | null {
  try {
    const identity = SCHEMA.parse(JSON.parse(text));
    return identity.hash === hashIdentity(identity) ? identity : null;
  } catch {
    return null;
  }
}

/** The first difference, as a person would say it: `train.epochs 32 → 64`, `data sha256 differs (…)`, `engine reference → native`. */
export function firstDifference(stored: Identity, wanted: Identity): string {
  if (stored.config !== wanted.config) return configDifference(stored.config, wanted.config);
  if (stored.data !== wanted.data)
    return `data sha256 differs (${stored.data.slice(0, 8)} → ${wanted.data.slice(0, 8)})`;
  return `engine ${stored.engine} → ${wanted.engine}`;
}

function configDifference(stored: string, wanted: string): string {
  const before = leaves(stored);
  const after = leaves(wanted);
  for (const [key, value] of after) {
    if (before.get(key) !== value) return `${key} ${cut(before.get(key) ?? 'absent')} → ${cut(value)}`;
  }
  for (const [key, value] of before) if (!after.has(key)) return `${key} ${cut(value)} → absent`;
  return 'config differs in its layout';
}

/** Values of a block-style YAML (or indented JSON) text by dotted key, read by indentation: no parser for text from a disk. */
function leaves(text: string): Map<string, string> {
  const found = new Map<string, string>();
  const parents: { indent: number; key: string; items: number }[] = [];
  for (const line of text.split('\n')) {
    const body = line.trim();
    if (body === '' || body.startsWith('#')) continue;
    let indent = line.length - line.trimStart().length;
    let rest = body;
    // An item may stand at the indent of its own list's key.
    while (parents.length > 0 && closes(parents.at(-1)!, indent, rest)) parents.pop();
    while (rest.startsWith('- ')) {
      const list = parents.at(-1);
      const index = list === undefined ? 0 : list.items++;
      parents.push({ indent, key: String(index), items: 0 });
      const inner = rest.slice(2).trimStart();
      indent += rest.length - inner.length;
      rest = inner;
    }
    const colon = rest.search(/:(\s|$)/);
    const key = colon < 0 ? '' : unquoted(rest.slice(0, colon));
    const value = (colon < 0 ? rest : rest.slice(colon + 1)).trim();
    const path = [...parents.map((p) => p.key), ...(key === '' ? [] : [key])].join('.');
    if (key !== '') parents.push({ indent, key, items: 0 });
    if (value !== '') found.set(path, unquoted(value));
  }
  return found;
}

function closes(parent: { indent: number; key: string }, indent: number, rest: string): boolean {
  const isItem = /^[0-9]+$/.test(parent.key);
  return rest.startsWith('- ') && !isItem ? parent.indent > indent : parent.indent >= indent;
}

function unquoted(text: string): string {
  return text.replace(/,$/, '').replace(/^"(.*)"$/, '$1');
}

function cut(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
