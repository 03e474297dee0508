// The @ lines of a .tsf file: attributes of its series, frequency, horizon. In: lines. Out: a Header. Not here: the data lines.

import { ForecastError } from '../../core/errors.ts';
import type { Frequency } from '../../core/time.ts';
import { shown } from '../csv/cells.ts';
import { FREQUENCY_EXAMPLES, frequencyOf } from '../rhythm.ts';

export interface Attribute {
  readonly name: string;
  readonly type: 'string' | 'numeric' | 'date';
}

export interface Header {
  readonly relation: string | null;
  readonly attributes: readonly Attribute[];
  readonly frequency: Frequency | null;
  /** Steps the file says are to be forecast. */
  readonly horizon: number | null;
}

export interface HeaderReader {
  /** Reads one line, trimmed and not blank; true where it is @data, after which the header is whole. */
  line(text: string, where: string): boolean;
  header(): Header;
}

/** Throws E_CSV_HEADER naming the line that is none of a header, E_TIME_INVALID for a frequency we do not know (unless another is `given`). */
export function headerReader(given: Frequency | null): HeaderReader {
  const attributes: Attribute[] = [];
  let relation: string | null = null;
  let frequency = given;
  let horizon: number | null = null;

  const line = (text: string, where: string): boolean => {
    const [, tag = '', value = ''] = /^@(\w+)\s*(.*)$/.exec(text) ?? [];
    switch (tag.toLowerCase()) {
      case 'relation':
        relation = value.trim();
        return false;
      case 'attribute':
        attributes.push(attributeOf(value, attributes, where));
        return false;
      case 'frequency':
        frequency ??= known(value, where);
        return false;
      case 'horizon':
        horizon = stepsOf(value, where);
        return false;
      case 'data':
        if (attributes.length > 0) return true;
        throw bad(
          '@data comes before any @attribute',
          where,
          'name what stands before the values, as "@attribute series_name string"',
        );
      case '':
        throw bad(
          `${shown(text)} is neither a # comment nor an @ line`,
          where,
          'a .tsf file begins with @attribute lines and @data; read other tables with kind: csv or rows',
        );
      default: // @missing, @equallength: the values themselves tell
        return false;
    }
  };

  return { line, header: () => ({ relation, attributes, frequency, horizon }) };
}

function attributeOf(value: string, others: readonly Attribute[], where: string): Attribute {
  const [, name, type] = /^(\S+)\s+(string|numeric|date)$/i.exec(value.trim()) ?? [];
  if (name === undefined)
    throw bad(`${shown(value)} is no attribute`, where, 'write "@attribute name string", numeric or date');
  if (others.some((other) => other.name === name))
    throw bad(`attribute ${shown(name)} is there already`, where, 'rename one of them');
  return { name, type: (type as string).toLowerCase() as Attribute['type'] };
}

function known(value: string, where: string): Frequency {
  const frequency = frequencyOf(value);
  if (frequency !== null) return frequency;
  throw new ForecastError('E_TIME_INVALID', `frequency ${shown(value)} is none we know`, {
    where,
    hint: `set source.frequency: ${FREQUENCY_EXAMPLES}`,
  });
}

function stepsOf(value: string, where: string): number {
  if (/^[1-9]\d{0,5}$/.test(value.trim())) return Number(value);
  throw bad(`horizon ${shown(value)} is no number of steps`, where, 'write a whole number, or remove the line');
}

export function bad(what: string, where: string, hint: string): ForecastError {
  return new ForecastError('E_CSV_HEADER', what, { where, hint });
}
