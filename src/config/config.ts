// The whole YAML as a typed value, after defaults: what run.ts reads and hands on piece by piece.
// Not here: parsing (load.ts), the schema (schema.ts), defaults (defaults.ts).

/** A choice from an open folder's table: its kind and its own options, already checked by its schema. */
export interface Choice {
  readonly kind: string;
  readonly [option: string]: unknown;
}

export interface Config {
  readonly name: string;
  readonly seed: number;
  readonly source: Choice;
  /** Held-out parts: a fraction of the windows (0 < x < 1), a count of windows (≥ 1), or 0 for none. */
  readonly split: { readonly validation: number; readonly test: number };
  /** Applied in order, undone in reverse. */
  readonly encoder: readonly Choice[];
  readonly window: {
    readonly kind: 'sliding' | 'prefixes';
    /** null: the longest there is (prefixes). */
    readonly context: number | null;
    readonly horizon: number;
    readonly stride: number;
    readonly lead: number;
    readonly targets: 'last' | 'every';
    readonly pad: 'left' | 'none';
    readonly mask: boolean;
  };
  readonly model: Choice;
  readonly engine: { readonly kind: string };
  readonly train: {
    readonly epochs: number;
    /** Optimizer steps in all, in place of epochs; absent: epochs count. */
    readonly steps?: number | undefined;
    /** Networks trained from as many seeds, whose mean is the forecast; absent: one. */
    readonly seeds?: number | undefined;
    readonly batch: number;
    readonly shuffle: boolean;
    readonly optimizer: Choice;
    readonly rate: number;
    /** Epochs without a better validation loss before stopping; null: early stopping off. */
    readonly patience: number | null;
    /** Global gradient norm at most this; null: not clipped. */
    readonly clip: number | null;
    readonly schedule: Choice;
    /** Whether the final forecast comes from a fit on all rows, for the epochs chosen before. */
    readonly refit: boolean;
  };
  readonly predict: {
    readonly horizon: number;
    readonly prompt: string | null;
    readonly length: number;
    readonly sampler: string;
    readonly temperature: number;
    readonly topK: number | null;
    readonly topP: number | null;
    readonly repetition: number;
    /** Forecasts and bounds below 0 are 0. */
    readonly nonNegative: boolean;
    /** Forecasts are rounded, bounds to the outside. */
    readonly integer: boolean;
  };
  readonly evaluate: {
    /** Names from the forecasters' table; null: the simple ones (`baseline`) that fit the data. */
    readonly baselines: readonly string[] | null;
    /** Names from the metrics' table, the first one decides; null: all that fit the data. */
    readonly metrics: readonly string[] | null;
    /** Quality gate: exit 9 where the skill on held-out windows is below this; null: none. */
    readonly require: { readonly skill: number } | null;
    /** Rolling origins: how often everything is fitted anew; 0: no backtest. */
    readonly folds: number;
    /** Rows between two fits. */
    readonly step: number;
    /** Rows between two origins. */
    readonly stride: number;
    /** Rows a fold's fit learns from, the newest ones; null: all before it. */
    readonly history: number | null;
    /** Interval levels in percent. */
    readonly levels: readonly number[];
    readonly intervals: 'split' | 'adaptive';
  };
}
