// The contract of a format: a trained network as files that other programs read, and, where it can, the way back.
// In: a network with its weights. Out: named contents, and what enters and leaves them. Not here: the disk (artifact/), whole runs (export.ts, import.ts).

import { ForecastError, type Warning } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { Tensors } from '../core/tensor.ts';
import type { LayerOptions } from '../layers/index.ts';
import type { Network } from '../models/network.ts';
import type { WindowShape } from '../window/window.ts';

/** A network as training left it. */
export interface TrainedModel {
  readonly network: Network;
  readonly weights: Tensors;
  readonly shape: WindowShape;
  /** Steps of a window that enters: the context, or null where windows of any length are read. */
  readonly steps: number | null;
}

/** One tensor at the edge of an exported model. A name in place of a size: any size. */
export interface Port {
  readonly name: string;
  readonly type: 'float32' | 'float64' | 'int32' | 'int64';
  readonly shape: readonly (number | string)[];
  /** What a value of it is. */
  readonly holds: string;
}

export interface ExportedModel {
  /** Contents by name, the same bytes for the same model. */
  readonly files: ReadonlyMap<string, string | Uint8Array>;
  readonly input: Port;
  /** A second input: what steps on own outputs have to be told. */
  readonly ahead?: Port;
  readonly output: Port;
  /** Steps of history that stand before the window in the input, for its targets alone; absent: none. */
  readonly history?: number;
  /** Versions a reader may ask for. */
  readonly facts: JsonObject;
}

export interface Format {
  readonly kind: string;
  readonly summary: string;
  /** Errors: E_MODEL_LAYER naming a layer (or what else) the format has no form for, E_MODEL_SHAPE where weights do not fit. */
  write(model: TrainedModel): ExportedModel;
  /**
   * The way back, where there is one: from the text of the model's own file to what else has to be read. `where` is the file's name in
   * messages. Nothing in it is believed. Errors: E_MODEL_HEADER, E_MODEL_LAYER, E_MODEL_SHAPE, E_MODEL_LAYOUT.
   */
  read?(text: string, where: string): ModelFiles;
}

/** A foreign model of which only the description has been read. */
export interface ModelFiles {
  /** Files beside it in groups, by the bytes that each group's files must come to. Names are plain paths below the model's folder. */
  readonly groups: readonly { readonly names: readonly string[]; readonly bytes: number }[];
  /** The model, from each group's bytes in order. Errors: E_MODEL_LAYOUT where a value is not finite. */
  finish(groups: readonly Uint8Array[]): ForeignModel;
}

/** A model that some other program has trained, as this one's layers. */
export interface ForeignModel {
  /** As a config's `layers:` lists them. */
  readonly layers: readonly LayerOptions[];
  /** By the names those layers give them. */
  readonly weights: Tensors;
  readonly input: {
    /** null: any number of steps. */
    readonly steps: number | null;
    /** Values a step, or ids. */
    readonly features: number;
    readonly ids: boolean;
  };
  /** Values the last layer gives. */
  readonly outputs: number;
  /** The last layer ended in a softmax, which is left to the loss. */
  readonly softmax: boolean;
  readonly warnings: readonly Warning[];
}

/** Whether windows of fewer steps than the context can be given to an exported model as they are. */
export function stepsOf(shape: WindowShape, cutting: 'sliding' | 'prefixes', text: boolean): number | null {
  // Skipped padding changes nothing: a padded window and the window without its padding give the same forecast.
  if (shape.pad === 'left') return shape.mask ? null : shape.context;
  return cutting === 'sliding' && !text ? shape.context : null;
}

/**
 * What a network asks for beyond its layers that a format does not know, as a person writes it. Errors: E_MODEL_LAYER for the first
 * that is not among `known`.
 */
export function refuseUnknown(network: Network, format: string, known: ReadonlySet<string>, hint: string): void {
  const { input, normalise, skip, freeRun, carry } = network;
  const asked = [
    ...(normalise.kind === 'none' ? [] : [`normalise: ${normalise.kind}`]),
    ...(normalise.scale === undefined ? [] : ['normalise.scale']),
    ...(normalise.clip === undefined ? [] : ['normalise.clip']),
    ...(normalise.affine === undefined ? [] : ['normalise.affine']),
    ...(input.kind === 'numbers' && input.lags !== undefined ? ['lags'] : []),
    ...(skip === undefined ? [] : ['skip']),
    ...(freeRun === undefined ? [] : ['freeRun']),
    ...(carry === undefined ? [] : ['carry']),
  ];
  const unknown = asked.find((name) => !known.has(name));
  if (unknown === undefined) return;
  throw new ForecastError('E_MODEL_LAYER', `${format} has no form for ${unknown}`, { where: 'model', hint });
}
