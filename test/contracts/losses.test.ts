import { describe, expect, it } from 'vitest';
import { makeLoss } from '../../src/engines/reference/losses/index.ts';
import { LOSSES, lossChoice, spellLoss } from '../../src/losses/index.ts';
import type { LossKind, LossName, LossSpec } from '../../src/losses/loss.ts';
import { everyFieldIsDescribed } from './kinds.ts';

const ROWS = 4;

/** Loss of rows of outputs, and its gradient. */
function measure(spec: LossSpec, output: Float64Array, targets: Float64Array, kept: Uint8Array | null = null) {
  const gradient = new Float64Array(output.length);
  const tally = { loss: 0, correct: 0, weight: 0 };
  const count = kept ? kept.reduce((a, b) => a + b, 0) : ROWS;
  const width = output.length / ROWS;
  makeLoss(spec)({ output, offset: 0, rows: ROWS, width, targets, kept, count, gradient }, tally);
  return { loss: tally.loss / tally.weight, gradient, tally };
}

function example(spec: LossSpec, form: 'numbers' | 'text') {
  const perTarget = (LOSSES[spec.kind] as LossKind).outputs(spec);
  const values = form === 'text' ? 5 : 2;
  const width = form === 'text' ? values : values * perTarget;
  const output = Float64Array.from({ length: ROWS * width }, (_, i) => 1.7 * Math.sin(1 + i));
  const targets =
    form === 'text'
      ? Float64Array.from([0, 2, 4, 1])
      : Float64Array.from({ length: ROWS * values }, (_, i) => Math.cos(i));
  return { output, targets, width };
}

describe.each(Object.entries(LOSSES) as unknown as [LossName, LossKind][])('loss %s', (kind, loss) => {
  const spec = spellLoss(kind);
  const { output, targets, width } = example(spec, loss.form);

  it('is called by its own name, and a bare name takes its defaults', () => {
    expect(loss.kind).toBe(kind);
    expect(loss.summary).toMatch(/\.$/);
    everyFieldIsDescribed(loss);
    expect(spellLoss({ kind })).toEqual(spec);
    expect(lossChoice.safeParse(kind).success).toBe(true);
    expect(lossChoice.safeParse({ kind, colour: 'red' }).success).toBe(false);
  });

  it('its gradient is its slope', () => {
    const { gradient } = measure(spec, output, targets);
    for (let i = 0; i < output.length; i++) {
      const at = (change: number) =>
        measure(
          spec,
          output.map((v, j) => (i === j ? v + change : v)),
          targets,
        ).loss;
      expect(gradient[i]).toBeCloseTo((at(1e-6) - at(-1e-6)) / 2e-6, 7);
    }
  });

  it('rows that do not count have no loss and no gradient', () => {
    const kept = Uint8Array.from([1, 0, 1, 0]);
    const some = measure(spec, output, targets, kept);
    const changed = output.map((v, i) => (kept[Math.floor(i / width)] ? v : v + 100));
    expect(measure(spec, changed, targets, kept).loss).toBe(some.loss);
    expect(some.tally.weight).toBe(2);
    for (let i = 0; i < output.length; i++) if (!kept[Math.floor(i / width)]) expect(some.gradient[i]).toBe(0);
  });

  it('shrinks along its negative gradient', () => {
    const before = measure(spec, output, targets);
    const after = output.map((v, i) => v - 1e-3 * (before.gradient[i] as number));
    expect(measure(spec, after, targets).loss).toBeLessThan(before.loss);
  });
});

it('cross-entropy of huge logits neither overflows nor is clipped', () => {
  const output = Float64Array.from([1000, 0, 0, 1000, 0, 0, -1000, 0, 0, 0, 0, 0]);
  const { loss, gradient, tally } = measure({ kind: 'cross-entropy' }, output, Float64Array.from([0, 1, 0, 2]));
  expect(loss).toBeCloseTo((0 + 1000 + 1000 + Math.log(2) + Math.log(3)) / 4, 9);
  expect(gradient.every(Number.isFinite)).toBe(true);
  expect(tally.correct).toBe(1);
});
