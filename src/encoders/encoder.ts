// The contracts of encoders: numbers ↔ numbers one column at a time, text ↔ ids. Fitted on the training part only; state is JSON.
// Not here: chaining them over a series (chain.ts), windows.

import type { JsonObject } from '../core/json.ts';
import type { Kind } from '../core/kind.ts';

export interface NumberEncoderKind<Options = unknown> extends Kind<Options> {
  readonly form: 'numbers';
  /** Learns from values[0, until) only. `season` is the series' own, for options that default to it. Errors: E_DATA_RANGE where a value cannot be encoded. */
  fit(
    values: Float64Array,
    until: number,
    options: Options,
    context: { readonly season: number; readonly column: string },
  ): NumberEncoder;
  /** The encoder a state describes. */
  restore(state: JsonObject): NumberEncoder;
}

export interface NumberEncoder {
  readonly state: JsonObject;
  /** The first positions that have no encoded value (a difference of lag m loses m). */
  readonly skip: number;
  /** Same length as `values`; the first `skip` entries are 0 and are never read. */
  encode(values: Float64Array): Float64Array;
  /**
   * Undoes the encoding of a forecast in place: `forecast[h]` stands for position cutoff + h of the axis that `history` (this
   * encoder's own input, known before the cutoff) lies on.
   */
  decode(forecast: Float64Array, history: Float64Array, cutoff: number): void;
}

export interface TextEncoderKind<Options = unknown> extends Kind<Options> {
  readonly form: 'text';
  /** Cuts one document into tokens; pure, nothing is learned. */
  split(document: string, options: Options): string[];
  /** Numbers the tokens of the training part (tokens[0, until)). `padding`: id 0 must be free for padding. */
  fit(tokens: readonly string[], until: number, options: Options, context: { readonly padding: boolean }): TextEncoder;
  restore(state: JsonObject): TextEncoder;
}

export interface TextEncoder {
  readonly state: JsonObject;
  /** Number of outputs, padding included. */
  readonly vocabulary: number;
  readonly padding: boolean;
  /** How the ids enter the network where no embedding is asked for. */
  readonly form: 'ids' | 'one-hot';
  /** Cuts a prompt as the documents were cut. */
  split(document: string): string[];
  /** Ids; −1 for a token that is not in the vocabulary. */
  encode(tokens: readonly string[]): Float64Array;
  /** The token of an id ("" for padding). */
  token(id: number): string;
  /** Tokens back to text, as a person would write it. */
  join(tokens: readonly string[]): string;
}
