// A fitted network as files and back: model.json, encoder.json, weights and optimizer as safetensors, the history.
// In: what each series' fit left. Out: named contents. Not here: how files are written (write.ts), the folder's states (run-folder.ts).

import { ForecastError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { ordered, stableJson } from '../core/json.ts';
import type { Tensor, Tensors } from '../core/tensor.ts';
import type { EpochRecord, Position } from '../engines/engine.ts';
import type { Made, NetworkParts } from '../predict/network.ts';
import type { TrainState } from '../train/state.ts';
import { encodeTensors } from './safetensors.ts';

/** Weights that training goes on from, beside those that were fitted on all rows. */
const TRAINING_WEIGHTS = 'training-weights.safetensors';

/** What one series leaves: its network, its encoders, and where its training stood. */
export interface SeriesModel {
  /** The series, where that is not what the model is called by: of several networks of a series. */
  readonly series?: string;
  /** What a network inside another forecaster was made of, by which it is known again. */
  readonly made?: Made;
  readonly parts: Omit<NetworkParts, 'encoder'>;
  readonly encoder: JsonObject | null;
  /** `weights`: those that training goes on from, where others forecast (they were fitted on all rows). */
  readonly training: Omit<TrainState, 'weights' | 'best'> & { readonly weights?: Tensors };
}

/** The reader's side of a run folder. */
export interface Stored {
  has(name: string): boolean;
  json(name: string): unknown;
  tensors(name: string): ReadonlyMap<string, Tensor>;
}

/** File contents by name, the same bytes for the same models. */
export function modelFiles(models: ReadonlyMap<string, SeriesModel>): Map<string, string | Uint8Array> {
  const perSeries = (pick: (model: SeriesModel) => unknown): string =>
    stableJson(Object.fromEntries([...models].map(([id, model]) => [id, pick(model)])));
  const tensors = (pick: (model: SeriesModel) => Tensors): Uint8Array =>
    encodeTensors(
      new Map(
        [...models].flatMap(([id, model]) =>
          [...pick(model)].map(([name, tensor]) => [prefix(id, models) + name, tensor] as const),
        ),
      ),
    );
  const refitted = [...models.values()].some(({ training }) => training.weights);
  return new Map<string, string | Uint8Array>([
    ...(refitted ? [[TRAINING_WEIGHTS, tensors(({ training }) => training.weights ?? new Map())] as const] : []),
    ['model.json', stableJson(Object.fromEntries([...models].map(([id, model]) => [id, describe(id, model)])))],
    ['encoder.json', perSeries(({ encoder }) => encoder)],
    ['weights.safetensors', tensors(({ parts }) => parts.weights)],
    ['optimizer.safetensors', tensors(({ training }) => training.optimizer.moments)],
    [
      'training.json',
      perSeries(({ training: { position, firstLoss, optimizer } }) => ({
        position,
        firstLoss,
        steps: optimizer.steps,
      })),
    ],
    ['history.json', perSeries(({ training }) => training.history)],
  ]);
}

/** What model.json tells of a network. */
interface Description {
  readonly network: NetworkParts['network'];
  readonly window: NetworkParts['shape'];
  readonly series?: string;
  readonly made?: Made;
}

function describe(id: string, { parts, series = id, made }: SeriesModel): Description {
  const own = { ...(series === id ? {} : { series }), ...(made ? { made: ordered(made) } : {}) };
  return { network: parts.network, window: parts.shape, ...own };
}

/** The models a run folder holds, by name: the series', or of several networks of a series that and the member's. Errors: E_MODEL_LAYOUT where the files do not fit each other. */
export function readModels(stored: Stored): Map<string, SeriesModel> {
  const networks = stored.json('model.json') as Record<string, Description>;
  const encoders = stored.json('encoder.json') as Record<string, JsonObject | null>;
  const trainings = stored.json('training.json') as Record<
    string,
    { position: Position; firstLoss: number | null; steps: number }
  >;
  const histories = stored.json('history.json') as Record<string, EpochRecord[]>;
  const ids = Object.keys(networks);
  const weights = byModel(stored.tensors('weights.safetensors'), ids);
  const moments = byModel(stored.tensors('optimizer.safetensors'), ids);
  const before = stored.has(TRAINING_WEIGHTS) ? byModel(stored.tensors(TRAINING_WEIGHTS), ids) : null;
  return new Map(
    ids.map((id) => {
      const network = networks[id];
      const training = trainings[id];
      if (!network || !training || !(id in encoders)) {
        throw new ForecastError('E_MODEL_LAYOUT', `model.json names "${id}", the other files do not`, {
          where: 'model.json',
          hint: 'run the config again with --force',
        });
      }
      const own = (tensors: ReadonlyMap<string, Tensors>): Tensors => tensors.get(id) as Tensors;
      const model: SeriesModel = {
        series: network.series ?? id,
        ...(network.made ? { made: network.made } : {}),
        parts: { network: network.network, shape: network.window, weights: own(weights) },
        encoder: encoders[id] ?? null,
        training: {
          position: training.position,
          firstLoss: training.firstLoss,
          history: histories[id] ?? [],
          optimizer: { steps: training.steps, moments: own(moments) },
          ...(before ? { weights: own(before) } : {}),
        },
      };
      return [id, model] as const;
    }),
  );
}

/** Tensors by the models whose names begin theirs; of one model all. */
function byModel(tensors: Tensors, ids: readonly string[]): Map<string, Tensors> {
  if (ids.length === 1) return new Map([[ids[0] as string, tensors]]);
  const found = new Map(ids.map((id) => [id, new Map<string, Tensor>()]));
  for (const [name, tensor] of tensors)
    for (let at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1))
      found.get(name.slice(0, at))?.set(name.slice(at + 1), tensor);
  return found;
}

/** One series keeps its tensors' plain names; several are told apart by their ids. */
function prefix(id: string, models: ReadonlyMap<string, SeriesModel>): string {
  return models.size === 1 ? '' : `${id}/`;
}
