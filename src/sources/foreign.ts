// Files that are no text, and texts that are no table: workbooks, archives, web pages, told by how they begin.
// In: the first bytes. Out: nothing, or a refusal that says what it is and how to get a table out of it. Not here: reading any of them.

import { ForecastError } from '../core/errors.ts';

/** How a file of another program begins (latin1), what its first bytes hold besides, what it is, and the way out. */
interface Kind {
  readonly begins: readonly string[];
  readonly holds?: RegExp;
  readonly what: string;
  readonly hint: string;
}

const SAVE_AS = 'open it and save the sheet as CSV (File, Save as, "CSV UTF-8"), then name that file';
const UNPACK = 'unpack it and name the table inside; of packed tables only .gz is read';
const withPandas = (read: string): string =>
  `write it as CSV, for example with pandas: ${read}(FILE).to_csv("table.csv", index=False)`;

const BINARY: readonly Kind[] = [
  {
    begins: ['PK\x03\x04'],
    holds: /mimetypeapplication\/vnd\.oasis\.opendocument/,
    what: 'an OpenDocument workbook (.ods)',
    hint: SAVE_AS,
  },
  {
    begins: ['PK\x03\x04'],
    holds: /\[Content_Types\]\.xml|_rels\/|xl\/|docProps\//,
    what: 'an Excel workbook (.xlsx)',
    hint: SAVE_AS,
  },
  { begins: ['\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'], what: 'an Excel workbook of the old kind (.xls)', hint: SAVE_AS },
  { begins: ['PK\x03\x04', '7z\xbc\xaf', 'BZh9', '\xfd7zXZ', '\x28\xb5\x2f\xfd'], what: 'an archive', hint: UNPACK },
  { begins: ['PAR1'], what: 'a Parquet file', hint: withPandas('read_parquet') },
  { begins: ['ARROW1', 'FEA1'], what: 'a Feather file', hint: withPandas('read_feather') },
  {
    begins: ['SQLite format 3\0'],
    what: 'an SQLite database',
    hint: 'export the table: sqlite3 -header -csv FILE "select * from TABLE" > table.csv',
  },
  { begins: ['%PDF-'], what: 'a PDF', hint: 'ask whoever made it for the table as CSV' },
];

const TEXTUAL: readonly Kind[] = [
  {
    begins: [''],
    holds: /^\s*<(?:!doctype html|html|head|body|table|meta)\b/i,
    what: 'a web page, as some programs write for .xls',
    hint: SAVE_AS,
  },
  { begins: [''], holds: /^\s*<\?xml\b/i, what: 'an XML file', hint: SAVE_AS },
  {
    begins: [''],
    holds: /^\s*(?:\[\s*[[{]|\{\s*")/,
    what: 'JSON',
    hint: 'write it as CSV: a line of names, then one row a time',
  },
];

/** The chunks as they are. Throws E_DATA_FORMAT where the first one begins like a file of another program. */
export async function* refuseBinary(chunks: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer> {
  let first = true;
  for await (const chunk of chunks) {
    if (first) refuse(BINARY, chunk.toString('latin1', 0, 4096), name);
    first = false;
    yield chunk;
  }
}

/** Throws E_DATA_FORMAT for the beginning of a text that is no table. */
export function refuseTextual(bytes: Buffer, name: string): void {
  refuse(TEXTUAL, bytes.toString('latin1', 0, 512), name);
}

function refuse(kinds: readonly Kind[], head: string, where: string): void {
  const found = kinds.find(
    ({ begins, holds }) => begins.some((start) => head.startsWith(start)) && (holds?.test(head) ?? true),
  );
  if (found === undefined) return;
  throw new ForecastError('E_DATA_FORMAT', `this is ${found.what}, not a table in text`, { where, hint: found.hint });
}
