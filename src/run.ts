// skeleton of the story: types first, so that the command line can be written against them
import type { LoadedConfig } from './config/load.ts';
import type { Warning } from './core/errors.ts';
import type { Progress } from './core/forecaster.ts';
import type { JsonObject } from './core/json.ts';
import type { ForecastRow, Result, TextAnswer } from './report/result.ts';

export interface RunOptions {
  readonly set?: readonly string[];
  readonly seed?: number;
  readonly engine?: string;
  readonly out?: string;
  readonly root?: string;
  readonly resume?: boolean;
  readonly force?: boolean;
  readonly continueFrom?: string;
  readonly allowOutside?: boolean;
  readonly signal?: AbortSignal;
  readonly on?: (event: RunEvent) => void;
}

export type RunEvent =
  | { readonly kind: 'summary'; readonly text: string }
  | { readonly kind: 'progress'; readonly series: string; readonly progress: Progress }
  | { readonly kind: 'warning'; readonly warning: Warning }
  | { readonly kind: 'note'; readonly text: string };

export interface RunOutcome {
  readonly result: Result;
  readonly folder: string;
  readonly text: string;
  readonly host: JsonObject;
  readonly stored: boolean;
}

export interface PredictOptions {
  readonly data?: string;
  readonly horizon?: number;
  readonly root?: string;
  readonly signal?: AbortSignal;
}

export interface PredictOutcome {
  readonly rows: readonly ForecastRow[];
  readonly text: string;
  readonly csv: string;
  readonly warnings: readonly Warning[];
}

export interface GenerateOptions {
  readonly prompt?: string;
  readonly length?: number;
  readonly sampler?: string;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly repetition?: number;
  readonly seed?: number;
}

export interface GenerateOutcome {
  readonly answer: TextAnswer;
  readonly text: string;
  readonly warnings: readonly Warning[];
}

export declare function run(input: LoadedConfig | string | object, options?: RunOptions): Promise<RunOutcome>;
export declare function predict(folder: string, options?: PredictOptions): Promise<PredictOutcome>;
export declare function generate(folder: string, options?: GenerateOptions): Promise<GenerateOutcome>;
