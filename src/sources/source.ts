// The contract of a source: options in, raw data out. The only level-1 folder that touches the disk. Not here: encoding, windows.

import type { Loaded } from '../core/data.ts';
import type { Kind } from '../core/kind.ts';

export interface SourceContext {
  /** Turns a path as written in the config into one to open; throws E_PATH_OUTSIDE where it leaves the project. */
  resolve(path: string): string;
  /** How a path is shown in messages: relative, never absolute. */
  display(path: string): string;
  readonly seed: number;
}

export interface SourceKind<Options = unknown> extends Kind<Options> {
  load(options: Options, context: SourceContext): Promise<Loaded>;
}
