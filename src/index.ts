// The public API: re-exports only.

export { type CheckOptions, type CheckOutcome, check } from './commands/check.ts';
export { type ExportOptions, type ExportOutcome, exportRun } from './commands/export.ts';
export { type ImportOptions, importModel } from './commands/import.ts';
export {
  type GenerateOptions,
  type GenerateOutcome,
  generate,
  type PredictOptions,
  type PredictOutcome,
  predict,
} from './commands/stored.ts';
export type { Config } from './config/config.ts';
export { type LoadedConfig, loadConfig, parseConfig } from './config/load.ts';
export type { Column, Numbers, Raw, Series, Text } from './core/data.ts';
export { ForecastError, Interrupted, type Warning } from './core/errors.ts';
export type {
  FittedNumbers,
  FittedText,
  Forecasts,
  NumberForecaster,
  Progress,
  TextForecaster,
} from './core/forecaster.ts';
export type { Fit, ForecastRow, Result, ScoreRow, TextAnswer } from './report/result.ts';
export { type RunEvent, type RunOptions, type RunOutcome, run } from './run.ts';
