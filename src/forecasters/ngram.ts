// The strong baseline of text: how often each token followed the last few, long contexts falling back on shorter ones.
// In: ids of the training part. Out: p(token | up to order − 1 tokens before it). Not here: counting (ngram-counts.ts).

import * as z from 'zod';
import type { JsonObject } from '../core/json.ts';
import type { TextForecasterKind } from './forecaster.ts';
import { fromContext, type NextToken } from './from-context.ts';
import { type Counts, countRuns } from './ngram-counts.ts';

export interface NgramOptions {
  readonly order: number;
}

/**
 * Interpolated modified Kneser–Ney (Chen and Goodman 1999, §3): p(w | u) = (n(uw) − D(n(uw)) + held(u) p(w | u′)) / n(u), u′ being u
 * without its first token and held(u) what the discounts took; shorter runs are counted by the different tokens before them, and the
 * shortest falls back on the uniform distribution. D(1), D(2), D(3+) of each length follow from its counts of counts, on the training
 * part alone. Learns from positions [0, validation ?? until), never across a document's end; a document's beginning is a context too.
 */
export const ngram: TextForecasterKind<NgramOptions> = {
  kind: 'ngram',
  form: 'text',
  baseline: false,
  summary: 'How often each token followed the last few (interpolated modified Kneser–Ney).',
  options: z.strictObject({
    order: z.int().min(1).max(6).default(6).describe('tokens in a run, the predicted one included, 1 to 6; default 6'),
  }),
  create: ({ order }) => ({
    name: 'ngram',
    fit: async (sequence, request) => {
      const { vocabulary, padding } = sequence.tokens ?? { vocabulary: 1, padding: false };
      const ids = sequence.targets[0] as Float64Array;
      const until = request.validation ?? request.until;
      const counts = await countRuns(ids, sequence.segments, until, { order, vocabulary }, request.signal);
      const discounts = discountsOf(counts);
      return fromContext('ngram', smoothed(counts, discounts, padding ? 1 : 0), () => stateOf(counts, discounts));
    },
  }),
};

/** What is taken off a count of 1, of 2, and of 3 or more. */
type Discount = readonly [number, number, number];

/** Where a length has too few different counts to tell, as single characters have. */
const COMMON: Discount = [0.5, 1, 1.5];

/**
 * By the length of the run: D(c) = c − (c + 1) Y n(c + 1) / n(c) with Y = n(1) / (n(1) + 2 n(2)), n(c) the number of runs counted c
 * times (Chen and Goodman 1999, eq. 26), above 0 and below c.
 */
function discountsOf({ order, nodes, depth, count }: Counts): readonly Discount[] {
  const runs = new Float64Array((order + 1) * 5); // by length and count
  for (let node = 1; node < nodes; node++) {
    const times = count[node] as number;
    if (times <= 4) runs[(depth[node] as number) * 5 + times]!++;
  }
  return Array.from({ length: order + 1 }, (_, length): Discount => {
    const n = (times: number): number => runs[length * 5 + times] as number;
    const y = n(1) / (n(1) + 2 * n(2));
    const discount = (times: number): number => {
      const taken = times - ((times + 1) * y * n(times + 1)) / n(times);
      return taken > 0 && taken < times ? taken : (COMMON[times - 1] as number);
    };
    return [discount(1), discount(2), discount(3)];
  });
}

/** Contexts are nodes of the counts; probability and likeliest climb from the empty context to the longest known one. */
function smoothed(counts: Counts, discounts: readonly Discount[], firstId: number): NextToken {
  const { vocabulary, order, nodes, parent, token, suffix, count, depth, child } = counts;
  const kept = new Float64Array(nodes); // n − D(n)
  const total = new Float64Array(nodes); // n(u)
  const held = new Float64Array(nodes);
  for (let node = 1; node < nodes; node++) {
    const times = count[node] as number;
    if (times === 0 || token[node] === vocabulary) continue;
    const taken = (discounts[depth[node] as number] as Discount)[Math.min(times, 3) - 1] as number;
    kept[node] = times - taken;
    total[parent[node] as number]! += times;
    held[parent[node] as number]! += taken;
  }
  const uniform = 1 / (vocabulary - firstId);
  const probability = (id: number, context: number): number => {
    if (id < firstId) return 0;
    const shorter = context === 0 ? uniform : probability(id, suffix[context] as number);
    if (total[context] === 0) return shorter;
    const node = child(context, id);
    return ((node < 0 ? 0 : (kept[node] as number)) + (held[context] as number) * shorter) / (total[context] as number);
  };
  // The likeliest token followed this context, or is the likeliest after the shorter one: no other can weigh more.
  const best = new Int32Array(nodes).fill(-1);
  const likeliest = (context: number): number => {
    if ((best[context] as number) >= 0) return best[context] as number;
    let choice = context === 0 ? firstId : likeliest(suffix[context] as number);
    let most = probability(choice, context);
    for (let i = counts.first[context] as number; i < (counts.first[context + 1] as number); i++) {
      const id = token[counts.children[i] as number] as number;
      if (id === vocabulary) continue;
      const p = probability(id, context);
      if (p < most || (p === most && id > choice)) continue;
      choice = id;
      most = p;
    }
    best[context] = choice;
    return choice;
  };
  return {
    vocabulary,
    context: (ids, from, cutoff) => longest(counts, order, ids, from, cutoff),
    probability,
    likeliest,
  };
}

/** The node of the longest known run that ends right before the cutoff, of order − 1 tokens at most. */
function longest(
  { child, suffix, vocabulary }: Counts,
  order: number,
  ids: ArrayLike<number>,
  from: number,
  cutoff: number,
): number {
  const start = Math.max(from, cutoff - order + 1);
  let node = 0;
  if (cutoff - from < order - 1) node = Math.max(0, child(0, vocabulary)); // the beginning itself is a token of the context
  for (let p = start; p < cutoff; p++) {
    const id = ids[p] as number;
    let longer = id < 0 ? -1 : child(node, id);
    while (longer < 0 && node > 0) {
      node = suffix[node] as number;
      longer = id < 0 ? -1 : child(node, id);
    }
    node = Math.max(0, longer);
  }
  return node;
}

/** Runs as [context's number, token, count], numbered from 1 in this order, and what is taken off the counts by length. */
function stateOf(
  { order, vocabulary, nodes, parent, token, count }: Counts,
  discounts: readonly Discount[],
): JsonObject {
  const runs = Array.from({ length: nodes - 1 }, (_, i) => [parent[i + 1], token[i + 1], count[i + 1]] as number[]);
  return { order, vocabulary, discounts: discounts.map((discount) => [...discount]), runs };
}
