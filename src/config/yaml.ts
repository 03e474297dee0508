// YAML text to plain data, and every key's line and column. Text is measured before it is parsed: size, depth, aliases, tags.
// In: untrusted text. Out: data with own keys only, and a locator; or a ForecastError. Not here: what the keys mean (schema.ts).

import type { Document, Node, Pair } from 'yaml';
import { CST, isAlias, isCollection, isMap, isNode, isScalar, isSeq, Lexer, LineCounter, parseDocument } from 'yaml';
import { ForecastError } from '../core/errors.ts';

/** 64 KiB: a config is read by people. */
export const MOST_BYTES = 65_536;
export const MOST_LEVELS = 32;
const MOST_ALIASES = 20;

export type Path = readonly (string | number)[];

export interface Located {
  /** What was written, as plain data. */
  readonly data: unknown;
  /** Whether the text is one bare or quoted value, or a collection in brackets. */
  readonly inline: boolean;
  /** Offset of the value at `path`, or of the key `key` in it; the nearest thing that exists; null where nothing does. */
  offset(path: Path, key?: string): number | null;
  /** The text of a scalar as it was written; null where there is none at `path`. */
  source(path: Path): string | null;
  /** "line:column" of an offset. */
  position(offset: number): string;
}

/**
 * Parses YAML 1.2 (core schema). Errors: E_CONFIG_TOO_LARGE, E_CONFIG_DEPTH, E_CONFIG_ALIAS, E_CONFIG_TAG, E_CONFIG_SYNTAX,
 * each `where` it stands; all syntax errors of a text at once.
 */
export function parseYaml(text: string, where: string): Located {
  const bytes = Buffer.byteLength(text);
  if (bytes > MOST_BYTES) throw tooLarge(bytes, where);
  guard(text, where);
  const lines = new LineCounter();
  const document = compose(text, where, lines);
  const position = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${line}:${col}`;
  };
  const broken = document.errors.slice(0, 5).map((error) => {
    const [start, end] = error.pos;
    const { what, hint } = syntaxMessage(error.code, error.message, text.slice(start, Math.max(end, start + 60)));
    return new ForecastError('E_CONFIG_SYNTAX', what, {
      where: `${where}:${position(Math.min(start, text.length))}`,
      hint,
    });
  });
  const [first, ...others] = broken;
  if (first !== undefined) {
    throw new ForecastError(first.code, first.message, { where: first.where!, hint: first.hint! }, others);
  }
  const contents = document.contents;
  return {
    data: toData(document, where),
    inline: !isCollection(contents) || contents.flow === true,
    offset: (path, key) => findOffset(document, path, key),
    source: (path) => {
      const node = document.getIn(path, true);
      return isScalar(node) && typeof node.source === 'string' ? node.source : null;
    },
    position,
  };
}

export function tooLarge(bytes: number, where: string): ForecastError {
  return new ForecastError('E_CONFIG_TOO_LARGE', `${bytes} > ${MOST_BYTES} bytes`, {
    where,
    hint: 'a config names data, it does not hold them: put series and texts into files of their own',
  });
}

/**
 * Refuses what the parser must not see. The parser recurses with each level of nesting and aborts the process at about a thousand;
 * the lexer does not recurse, so depth is counted on its tokens: brackets, and indentation as a stack of columns.
 */
function guard(text: string, where: string): void {
  const columns: number[] = [];
  let flow = 0;
  let within = 0; // signs that could nest since the last bracket or comma: in brackets a key has one, whatever its column
  let aliases = 0;
  let line = 1;
  let lineStart = 0;
  let offset = 0;
  let fresh = true; // nothing but space on this line so far
  let scalarColumn = 0;
  let scalar = '';
  let scalarNext = false;
  const place = (): string => `${where}:${line}:${offset - lineStart + 1}`;
  const enter = (column: number): void => {
    if (flow > 0) within++;
    else if (column > (columns.at(-1) ?? -1)) columns.push(column);
  };
  for (const token of new Lexer().lex(text)) {
    if (token === CST.DOCUMENT || token === CST.FLOW_END) continue;
    if (token === CST.SCALAR) {
      scalarNext = true;
      continue;
    }
    const type = scalarNext ? 'scalar' : CST.tokenType(token);
    scalarNext = false;
    const column = offset - lineStart;
    if (fresh && type !== 'space' && type !== 'newline' && type !== 'comment') {
      fresh = false;
      while (columns.length > 0 && columns.at(-1)! >= column) columns.pop();
    }
    switch (type) {
      case 'flow-map-start':
      case 'flow-seq-start':
        flow++;
        within = 0;
        scalarColumn = column;
        break;
      case 'flow-map-end':
      case 'flow-seq-end':
        flow = Math.max(0, flow - 1);
        within = 0;
        break;
      case 'comma':
        within = 0;
        break;
      case 'seq-item-ind':
      case 'explicit-key-ind':
        enter(column);
        scalarColumn = column + 1;
        break;
      case 'map-value-ind':
        if (scalar === '<<') throw mergeKey(`${where}:${line}:${scalarColumn + 1}`);
        enter(scalarColumn);
        scalarColumn = column + 1;
        break;
      case 'alias':
        aliases++;
        scalarColumn = column;
        break;
      case 'tag':
        throw new ForecastError('E_CONFIG_TAG', `the tag ${JSON.stringify(token.slice(0, 40))} is not allowed`, {
          where: place(),
          hint: 'configs hold plain values only: remove the tag',
        });
      case 'directive-line':
        throw new ForecastError('E_CONFIG_SYNTAX', 'directives are not allowed', {
          where: place(),
          hint: 'remove the line that starts with %',
        });
      case 'space':
      case 'newline':
      case 'comment':
        break;
      default:
        scalarColumn = column;
        scalar = token;
    }
    if (columns.length + flow + Math.max(0, within - 1) > MOST_LEVELS) throw tooDeep(place());
    if (aliases > MOST_ALIASES) throw tooManyAliases(place());
    for (let i = token.indexOf('\n'); i !== -1; i = token.indexOf('\n', i + 1)) {
      line++;
      lineStart = offset + i + 1;
      fresh = true;
    }
    offset += token.length;
  }
}

function tooDeep(where: string): ForecastError {
  return new ForecastError('E_CONFIG_DEPTH', `deeper than ${MOST_LEVELS} levels`, {
    where,
    hint: 'no key needs more than six levels: look for a bracket that is never closed',
  });
}

function mergeKey(where: string): ForecastError {
  return new ForecastError('E_CONFIG_SYNTAX', 'the merge key << is not read: YAML 1.2 has none', {
    where,
    hint: 'write its keys out; an alias (*name) stands for a whole value',
  });
}

function tooManyAliases(where: string): ForecastError {
  return new ForecastError('E_CONFIG_ALIAS', `more than ${MOST_ALIASES} aliases`, {
    where,
    hint: 'write the values out instead of repeating them with *',
  });
}

function compose(text: string, where: string, lineCounter: LineCounter): Document.Parsed {
  try {
    return parseDocument(text, { version: '1.2', schema: 'core', prettyErrors: false, stringKeys: true, lineCounter });
  } catch (cause) {
    throw new ForecastError('E_CONFIG_SYNTAX', 'the text cannot be read as YAML', {
      where,
      hint: 'check the quotes and brackets',
      cause,
    });
  }
}

function toData(document: Document.Parsed, where: string): unknown {
  try {
    return document.toJS();
  } catch (cause) {
    // An alias without its anchor, one that holds itself, or too much expansion: all arrive as exceptions here.
    const excessive = cause instanceof Error && /excessive/i.test(cause.message);
    if (excessive) {
      throw new ForecastError('E_CONFIG_ALIAS', 'aliases expand to too much', {
        where,
        hint: 'write the values out instead of repeating them with *',
        cause,
      });
    }
    throw new ForecastError('E_CONFIG_SYNTAX', 'an alias (*name) has no anchor (&name) before it, or holds itself', {
      where,
      hint: 'write the value out instead',
      cause,
    });
  }
}

function syntaxMessage(code: string, message: string, text: string): { readonly what: string; readonly hint: string } {
  if (code === 'DUPLICATE_KEY') {
    return {
      what: `the key ${JSON.stringify(/^[^\s:]*/.exec(text)?.[0] ?? '')} is written twice`,
      hint: 'keep one of the two',
    };
  }
  if (code === 'MULTIPLE_DOCS') {
    return { what: 'more than one document in the file', hint: 'keep one, and remove the line ---' };
  }
  const line = (message.split('\n')[0] ?? '').trim().replace(/[.:]$/, '');
  return {
    what: line.charAt(0).toLowerCase() + line.slice(1, 160),
    hint: /escape sequence/.test(line)
      ? 'in double quotes a backslash begins a sign: write / between folders, or take single quotes'
      : /^Tabs /.test(line)
        ? 'write two spaces for each'
        : 'check the indentation, the quotes and the brackets there',
  };
}

function findOffset(document: Document.Parsed, path: Path, key: string | undefined): number | null {
  let node: Node | null = document.contents;
  let found: number | null = null;
  for (const segment of path) {
    const target = unalias(node, document);
    if (isSeq(target)) {
      const item: unknown = target.items[Number(segment)];
      if (!isNode(item)) break;
      node = item;
      found = item.range?.[0] ?? found;
    } else if (isMap(target)) {
      const pair = pairOf(target.items, String(segment));
      if (pair === undefined) {
        // `encoder: { … }` is read as a list of one: its index is not in the text.
        if (typeof segment === 'number') continue;
        break;
      }
      node = isNode(pair.value) ? pair.value : null;
      const empty = isScalar(node) && node.source === '';
      found = (empty ? keyOffset(pair) : node?.range?.[0]) ?? keyOffset(pair) ?? found;
    } else {
      break;
    }
  }
  if (key !== undefined) {
    const target = unalias(node, document);
    const pair = isMap(target) ? pairOf(target.items, key) : undefined;
    if (pair !== undefined) return keyOffset(pair) ?? found;
  }
  return found;
}

function unalias(node: Node | null, document: Document.Parsed): Node | null {
  return isAlias(node) ? (node.resolve(document) ?? null) : node;
}

function pairOf(items: readonly Pair[], key: string): Pair | undefined {
  return items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key);
}

function keyOffset(pair: Pair): number | null {
  return isNode(pair.key) ? (pair.key.range?.[0] ?? null) : null;
}
