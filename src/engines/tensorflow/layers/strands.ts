// A recurrent layer's batch in parts that do not need each other: done side by side where the kernels can. In: a layer's reader. Out: a reader of the same.
// Not here: how many at a time (kernels.ts), the arithmetic of a part (lstm.ts).

import type { Pass, State, Tokens } from '../cell.ts';
import type { Id } from '../kernels.ts';
import type { Source } from '../linear.ts';
import { addAll, concat, reshape, splitAt } from '../operations.ts';
import type { MakeReader, Outside, Reader, ReaderWeights } from './recurrent.ts';

/** Values of a state from which a part is worth its calls. */
const LEAST = 512;

type Sizes = readonly number[];

export function inStrands<Spec extends { readonly units: number }>(makeReader: MakeReader<Spec>): MakeReader<Spec> {
  return (spec, weights) => {
    const readers: Reader[] = [];
    let sizes: Sizes = [];
    const each = <Result>(pass: Pass, work: (reader: Reader, part: Pass, i: number) => Result): Result[] =>
      sizes.map((windows, i) => {
        readers[i] ??= makeReader(spec, weights);
        return work(readers[i], { ...pass, batch: { ...pass.batch, windows } }, i);
      });

    return {
      forward(pass, source, begin) {
        sizes = sizesOf(pass, source, weights, spec.units);
        const sources = sourceParts(pass, source, sizes);
        const begins = begin && stateParts(pass, begin, sizes);
        const states = each(pass, (reader, part, i) => reader.forward(part, sources[i]!, begins?.[i] ?? null));
        return together(pass, states, sizes);
      },

      cells(pass) {
        const cells = each(pass, (reader, part) => reader.cells(part));
        return together(pass, cells as Id[], sizes);
      },

      backward(pass, outside, asked) {
        const outsides = outsideParts(pass, outside, sizes);
        const gradients: { readonly [K in keyof ReaderWeights]: Id }[] = [];
        const before = each(pass, (reader, part, i) => {
          const rows = reader.backward(part, outsides[i]!, asked);
          const { kernel, recurrent, bias } = weights;
          gradients.push({ kernel: kernel.gradient, recurrent: recurrent.gradient, bias: bias.gradient });
          return rows;
        });
        for (const name of ['kernel', 'recurrent', 'bias'] as const) {
          const parts = gradients.map((one) => one[name]);
          weights[name].gradient = addAll(pass.k, parts);
        }
        return before.includes(null) ? null : together(pass, before as Id[], sizes);
      },

      toBegin(pass) {
        const all = each(pass, (reader, part) => reader.toBegin(part));
        const joined = (parts: readonly (Id | null)[]): Id => concat(pass.k, parts as Id[], 0);
        return { h: joined(all.map(({ h }) => h)), c: all[0]!.c === null ? null : joined(all.map(({ c }) => c)) };
      },
    };
  };
}

/** Windows of each part. A kernel of more words than gates gets its gradient once: adding two would cost more than is won. */
function sizesOf({ k, batch }: Pass, source: Source, { kernel }: ReaderWeights, units: number): Sizes {
  const [words, gates] = kernel.shape as [number, number];
  const most = typeof source !== 'number' && words > gates ? 1 : k.strands;
  const B = batch.windows;
  const parts = Math.max(1, Math.min(most, B, Math.floor((B * units) / LEAST)));
  const until = (part: number) => Math.floor((part * B) / parts);
  return Array.from({ length: parts }, (_, i) => until(i + 1) - until(i));
}

/** (T · B, ·) as (T · b, ·) of each part; with `flat`, (T · B) as (T · b). */
function rowParts({ k, steps, batch }: Pass, rows: Id, sizes: Sizes, flat = false): readonly Id[] {
  if (sizes.length === 1) return [rows];
  const parts = splitAt(k, reshape(k, rows, [steps, batch.windows, -1]), sizes, 1);
  return parts.map((part, i) => reshape(k, part, flat ? [steps * sizes[i]!] : [steps * sizes[i]!, -1]));
}

/** The way back of `rowParts`. */
function together({ k, steps, batch }: Pass, parts: readonly Id[], sizes: Sizes): Id {
  if (parts.length === 1) return parts[0]!;
  const all = parts.map((part, i) => reshape(k, part, [steps, sizes[i]!, -1]));
  return reshape(k, concat(k, all, 1), [steps * batch.windows, -1]);
}

function sourceParts(pass: Pass, source: Source, sizes: Sizes): readonly Source[] {
  if (sizes.length === 1) return [source];
  if (typeof source === 'number') return rowParts(pass, source, sizes);
  const ids = rowParts(pass, source.ids, sizes, true);
  const safe = source.safe === source.ids ? ids : rowParts(pass, source.safe, sizes, true);
  const known = source.known === null ? null : rowParts(pass, source.known, sizes);
  return ids.map((one, i): Tokens => ({ ids: one, safe: safe[i]!, known: known?.[i] ?? null }));
}

function stateParts({ k }: Pass, { h, c }: State, sizes: Sizes): readonly State[] {
  if (sizes.length === 1) return [{ h, c }];
  const cells = c === null ? null : splitAt(k, c, sizes, 0);
  return splitAt(k, h, sizes, 0).map((one, i) => ({ h: one, c: cells?.[i] ?? null }));
}

function outsideParts(pass: Pass, { states, cells, every }: Outside, sizes: Sizes): readonly Outside[] {
  if (sizes.length === 1) return [{ states, cells, every }];
  const parts = every ? rowParts(pass, states, sizes) : splitAt(pass.k, states, sizes, 0);
  const toCells = cells === null ? null : rowParts(pass, cells, sizes);
  return parts.map((one, i) => ({ states: one, cells: toCells?.[i] ?? null, every }));
}
