// The checkpoints of one training: numbered sealed folders, the newest two kept.
// In: a training's whole state. Out: the newest state that is intact, and warnings about those that are not. Not here: when to save (train/).

import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { ForecastError, type Warning } from '../core/errors.ts';
import { stableJson } from '../core/json.ts';
import type { Tensors } from '../core/tensor.ts';
import type { TrainState } from '../train/state.ts';
import { Damage } from './manifest.ts';
import { decodeTensors, encodeTensors } from './safetensors.ts';
import { discard, seal, unseal } from './sealed.ts';
import { codeOf, onDisk, shownPath } from './write.ts';

const KEPT = 2;

export interface Checkpoints {
  /** Errors: E_IO_WRITE, E_OUT_NOT_WRITABLE; E_TRAIN_DIVERGED where a tensor holds NaN or ±∞. Earlier checkpoints stay. */
  save(state: TrainState): Promise<void>;
  /** The newest intact state; null where none was ever saved. Errors: E_RUN_CORRUPT where there are some and none is intact. */
  latest(): Promise<{ readonly state: TrainState | null; readonly warnings: readonly Warning[] }>;
}

/** The checkpoints in `folder`, which is created when the first one is saved. */
export function checkpointsIn(folder: string): Checkpoints {
  const corrupt = new Set<string>();
  return {
    async save(state) {
      const files = filesOf(state);
      const before = await onDisk(folder, async () => {
        await mkdir(folder, { recursive: true });
        return listed(folder);
      });
      const number = Number(before.at(-1)?.slice(5) ?? 0) + 1;
      await seal(join(folder, `ckpt-${String(number).padStart(6, '0')}`), files);
      const kept = before.filter((name) => !corrupt.has(name)).slice(1 - KEPT);
      for (const name of before) if (!kept.includes(name)) await discard(join(folder, name));
    },
    async latest() {
      const names = (await onDisk(folder, () => listed(folder))).reverse();
      const warnings: Warning[] = [];
      for (const [i, name] of names.entries()) {
        const state = await opened(join(folder, name));
        if (!(state instanceof Damage)) return { state, warnings };
        corrupt.add(name);
        const next = names[i + 1];
        warnings.push(corruptWarning(name, state, next));
      }
      if (warnings.length > 0) throw noneIntact(folder, warnings);
      return { state: null, warnings };
    },
  };
}

/** Names of the sealed checkpoints, oldest first; unfinished ones are removed. */
async function listed(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: unknown): string[] => {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  });
  for (const name of names) if (name.endsWith('.tmp')) await rm(join(folder, name), { recursive: true, force: true });
  return names
    .filter((name) => /^ckpt-[0-9]{6,15}$/.test(name))
    .sort((a, b) => Number(a.slice(5)) - Number(b.slice(5)));
}

function filesOf(state: TrainState): Map<string, string | Uint8Array> {
  const { weights, optimizer, best, ...rest } = state;
  const plain = {
    ...rest,
    optimizerSteps: optimizer.steps,
    best: best === null ? null : { epoch: best.epoch, loss: best.loss },
  };
  const files = new Map<string, string | Uint8Array>([
    ['state.json', stableJson(plain)],
    ['weights.safetensors', encodeTensors(weights)],
    ['optimizer.safetensors', encodeTensors(optimizer.moments)],
  ]);
  if (best !== null) files.set('best.safetensors', encodeTensors(best.weights));
  return files;
}

const STATE = z.strictObject({
  position: z.strictObject({
    epoch: z.int().min(1),
    step: z.int().min(0),
    lossSum: z.number(),
    correct: z.number(),
    weight: z.number(),
    norm: z.number().exactOptional(),
  }),
  history: z.array(
    z.strictObject({
      epoch: z.int().min(1),
      loss: z.number(),
      accuracy: z.number().nullable(),
      validationLoss: z.number().nullable(),
      validationAccuracy: z.number().nullable(),
      rate: z.number(),
      gradientNorm: z.number(),
    }),
  ),
  firstLoss: z.number().nullable(),
  optimizerSteps: z.int().min(0),
  best: z.strictObject({ epoch: z.int().min(0), loss: z.number() }).nullable(),
});

async function opened(path: string): Promise<TrainState | Damage> {
  try {
    return stateOf(await unseal(path));
  } catch (error) {
    if (error instanceof Damage) return error;
    if (error instanceof ForecastError) return new Damage(error.where ?? '', error.message);
    throw error;
  }
}

function stateOf(files: ReadonlyMap<string, Uint8Array>): TrainState {
  const { optimizerSteps, best, ...rest } = parsedState(bytesIn(files, 'state.json'));
  return {
    ...rest,
    weights: tensorsIn(files, 'weights.safetensors'),
    optimizer: { steps: optimizerSteps, moments: tensorsIn(files, 'optimizer.safetensors') },
    best: best === null ? null : { ...best, weights: tensorsIn(files, 'best.safetensors') },
  };
}

function parsedState(bytes: Uint8Array): z.infer<typeof STATE> {
  try {
    return STATE.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch {
    throw new Damage('state.json', 'is not the state of a training');
  }
}

function tensorsIn(files: ReadonlyMap<string, Uint8Array>, name: string): Tensors {
  return decodeTensors(bytesIn(files, name), name);
}

function bytesIn(files: ReadonlyMap<string, Uint8Array>, name: string): Uint8Array {
  const bytes = files.get(name);
  if (bytes === undefined) throw new Damage(name, 'is missing');
  return bytes;
}

function corruptWarning(name: string, damage: Damage, next: string | undefined): Warning {
  const instead = next === undefined ? 'no older one is left' : `using ${next}`;
  return { code: 'W_CKPT_CORRUPT', message: `${name} (${damage.file}: ${damage.message}), ${instead}` };
}

function noneIntact(folder: string, warnings: readonly Warning[]): ForecastError {
  return new ForecastError('E_RUN_CORRUPT', `no checkpoint is intact: ${warnings.map((w) => w.message).join('; ')}`, {
    where: shownPath(folder),
    hint: 'start the run anew with --force',
  });
}
