// The baseline of text: how often each token followed the previous one, smoothed so that nothing is impossible.
// In: ids of the training part. Out: p(token | previous token). Not here: longer contexts.

import * as z from 'zod';
import type { JsonObject } from '../core/json.ts';
import type { Sequence } from '../core/sequence.ts';
import { pause } from '../core/turn.ts';
import type { TextForecasterKind } from './forecaster.ts';
import { fromContext, type NextToken, previousToken, UNHEARD } from './from-context.ts';

/**
 * Witten–Bell interpolation (Chen and Goodman 1999, §2.6): p(w | v) = (n(v, w) + t(v) p(w)) / (n(v) + t(v)), t(v) the number of
 * different tokens seen after v; p(w) likewise from the uniform distribution. Sums to 1 over the vocabulary without padding.
 * Learns from positions [0, validation ?? until) and never across a document's end.
 */
export const bigram: TextForecasterKind<Record<string, never>> = {
  kind: 'bigram',
  form: 'text',
  baseline: true,
  summary: 'How often each token followed the previous one (Witten–Bell smoothed).',
  options: z.strictObject({}),
  create: () => ({
    name: 'bigram',
    fit: async (sequence, request) => {
      const counts = await count(sequence, request.validation ?? request.until, request.signal);
      return fromContext('bigram', smoothed(counts), () => stateOf(counts));
    },
  }),
};

interface Counts {
  readonly vocabulary: number;
  readonly padding: boolean;
  /** How often each id occurs. */
  readonly single: Float64Array; // (V)
  /** How often id w follows id v, by v · V + w. */
  readonly pairs: ReadonlyMap<number, number>;
}

async function count(sequence: Sequence, until: number, signal: AbortSignal | undefined): Promise<Counts> {
  const { vocabulary, padding } = sequence.tokens ?? { vocabulary: 1, padding: false };
  const ids = sequence.targets[0] as Float64Array;
  const single = new Float64Array(vocabulary);
  const pairs = new Map<number, number>();
  for (const { start, end } of sequence.segments) {
    for (let p = start; p < Math.min(end, until); p++) {
      if (p % UNHEARD === 0) await pause(signal);
      const id = ids[p] as number;
      if (id < 0) continue;
      (single[id] as number)++;
      const previous = p > start ? (ids[p - 1] as number) : -1;
      if (previous < 0) continue;
      const pair = previous * vocabulary + id;
      pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
    }
  }
  return { vocabulary, padding, single, pairs };
}

function smoothed({ vocabulary, padding, single, pairs }: Counts): NextToken {
  const alone = smoothedSingles(single, padding);
  const followed = new Float64Array(vocabulary); // n(v)
  const kinds = new Float64Array(vocabulary); // t(v)
  for (const [pair, times] of pairs) {
    const previous = Math.floor(pair / vocabulary);
    (followed[previous] as number) += times;
    (kinds[previous] as number)++;
  }
  const weight = (id: number, previous: number): number =>
    (pairs.get(previous * vocabulary + id) ?? 0) + (kinds[previous] as number) * (alone[id] as number);

  // The likeliest after v either followed it before or is the likeliest of all: no other token can weigh more.
  const commonest = alone.reduce((best, p, id) => (p > (alone[best] as number) ? id : best), padding ? 1 : 0);
  const likeliest = new Int32Array(vocabulary).fill(commonest);
  for (const pair of pairs.keys()) {
    const previous = Math.floor(pair / vocabulary);
    const id = pair % vocabulary;
    const best = likeliest[previous] as number;
    const ahead = weight(id, previous) - weight(best, previous);
    if (ahead > 0 || (ahead === 0 && id < best)) likeliest[previous] = id;
  }
  return {
    vocabulary,
    context: previousToken,
    probability: (id, previous) => {
      if (previous < 0 || (kinds[previous] as number) === 0) return alone[id] as number;
      return weight(id, previous) / ((followed[previous] as number) + (kinds[previous] as number));
    },
    likeliest: (previous) => (previous < 0 ? commonest : (likeliest[previous] as number)),
  };
}

/** p(w): counts interpolated with the uniform distribution; 0 for padding. */
function smoothedSingles(single: Float64Array, padding: boolean): Float64Array {
  const first = padding ? 1 : 0;
  const outcomes = single.length - first;
  let total = 0;
  let kinds = 0;
  for (const times of single) {
    total += times;
    if (times > 0) kinds++;
  }
  const seen = Math.max(1, kinds); // nothing seen at all: uniform
  return single.map((times, id) => (id < first ? 0 : (times + seen / outcomes) / (total + seen)));
}

function stateOf({ vocabulary, single, pairs }: Counts): JsonObject {
  return {
    vocabulary,
    single: [...single],
    pairs: [...pairs].map(([pair, times]) => [Math.floor(pair / vocabulary), pair % vocabulary, times]),
  };
}
