// What a code of an error or a warning means, and what to do about it: its entry in docs/errors.md or docs/warnings.md.
// In: a code. Out: plain text. Not here: which codes there are (core/errors.ts; a test holds both documents to what is given).

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_FOLDER } from './presets.ts';

/** Code → entry. Empty where the documents are not beside the program. */
export function codeEntries(): ReadonlyMap<string, string> {
  return new Map([...errors(page('errors.md')), ...warnings(page('warnings.md'))]);
}

function page(name: string): string {
  const path = join(PACKAGE_FOLDER, 'docs', name);
  return existsSync(path) ? readFileSync(path, 'utf8').replaceAll('\r\n', '\n') : '';
}

/** A section a code: its exit status and meaning, an example between fences, the fix. */
function errors(text: string): [string, string][] {
  const sections = text.split(/^## (?=E_)/m).slice(1);
  return sections.map((section) => {
    const [code = '', ...body] = section.split('\n').filter((line) => line.trim() !== '' && line !== '```');
    return [code, plain([code, ...body.map((line) => `  ${line}`)].join('\n'))];
  });
}

/** A row a code: | `code` | meaning | what to do |. */
function warnings(text: string): [string, string][] {
  return [...text.matchAll(/^\| `(W_\w+)` \| (.*) \| (.*) \|$/gm)].map(([, code = '', meaning = '', todo = '']) => [
    code,
    plain(`${code}\n  ${sentence(meaning)}\n  What to do: ${sentence(todo)}`),
  ]);
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** Links without brackets; a page is named by its path in the package. */
function plain(text: string): string {
  return text.replace(/\[([^\]]+)\]\([^)]+\)/g, (_, shown: string) =>
    shown.endsWith('.md') ? `docs/${shown}` : shown,
  );
}
