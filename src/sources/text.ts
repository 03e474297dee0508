// Source of text: a file or lines in the config, cut into documents that windows never cross.
// In: UTF-8. Out: documents with \n line ends. Not here: tokens (encoders/).

import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Loaded } from '../core/data.ts';
import { ForecastError } from '../core/errors.ts';
import { bomLength, checkUtf8, type Encoding } from './encoding.ts';
import { type OpenFile, readWhole, stem, withFile } from './file.ts';
import { encodingField, limitsOption } from './options.ts';
import type { SourceContext, SourceKind } from './source.ts';

export interface TextOptions {
  readonly file?: string | undefined;
  readonly encoding?: Encoding | undefined;
  readonly lines?: readonly string[] | undefined;
  readonly document: 'line' | 'paragraph' | 'whole';
  readonly limits: { readonly bytes: number; readonly ratio: number };
}

const options: z.ZodObject & z.ZodType<TextOptions> = z.strictObject({
  file: z.string().min(1).optional().describe('path of a UTF-8 text file, relative to the config; or use lines'),
  encoding: encodingField,
  lines: z.array(z.string()).min(1).optional().describe('the text itself, line by line, instead of a file'),
  document: z
    .enum(['line', 'paragraph', 'whole'])
    .default('line')
    .describe('what windows never cross: each line, each paragraph (blank lines between), or nothing'),
  limits: limitsOption({}),
});

export const text: SourceKind<TextOptions> = {
  kind: 'text',
  summary: 'Text from a UTF-8 file or from lines in the config, cut into documents.',
  options,
  load: loadText,
};

/** Throws E_CONFIG_CONFLICT unless exactly one of file and lines is given, E_TEXT_EMPTY where no document is left, and what openFile throws. */
async function loadText(given: TextOptions, context: SourceContext): Promise<Loaded> {
  const { content, sha256, name, id } = await read(given, context);
  const documents = cut(content.replace(/\r\n?/g, '\n'), given.document);
  if (documents.length === 0) {
    throw new ForecastError('E_TEXT_EMPTY', 'holds no text', { where: name, hint: 'give at least one non-blank line' });
  }
  return { raw: { form: 'text', id, documents }, sha256, warnings: [], notes: [] };
}

interface Content {
  readonly content: string;
  readonly sha256: string;
  readonly name: string;
  readonly id: string;
}

async function read(given: TextOptions, context: SourceContext): Promise<Content> {
  if ((given.file === undefined) === (given.lines === undefined)) {
    throw new ForecastError(
      'E_CONFIG_CONFLICT',
      given.file === undefined ? 'neither file nor lines' : 'both file and lines',
      {
        where: 'source',
        hint: 'give exactly one of source.file and source.lines',
      },
    );
  }
  if (given.lines !== undefined) {
    const canonical = JSON.stringify({ document: given.document, lines: given.lines });
    const sha256 = createHash('sha256').update(canonical).digest('hex');
    return { content: given.lines.join('\n'), sha256, name: 'source.lines', id: 'lines' };
  }
  const path = given.file as string;
  const decoded = async (file: OpenFile): Promise<Content> => {
    const bytes = await readWhole(file);
    checkUtf8(bytes, 0, file.name);
    const content = bytes.toString('utf8', bomLength(bytes));
    return { content, sha256: file.sha256(), name: file.name, id: stem(path) };
  };
  return withFile(path, context, given.limits, decoded, given.encoding);
}

function cut(content: string, document: TextOptions['document']): string[] {
  if (document === 'line')
    return content
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
  const blank = /^[ \t]*$/;
  if (document === 'paragraph') return paragraphs(content.split('\n'), blank);
  const lines = content.split('\n');
  const first = lines.findIndex((line) => !blank.test(line));
  const last = lines.findLastIndex((line) => !blank.test(line));
  return first < 0 ? [] : [lines.slice(first, last + 1).join('\n')];
}

function paragraphs(lines: readonly string[], blank: RegExp): string[] {
  const found: string[] = [];
  let open: string[] = [];
  for (const line of [...lines, '']) {
    if (!blank.test(line)) open.push(line);
    else if (open.length > 0) {
      found.push(open.join('\n'));
      open = [];
    }
  }
  return found;
}
