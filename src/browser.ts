// What a page imports: the wasm engine, and what makes networks and windows for it. Re-exports only, and nothing of Node behind them.

export { type ErrorCode, ForecastError, Interrupted } from './core/errors.ts';
export type { Sequence } from './core/sequence.ts';
export type { Tensors } from './core/tensor.ts';
export { type Compiled, START, type TrainReport, type TrainRequest, type Windows } from './engines/engine.ts';
export { wasm } from './engines/wasm/index.ts';
export { MODELS } from './models/index.ts';
export type { Network } from './models/network.ts';
export { initialWeights } from './models/weights.ts';
export { spellOptimizer } from './optimizers/index.ts';
export { spellSchedule } from './optimizers/schedule.ts';
export { cut, cutsAt, takeCuts } from './window/cuts.ts';
export type { Cuts, WindowShape } from './window/window.ts';
