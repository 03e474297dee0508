// The table of formats a model can be written in. Adding one: one file and one line.

import type { Format } from './format.ts';
import { onnx } from './onnx.ts';
import { tfjs } from './tfjs.ts';

export const FORMATS: { readonly [kind: string]: Format } = {
  onnx,
  tfjs,
};
