// `--set train.epochs=50`: one key of a config changed from the command line, before the schema sees it.
// In: data and assignments. Out: changed data, and which paths were set by what. Not here: checking (schema.ts).

import { ForecastError } from '../core/errors.ts';
import { RESERVED } from './issues.ts';
import { type Path, parseYaml } from './yaml.ts';

export interface Assignment {
  readonly path: Path;
  readonly value: unknown;
  /** How messages name it: "--set train.epochs". */
  readonly label: string;
}

/** Reads "a.b=c"; the value is YAML. Errors: E_USAGE without "=", E_CONFIG_UNKNOWN_KEY, E_CONFIG_SYNTAX. */
export function parseAssignment(text: string): Assignment {
  const equals = text.indexOf('=');
  const key = (equals === -1 ? text : text.slice(0, equals)).trim();
  if (equals === -1 || key === '' || key.split('.').includes('')) {
    throw new ForecastError('E_USAGE', `--set ${JSON.stringify(text.slice(0, 40))} is not key=value`, {
      hint: 'write for example --set train.epochs=50',
    });
  }
  const label = `--set ${key.slice(0, 80)}`;
  const path = key.split('.').map((segment) => (/^\d{1,9}$/.test(segment) ? Number(segment) : segment));
  if (path.length > 16 || path.some((segment) => RESERVED.has(String(segment)))) {
    throw new ForecastError('E_CONFIG_UNKNOWN_KEY', 'unknown key', {
      where: label,
      hint: '`forecast explain` lists the keys',
    });
  }
  const written = text.slice(equals + 1);
  // These begin a directive, a comment or nothing in YAML; in a value they begin a name ("% urban").
  if (/^\s*[%#@`]/.test(written)) return { path, value: written.trim(), label };
  const parsed = parseYaml(written, label);
  // "Once: upon a time" is a text, not a mapping: only brackets make a collection here.
  return { path, value: parsed.inline ? parsed.data : written.trim(), label };
}

/** Applies assignments in order to a copy of `data`. Errors: E_CONFIG_RANGE for an index beyond a list's end. */
export function assign(data: unknown, assignments: readonly Assignment[]): unknown {
  return assignments.reduce((current, assignment) => setAt(current, assignment.path, assignment), data);
}

function setAt(data: unknown, path: Path, assignment: Assignment): unknown {
  const [segment, ...rest] = path;
  if (segment === undefined) return assignment.value;
  // What may be a list is one entry where it is none: `encoder: log` has an encoder 0.
  if (typeof segment === 'number' && !Array.isArray(data)) return setAt(data == null ? [] : [data], path, assignment);
  if (Array.isArray(data)) {
    const index = Number(segment);
    if (!Number.isInteger(index) || index > data.length) {
      throw new ForecastError(
        'E_CONFIG_RANGE',
        `${JSON.stringify(segment)} is not an entry of a list of ${data.length}`,
        {
          where: assignment.label,
          hint: `entries are 0 to ${Math.max(0, data.length - 1)}`,
        },
      );
    }
    const copy = [...data];
    copy[index] = setAt(data[index], rest, assignment);
    return copy;
  }
  // `optimizer: adam` stands for `optimizer: { kind: adam }`, so its options can be set.
  const object = typeof data === 'string' ? { kind: data } : data !== null && typeof data === 'object' ? data : {};
  const key = String(segment);
  const before = Object.hasOwn(object, key) ? (object as Record<string, unknown>)[key] : undefined;
  return { ...object, [key]: setAt(before, rest, assignment) };
}
