// What the charts of a run are drawn from. Plain data. Not here: drawing (chart.ts, terminal.ts).

/** The last stretch of one target and its forecast, in raw units. */
export interface Picture {
  readonly target: string;
  readonly history: { readonly values: readonly number[]; readonly times: readonly string[] };
  readonly forecast: readonly number[];
}
