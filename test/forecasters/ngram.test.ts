// The n-gram forecaster against Kneser–Ney written out with sets of strings, and against what it must know of a book.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Interrupted } from '../../src/core/errors.ts';
import type { Sequence } from '../../src/core/sequence.ts';
import { bigram } from '../../src/forecasters/bigram.ts';
import { ngram } from '../../src/forecasters/ngram.ts';

const V = 4;
const BOOK = join(import.meta.dirname, '..', '..', 'datasets', 'shakespeare', 'plays.txt');

function textOf(documents: readonly (readonly number[])[], vocabulary = V): Sequence {
  let at = 0;
  const segments = documents.map((ids) => {
    at += ids.length;
    return { start: at - ids.length, end: at };
  });
  const targets = [Float64Array.from(documents.flat())];
  return { length: at, segments, targets, past: [], future: [], tokens: { vocabulary, padding: false } };
}

const learn = (sequence: Sequence, order: number, until = sequence.length) =>
  ngram.create({ order }, { season: 1 }).fit(sequence, { until, validation: null, seed: 1 });

/** p(id | context) by the definition; a context's first token may be "^", the beginning of its document. */
function slowly(documents: readonly (readonly number[])[], order: number) {
  const times = new Map<string, number>();
  const before = new Map<string, Set<string>>();
  for (const document of documents) {
    for (const known of stretches(document, order)) {
      for (let end = 1; end <= known.length; end++) {
        if (known[end - 1] === '^') continue;
        for (let length = 1; length <= Math.min(order, end); length++) {
          const run = known.slice(end - length, end).join(' ');
          times.set(run, (times.get(run) ?? 0) + 1);
          const left = known[end - length - 1];
          if (left === undefined) continue;
          before.set(run, (before.get(run) ?? new Set()).add(left));
        }
      }
    }
  }
  const lengthOf = (run: string): number => run.split(' ').length;
  const countOf = (run: string): number =>
    lengthOf(run) === order || run.startsWith('^') ? (times.get(run) ?? 0) : (before.get(run)?.size ?? 0);
  const discount = (length: number, count: number): number => {
    const n = (c: number): number =>
      [...times.keys()].filter((run) => lengthOf(run) === length && countOf(run) === c).length;
    const c = Math.min(count, 3);
    const taken = c - ((c + 1) * (n(1) / (n(1) + 2 * n(2))) * n(c + 1)) / n(c);
    return count === 0 ? 0 : taken > 0 && taken < c ? taken : c / 2;
  };
  const probability = (id: number, context: readonly string[]): number => {
    const shorter = context.length === 0 ? 1 / V : probability(id, context.slice(1));
    const after = Array.from({ length: V }, (_, next) => countOf([...context, next].join(' ')));
    const total = after.reduce((sum, count) => sum + count, 0);
    if (total === 0) return shorter;
    const length = context.length + 1;
    const held = after.reduce((sum, count) => sum + discount(length, count), 0);
    const own = after[id] as number;
    return (own - discount(length, own) + held * shorter) / total;
  };
  return (id: number, ids: readonly number[]): number => {
    const context = stretches(ids, order).at(-1) as string[];
    return probability(id, order === 1 ? [] : context.slice(-(order - 1)));
  };
}

/** A document as its runs of known tokens; the first begins with "^" where contexts are looked at. */
function stretches(ids: readonly number[], order: number): string[][] {
  const runs: string[][] = [order > 1 ? ['^'] : []];
  for (const id of ids) {
    if (id < 0) runs.push([]);
    else (runs.at(-1) as string[]).push(String(id));
  }
  return runs;
}

const token = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 0, max: V - 1 }) },
  { weight: 1, arbitrary: fc.constant(-1) },
);
const documents = fc.array(fc.array(token, { minLength: 1, maxLength: 14 }), { minLength: 1, maxLength: 4 });
const order = fc.integer({ min: 1, max: 6 });

describe('n-gram', () => {
  it('is interpolated modified Kneser–Ney as it is defined, and sums to 1', async () => {
    await fc.assert(
      fc.asyncProperty(documents, order, fc.array(token, { maxLength: 8 }), async (text, order, context) => {
        const fitted = await learn(textOf(text), order);
        const expected = slowly(text, order);
        let sum = 0;
        for (let id = 0; id < V; id++) {
          const { logProbability } = await fitted.score(textOf([[...context, id]]), [context.length], [0]);
          const p = Math.exp(logProbability[0] as number);
          expect(p).toBeCloseTo(expected(id, context), 10);
          sum += p;
        }
        expect(sum).toBeCloseTo(1, 10);
      }),
      { numRuns: 60 },
    );
  });

  it('guesses the likeliest token, of equally likely ones the lowest', async () => {
    await fc.assert(
      fc.asyncProperty(documents, order, fc.array(token, { maxLength: 6 }), async (text, order, context) => {
        const fitted = await learn(textOf(text), order);
        const scored = await Promise.all(
          Array.from({ length: V }, (_, id) => fitted.score(textOf([[...context, id]]), [context.length], [0])),
        );
        const p = scored.map(({ logProbability }) => logProbability[0] as number);
        const guessed = scored.flatMap(({ correct }, id) => (correct[0] === 1 ? [id] : []));
        expect(guessed.map((id) => p[id])).toEqual([Math.max(...p)]); // probabilities apart by a bit may have one logarithm
      }),
      { numRuns: 60 },
    );
    const twice = await learn(
      textOf([
        [2, 1],
        [1, 2],
      ]),
      1,
    );
    const guess = async (id: number) => (await twice.score(textOf([[id]]), [0], [0])).correct[0];
    expect([await guess(1), await guess(2)]).toEqual([1, 0]);
  });

  it.each([ngram, bigram])('and bigram stop within a piece of a long text: $kind', async ({ options, create }) => {
    const long = textOf([Array.from({ length: 400_000 }, (_, i) => (i * i) % V)]);
    const stopped = () => {
      const controller = new AbortController();
      setImmediate(() => controller.abort());
      return controller.signal;
    };
    const asked = { until: long.length, validation: null, seed: 1 };
    const forecaster = create(options.parse({}) as never, { season: 1 });
    await expect(forecaster.fit(long, { ...asked, signal: stopped() })).rejects.toThrow(Interrupted);
    const fitted = await forecaster.fit(long, asked);
    const cutoffs = Array.from({ length: 300_000 }, (_, i) => i + 1);
    const froms = new Float64Array(cutoffs.length);
    await expect(fitted.score(long, cutoffs, froms, stopped())).rejects.toThrow(Interrupted);
  });

  it('looks back order − 1 tokens and no further', async () => {
    await fc.assert(
      fc.asyncProperty(documents, order, documents, async (text, order, [[...far] = []]) => {
        const fitted = await learn(textOf(text), order);
        const near = Array.from({ length: order - 1 }, (_, i) => i % V);
        const next = async (context: number[]) =>
          (await fitted.score(textOf([[...context, 0]]), [context.length], [0])).logProbability[0];
        expect(await next([...far, 1, ...near])).toBe(await next([...far, 2, ...near]));
      }),
      { numRuns: 40 },
    );
  });

  it('knows how documents begin', async () => {
    const fitted = await learn(
      textOf([
        [1, 2, 0],
        [1, 0, 2],
        [1, 3, 0],
      ]),
      3,
    );
    const { logProbability, correct } = await fitted.score(textOf([[1], [0, 1]]), [0, 2], [0, 1]);
    expect(correct[0]).toBe(1);
    expect(logProbability[0] as number).toBeGreaterThan(logProbability[1] as number);
  });

  it('recites what it has seen once, given enough of it', async () => {
    const sentence = [0, 1, 2, 3, 1, 0, 3, 2, 0, 2];
    const fitted = await learn(textOf([sentence]), 6);
    const likeliest = (logits: Float64Array) => logits.indexOf(Math.max(...logits));
    expect([...(await fitted.continue(Float64Array.from(sentence.slice(0, 3)), 7, likeliest))]).toEqual(
      sentence.slice(3),
    );
  });

  it('knows a book: 1.591 nats a character at order 5, 1.552 at 6 on the last twentieth before the test part', async () => {
    const text = readFileSync(BOOK, 'utf8');
    const characters = [...new Set(text)].sort();
    const ids = Array.from(text, (character) => characters.indexOf(character));
    const until = Math.floor(ids.length * 0.9);
    const validation = Math.floor(until * 0.95);
    const sequence = textOf([ids], characters.length);
    const cutoffs = Int32Array.from({ length: until - validation }, (_, i) => validation + i);
    const nats = async (order: number): Promise<number> => {
      const fitted = await learn(sequence, order, validation);
      const { logProbability } = await fitted.score(sequence, cutoffs, new Int32Array(cutoffs.length));
      return -logProbability.reduce((sum, value) => sum + value, 0) / cutoffs.length;
    };
    expect(await nats(5)).toBeCloseTo(1.5912, 3);
    expect(await nats(6)).toBeCloseTo(1.5522, 3);
  });
});
