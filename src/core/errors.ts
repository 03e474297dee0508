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
  E_BUG: EXIT.bug,

  E_USAGE: EXIT.usage,
  E_CONFIG_NOT_FOUND: EXIT.usage,
  E_CONFIG_SYNTAX: EXIT.usage,
  E_CONFIG_TOO_LARGE: EXIT.usage,
  E_CONFIG_DEPTH: EXIT.usage,
  E_CONFIG_ALIAS: EXIT.usage,
  E_CONFIG_TAG: EXIT.usage,
  E_CONFIG_UNKNOWN_KEY: EXIT.usage,
  E_CONFIG_UNKNOWN_KIND: EXIT.usage,
  E_CONFIG_TYPE: EXIT.usage,
  E_CONFIG_RANGE: EXIT.usage,
  E_CONFIG_MISSING: EXIT.usage,
  E_CONFIG_CONFLICT: EXIT.usage,
  E_PATH_OUTSIDE: EXIT.usage,
  E_LIMIT_MEMORY: EXIT.usage,
  E_RESUME_MISMATCH: EXIT.usage,
  E_PROMPT_UNKNOWN: EXIT.usage,
  E_URL_DISABLED: EXIT.usage,
  E_RUN_NOT_FOUND: EXIT.usage,

  E_DATA_NOT_FOUND: EXIT.data,
  E_DATA_NOT_FILE: EXIT.data,
  E_DATA_EMPTY: EXIT.data,
  E_DATA_TOO_SHORT: EXIT.data,
  E_DATA_TOO_LARGE: EXIT.data,
  E_DATA_GZIP: EXIT.data,
  E_DATA_NOT_NUMERIC: EXIT.data,
  E_DATA_MISSING: EXIT.data,
  E_DATA_RANGE: EXIT.data,
  E_DATA_COLUMN: EXIT.data,
  E_DATA_FUTURE: EXIT.data,
  E_DATA_CHANGED: EXIT.data,
  E_CSV_RAGGED: EXIT.data,
  E_CSV_QUOTE: EXIT.data,
  E_CSV_FIELD_TOO_LONG: EXIT.data,
  E_CSV_TOO_MANY_COLUMNS: EXIT.data,
  E_CSV_HEADER: EXIT.data,
  E_CSV_ENCODING: EXIT.data,
  E_TIME_INVALID: EXIT.data,
  E_TIME_AMBIGUOUS: EXIT.data,
  E_TIME_ORDER: EXIT.data,
  E_TIME_DUPLICATE: EXIT.data,
  E_TIME_GAP: EXIT.data,
  E_TEXT_EMPTY: EXIT.data,

  E_TRAIN_DIVERGED: EXIT.numeric,

  E_IO_WRITE: EXIT.output,
  E_IO_STDOUT: EXIT.output,
  E_OUT_NOT_WRITABLE: EXIT.output,

  E_RUN_LOCKED: EXIT.busy,
  E_RUN_EXISTS: EXIT.busy,

  E_MODEL_HEADER: EXIT.model,
  E_MODEL_SHAPE: EXIT.model,
  E_MODEL_LAYOUT: EXIT.model,
  E_MODEL_LAYER: EXIT.model,
  E_RUN_INCOMPLETE: EXIT.model,
  E_RUN_CORRUPT: EXIT.model,

  E_GATE: EXIT.gate,
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
