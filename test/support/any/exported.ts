// What a run's exported networks predict in the programs they are for, beside what the run's own predict. Not here: what formats refuse.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readModels, type SeriesModel } from '../../../src/artifact/model.ts';
import { readRunFolder } from '../../../src/artifact/run-folder.ts';
import type { ExportOutcome } from '../../../src/commands/export.ts';
import type { Raw } from '../../../src/core/data.ts';
import type { Sequence } from '../../../src/core/sequence.ts';
import { restoreNumbers, restoreText } from '../../../src/encoders/chain.ts';
import type { Windows } from '../../../src/engines/engine.ts';
import { compileReference } from '../../../src/engines/reference/compiled.ts';
import { loadData, openConfig } from '../../../src/prepare/open.ts';
import { cutsAt } from '../../../src/window/cuts.ts';
import { type Runtime, runOnnx } from '../../formats/runtime.ts';
import { loadLayers, runLayers, type TensorFlow } from '../../formats/tensorflow.ts';
import { aheadOf, rowsOf, worst } from '../../formats/windows.ts';

/** The largest relative distance between a prediction of an exported network and the reference's, over the newest windows. */
export async function farthest(run: string, exported: ExportOutcome, program: Runtime | TensorFlow): Promise<number> {
  const { raw } = await loadData(await openConfig(run));
  let most = 0;
  for (const [name, model] of readModels(await readRunFolder(run))) {
    const place = exported.models.find(({ series }) => series === name);
    const folder = join(exported.folder, place?.folder ?? '');
    const windows = newest(model, sequenceOf(model, raw));
    const expected = await (await compileReference(model.parts.network, model.parts.weights)).predict(windows);
    const found = await (exported.format === 'onnx' ? inOnnx : inLayers)(folder, model, windows, program);
    most = Math.max(most, worst(found, expected));
  }
  return most;
}

function sequenceOf({ series, encoder }: SeriesModel, raw: Raw): Sequence {
  if (raw.form === 'numbers') {
    const own = raw.series.find(({ id }) => id === series) as (typeof raw.series)[number];
    return restoreNumbers(encoder as NonNullable<typeof encoder>).encode(own);
  }
  const text = restoreText(encoder as NonNullable<typeof encoder>);
  const ids = text.encode(text.split(raw.documents[0] as string)).filter((id) => id >= 0);
  const { vocabulary, padding } = text;
  const segments = [{ start: 0, end: ids.length }];
  return { length: ids.length, segments, targets: [ids], past: [], future: [], tokens: { vocabulary, padding } };
}

function newest({ parts: { shape } }: SeriesModel, sequence: Sequence): Windows {
  const start = sequence.segments[0]?.start ?? 0;
  const cutoffs = [0, 1, 7].map((back) => sequence.length - back).filter((cutoff) => cutoff - shape.context >= start);
  if (cutoffs.length === 0) cutoffs.push(sequence.length);
  const froms = cutoffs.map(() => start);
  return { sequence, shape, cuts: cutsAt(cutoffs, froms) };
}

/** Rows of all windows as the exported model's input has them. */
function rowsFor(folder: string, { parts: { network } }: SeriesModel, windows: Windows) {
  const guide = JSON.parse(readFileSync(join(folder, 'forecast.json'), 'utf8'));
  const history = guide.window.history ?? 0;
  const steps = typeof guide.input.shape[1] === 'number' ? guide.input.shape[1] - history : null;
  const each = Array.from({ length: windows.cuts.count }, (_, i) => i);
  return {
    guide,
    rows: each.map((i) => rowsOf(network, windows, i, steps, history)),
    ahead: each.map((i) => aheadOf(network, windows, i)),
  };
}

async function inOnnx(
  folder: string,
  model: SeriesModel,
  windows: Windows,
  program: Runtime,
): Promise<ArrayLike<number>> {
  const { guide, rows, ahead } = rowsFor(folder, model, windows);
  const more = guide.ahead ? [[guide.ahead, ahead] as const] : [];
  return (await runOnnx(program, readFileSync(join(folder, 'model.onnx')), [guide.input, rows], ...more)).data;
}

async function inLayers(
  folder: string,
  model: SeriesModel,
  windows: Windows,
  program: TensorFlow,
): Promise<ArrayLike<number>> {
  const { guide, rows } = rowsFor(folder, model, windows);
  const json = readFileSync(join(folder, 'model.json'), 'utf8');
  const names: string[] = JSON.parse(json).weightsManifest.flatMap(({ paths }: { paths: string[] }) => paths);
  const files = names.map((name): [string, Uint8Array] => [name, readFileSync(join(folder, name))]);
  const { tokens } = windows.sequence;
  const hot = (id: number): number[] => Array.from({ length: tokens?.vocabulary ?? 0 }, (_, i) => (i === id ? 1 : 0));
  const given =
    tokens && guide.input.type !== 'int32' ? rows.map((window) => window.map(([id]) => hot(id as number))) : rows;
  const loaded = await loadLayers(program, new Map<string, string | Uint8Array>([['model.json', json], ...files]));
  const found = runLayers(program, loaded, guide.input, given);
  loaded.dispose();
  return found;
}
