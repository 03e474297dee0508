// The contract of a model kind: options and the task in, a network as data out. Not here: arithmetic, training.

import type { Kind } from '../core/kind.ts';
import type { WindowShape } from '../window/window.ts';
import type { Network } from './network.ts';

/** What the data and the window ask of a model. */
export interface Task {
  readonly window: WindowShape;
  /** C, P and K of the sequence (numbers), or the vocabulary (text). */
  readonly targets: number;
  readonly past: number;
  readonly future: number;
  readonly tokens: { readonly vocabulary: number; readonly padding: boolean } | null;
}

export interface ModelKind<Options = unknown> extends Kind<Options> {
  readonly form: 'numbers' | 'text' | 'any';
  /** Errors: E_CONFIG_CONFLICT where the options do not fit the task. */
  build(options: Options, task: Task): Network;
}
