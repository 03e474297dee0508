// Taking a model trained elsewhere: it stands for training in a run of a config, so that it is judged, and forecasts, as ours do.
// In: a TensorFlow.js layers model, a config. Out: a complete run. Not here: reading its layers (formats/), whether it fits (imported.ts).

import { dirname, resolve } from 'node:path';
import { readBeside, readDescription } from '../artifact/foreign.ts';
import { sha256 } from '../artifact/manifest.ts';
import { shownPath } from '../artifact/write.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { Written } from '../config/schema.ts';
import { ForecastError } from '../core/errors.ts';
import { checkOptions, checkPath } from '../core/options.ts';
import { tfjs } from '../formats/tfjs.ts';
import { type Imported, misfit } from '../imported.ts';
import { MODELS } from '../models/index.ts';
import type { ModelKind } from '../models/model.ts';
import { openInput } from '../prepare/input.ts';
import { RUN_OPTIONS, type RunOptions, type RunOutcome, run } from '../run.ts';

/** Options of a run; there is no other run to continue. */
export type ImportOptions = Omit<RunOptions, 'continueFrom' | 'resume'>;

/**
 * Runs a config with the layers and weights of a foreign model in the place of its own model and training.
 * Errors: E_MODEL_* naming what has no counterpart here or does not fit, and those of `run`.
 */
export async function importModel(
  path: string,
  config: LoadedConfig | string | object,
  options: ImportOptions = {},
): Promise<RunOutcome> {
  const { continueFrom: _, resume: __, ...known } = RUN_OPTIONS;
  checkPath('importModel', 'the model', path);
  checkOptions('importModel', options, known);
  const imported = await readForeign(resolve(path));
  for (const warning of imported.model.warnings) options.on?.({ kind: 'warning', warning });
  const opened = await openInput(config, options);
  try {
    const { out, force, walk, signal, on } = options; // what changes the config was heard when it was opened
    const taken = { ...opened, written: withModel(opened.written, imported) };
    return await run(taken, { out, force, walk, signal, on, continueFrom: imported });
  } catch (error) {
    // What is said of a config's layers is said of the model's: the config does not list them.
    if (
      !(error instanceof ForecastError) ||
      error.code !== 'E_CONFIG_CONFLICT' ||
      !/^model\.layers/.test(error.where ?? '')
    )
      throw error;
    const text = opened.written.encoder?.some(({ kind }) => kind === 'words' || kind === 'characters');
    const hint = text
      ? 'number the tokens as it was trained: the same text, encoder and split'
      : 'name the config it was trained for';
    throw misfit(error.message, imported.where, hint);
  }
}

async function readForeign(path: string): Promise<Imported> {
  const { text, path: file } = await readDescription(path, 'model.json');
  const where = shownPath(file);
  const files = tfjs.read!(text, where);
  const contents: Uint8Array[] = [];
  for (const { names, bytes } of files.groups) contents.push(await readBeside(dirname(file), names, bytes));
  const hash = sha256([text, ...contents].map(sha256).join('\n'));
  return { model: files.finish(contents), hash, where };
}

/** What a network of ours may have that no layers model has. */
const BEYOND_LAYERS = ['lags', 'skip', 'freeRun', 'carry'] as const;

/** The config with the foreign layers as its model; loss and normalisation stay the config's. Nothing is fitted again. */
function withModel(written: Written, { model, where }: Imported): Written {
  const own = MODELS[written.model.kind] ? written.model : null;
  const strange = BEYOND_LAYERS.find((key) => own?.[key] !== undefined && own[key] !== false);
  if (strange !== undefined)
    throw misfit(`model.${strange} of the config has no counterpart in an imported model`, where, 'remove it');
  const stack = MODELS.stack as ModelKind;
  const options = stack.options.parse({
    layers: model.layers,
    ...(own?.loss === undefined ? {} : { loss: own.loss }),
    ...(own?.normalise === undefined ? {} : { normalise: own.normalise }),
  }) as object;
  return {
    ...written,
    model: { kind: stack.kind, ...options },
    train: { ...written.train, refit: false },
    evaluate: { ...written.evaluate, folds: 0 },
  } as Written;
}
