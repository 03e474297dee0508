// The public API: re-exports only.

export { type CheckOptions, type CheckOutcome, check } from './commands/check.ts';
export { type CompareOptions, type Comparison, compare } from './commands/compare.ts';
export { type ExportOptions, type ExportOutcome, exportRun } from './commands/export.ts';
export { type ImportOptions, importModel } from './commands/import.ts';
export { type Inspection, inspect } from './commands/inspect.ts';
export {
  type GenerateOptions,
  type GenerateOutcome,
  generate,
  type PredictOptions,
  type PredictOutcome,
  predict,
} from './commands/stored.ts';
export type { Config } from './config/config.ts';
export { type LoadedConfig, type LoadOptions, loadConfig, type ParseOptions, parseConfig } from './config/load.ts';
export type { Column, Numbers, Raw, Series, Text } from './core/data.ts';
export { type ErrorCode, ForecastError, Interrupted, type Warning } from './core/errors.ts';
export type {
  FittedNumbers,
  FittedText,
  Forecasts,
  NumberForecaster,
  Progress,
  TextForecaster,
} from './core/forecaster.ts';
export type { OpenOptions } from './prepare/open.ts';
export type { CheckReport } from './report/check.ts';
export type {
  BacktestReport,
  Decision,
  Fit,
  ForecastRow,
  Result,
  ScoreRow,
  TextAnswer,
  TotalRow,
} from './report/result.ts';
export { type RunEvent, type RunOptions, type RunOutcome, run } from './run.ts';
