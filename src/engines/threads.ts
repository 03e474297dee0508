// How many threads FORECAST_THREADS asks for. In: its text. Out: a number, or why it is left out. Not here: where nobody asks (native/, wasm/).

/** A batch has no more shards: MOST_SHARDS of kernels/network.h. */
export const MOST_THREADS = 8;

export interface Asked {
  /** Null where nothing is asked for, or nothing that is a number of threads. */
  readonly threads: number | null;
  readonly why: string | null;
}

export function threadsAsked(text: string | undefined): Asked {
  if (text === undefined || text.trim() === '') return { threads: null, why: null };
  const asked = Number(text);
  if (asked >= 1) return { threads: Math.min(MOST_THREADS, Math.floor(asked)), why: 'FORECAST_THREADS says so' };
  return { threads: null, why: `FORECAST_THREADS is no number from 1 on: ${JSON.stringify(text.slice(0, 20))}` };
}
