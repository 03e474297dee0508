// The one error type and the catalogue of everything that can go wrong for a person.
// In: a code from the catalogue, where, what, a hint. Out: an Error whose exit status the catalogue knows.
// Not here: printing (cli/) and documentation (docs/errors.md is checked against this table).

/** Exit statuses by cause; the table in docs/errors.md explains each. */
export const EXIT = {
  ok: 0,
  bug: 1,
  usage: 2,
  data: 3,
  numeric: 4,
  output: 5,
  busy: 6,
  model: 7,
  partial: 8,
  gate: 9,
} as const;

/** Every error code with its exit status. Adding a code means adding its entry to docs/errors.md and a test that reaches it. */
export const ERRORS = {
  E_BUG: 1,

  E_USAGE: 2,
  E_CONFIG_NOT_FOUND: 2,
  E_CONFIG_SYNTAX: 2,
  E_CONFIG_TOO_LARGE: 2,
  E_CONFIG_DEPTH: 2,
  E_CONFIG_ALIAS: 2,
  E_CONFIG_TAG: 2,
  E_CONFIG_UNKNOWN_KEY: 2,
  E_CONFIG_UNKNOWN_KIND: 2,
  E_CONFIG_TYPE: 2,
  E_CONFIG_RANGE: 2,
  E_CONFIG_MISSING: 2,
  E_CONFIG_CONFLICT: 2,
  E_PATH_OUTSIDE: 2,
  E_LIMIT_MEMORY: 2,
  E_RESUME_MISMATCH: 2,
  E_PROMPT_UNKNOWN: 2,
  E_URL_DISABLED: 2,
  E_RUN_NOT_FOUND: 2,

  E_DATA_NOT_FOUND: 3,
  E_DATA_NOT_FILE: 3,
  E_DATA_FORMAT: 3,
  E_DATA_EMPTY: 3,
  E_DATA_TOO_SHORT: 3,
  E_DATA_TOO_LARGE: 3,
  E_DATA_GZIP: 3,
  E_DATA_NOT_NUMERIC: 3,
  E_DATA_MISSING: 3,
  E_DATA_RANGE: 3,
  E_DATA_COLUMN: 3,
  E_DATA_DUPLICATE: 3,
  E_DATA_FUTURE: 3,
  E_DATA_CHANGED: 3,
  E_DATA_ACTUALS: 3,
  E_CSV_RAGGED: 3,
  E_CSV_QUOTE: 3,
  E_CSV_FIELD_TOO_LONG: 3,
  E_CSV_TOO_MANY_COLUMNS: 3,
  E_CSV_HEADER: 3,
  E_CSV_ENCODING: 3,
  E_TIME_INVALID: 3,
  E_TIME_AMBIGUOUS: 3,
  E_TIME_ORDER: 3,
  E_TIME_DUPLICATE: 3,
  E_TIME_GAP: 3,
  E_TEXT_EMPTY: 3,

  E_TRAIN_DIVERGED: 4,

  E_IO_WRITE: 5,
  E_IO_STDOUT: 5,
  E_OUT_NOT_WRITABLE: 5,

  E_RUN_LOCKED: 6,
  E_RUN_EXISTS: 6,

  E_MODEL_NOT_FOUND: 7,
  E_MODEL_HEADER: 7,
  E_MODEL_SHAPE: 7,
  E_MODEL_LAYOUT: 7,
  E_MODEL_LAYER: 7,
  E_RUN_INCOMPLETE: 7,
  E_RUN_CORRUPT: 7,

  E_GATE: 9,
} as const;

export type ErrorCode = keyof typeof ERRORS;

export interface ErrorDetail {
  /** File, file:line, file:line:column, a config key or a run folder; relative paths only. */
  readonly where?: string;
  readonly hint?: string;
  readonly cause?: unknown;
}

/** A failure a person can act on: `error[code] where: what. Hint: how to fix`. */
export class ForecastError extends Error {
  readonly code: ErrorCode;
  readonly where: string | undefined;
  readonly hint: string | undefined;
  /** Further failures found in the same pass (a config shows all of its mistakes at once). */
  readonly others: readonly ForecastError[];

  constructor(code: ErrorCode, what: string, detail: ErrorDetail = {}, others: readonly ForecastError[] = []) {
    super(what, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = 'ForecastError';
    this.code = code;
    this.where = detail.where;
    this.hint = detail.hint;
    this.others = others;
  }

  get exit(): number {
    return ERRORS[this.code];
  }
}

/** What was odd but survived: shown on stderr, kept in result.json. */
export interface Warning {
  readonly code: `W_${string}`;
  readonly message: string;
}

/** Thrown when a person stops the work (Ctrl-C); what was done so far has been saved. */
export class Interrupted extends Error {
  constructor(message = 'interrupted') {
    super(message);
    this.name = 'Interrupted';
  }
}
