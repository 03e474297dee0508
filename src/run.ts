// THE STORY: open the config, load the data, open the folder, fit, judge, forecast, keep. One line per stage.
// In: a config (path, text or object). Out: the result and the folder it stands in. Not here: how any stage works; printing (cli/).

import { arch, cpus, platform } from 'node:os';
import { join, resolve } from 'node:path';
import { INTERVALS, intervalsFile } from './artifact/intervals.ts';
import { modelFiles } from './artifact/model.ts';
import { hashIdentity, type Identity, openRunFolder, type RunFolder, readRunFolder } from './artifact/run-folder.ts';
import { encoded } from './artifact/write.ts';
import { YARDSTICKS, yardsticksFile } from './artifact/yardsticks.ts';
import type { Config } from './config/config.ts';
import { type Facts, isRecorded, settle } from './config/defaults.ts';
import type { LoadedConfig } from './config/load.ts';
import { renderConfig } from './config/render.ts';
import { type Continuation, continuation } from './continue.ts';
import type { Loaded, Numbers, Raw } from './core/data.ts';
import { ForecastError, Interrupted, type Warning } from './core/errors.ts';
import { type JsonObject, jsonPieces } from './core/json.ts';
import { checkOptions, type Sorts } from './core/options.ts';
import type { Engine } from './engines/engine.ts';
import { openEngine } from './engines/index.ts';
import { hooksOf, type RunEvent, type RunHooks } from './hooks.ts';
import type { Imported } from './imported.ts';
import { openInput } from './prepare/input.ts';
import { factsOf, loadData, storedResult } from './prepare/open.ts';
import { csvLines } from './report/forecast-csv.ts';
import type { Picture } from './report/picture.ts';
import type { Result } from './report/result.ts';
import { renderTerminal } from './report/terminal.ts';
import { pictureOf, resultOf } from './result.ts';
import { noIntervals } from './track/no-intervals.ts';
import { runNumbers } from './track/numbers.ts';
import type { Outcome } from './track/outcome.ts';
import { runText } from './track/text.ts';

export type { RunEvent };

/** Characters of a line of result.json: a forecast with its intervals stands on one. */
const ROW = 400;
/** The page beside the other files of a run (reporting.ts). */
const REPORT = 'report.html';

export interface RunOptions {
  /** Overrides, each "key.path=value", the value in YAML. */
  readonly set?: readonly string[];
  /** Everything random comes from it; default: the config's, else 7. */
  readonly seed?: number;
  /** auto, native, wasm, reference or tensorflow; default: the config's, else auto. */
  readonly engine?: string;
  /** The run folder itself; default: runs/<name>-<hash> in the current folder. */
  readonly out?: string;
  /** Project folder that written paths stay inside; for a run folder that is replayed, the folder its paths are relative to. */
  readonly root?: string;
  /** Insist on going on with an interrupted run: another config or other data in its folder are refused as such. */
  readonly resume?: boolean;
  /** Train anew where a complete run stands. */
  readonly force?: boolean;
  /** A complete run whose weights and optimizer this one starts from, or an imported model that stands for training. */
  readonly continueFrom?: string | Imported;
  /** Let paths in the config leave the project folder. */
  readonly allowOutside?: boolean;
  /** Walk a generated series through folds too where the config says nothing of them, as recorded ones are. */
  readonly walk?: boolean;
  /** Ends the run within a step, with Interrupted; what was trained is kept, and the same call goes on from there. */
  readonly signal?: AbortSignal;
  /** Told of progress, warnings and notes as they come. An error it throws ends the run. */
  readonly on?: (event: RunEvent) => void;
}

export const RUN_OPTIONS: Sorts<RunOptions> = {
  set: 'texts',
  seed: 'number',
  engine: 'text',
  out: 'text',
  root: 'text',
  resume: 'flag',
  force: 'flag',
  continueFrom: 'run',
  allowOutside: 'flag',
  walk: 'flag',
  signal: 'signal',
  on: 'function',
};

export interface RunOutcome {
  /** What was run, every default filled in. */
  readonly config: Config;
  readonly result: Result;
  readonly folder: string;
  /** The report as plain text. */
  readonly text: string;
  /** The report as a page: its file; null where a run of an older version left none. */
  readonly report: string | null;
  /** What its chart is drawn from; null for text and for a result that was read back. */
  readonly picture: Picture | null;
  /** What differs from run to run: times, host, folders (run.json). */
  readonly host: JsonObject;
  /** Whether the result was read from a complete run instead of computed. */
  readonly stored: boolean;
  /** The quality gate (evaluate.require) where it is not met: E_GATE. The run itself is complete. */
  readonly gate: ForecastError | null;
}

/**
 * Runs a config from its data to its forecast; the same config, data, seed and engine leave the same bytes.
 * `input`: a YAML file, the name of a preset, a run folder to replay, a table (.csv, .tsv, .tsf) to infer a config for; YAML of two lines or
 * more; a config as an object, or one that is loaded. An interrupted run of the same config is gone on with; a complete one is read back.
 * Errors: ForecastError, Interrupted.
 */
export async function run(input: LoadedConfig | string | object, options: RunOptions = {}): Promise<RunOutcome> {
  checkOptions('run', options, RUN_OPTIONS);
  const started = performance.now();
  const opened = await openInput(input, options);
  const data = await loadData(opened);
  const facts = { ...factsOf(data), walked: options.walk === true };
  const config = settle(opened.written, facts);
  if (options.walk) checkFolds(config, facts, opened.written.evaluate.folds);
  const { engine, reason, build } = await openEngine(config.engine.kind);
  const made = { kind: engine.kind, ...(build === null ? {} : { build }) };
  const continued = options.continueFrom === undefined ? null : await continuation(options.continueFrom, config, data);
  const identity = identityOf(config, data, Object.values(made).join(' '), continued);
  const path = join('runs', `${config.name}-${identity.hash.slice(0, 8)}`);
  const folder = await openFolder(path, identity, options);
  const host = (): JsonObject => hostFacts(opened, performance.now() - started);
  try {
    if (folder.state === 'done') return await storedOutcome(folder.path, config);
    const warnings: Warning[] = [...data.warnings];
    const hooks = hooksOf({
      folder,
      continued,
      goesOn: goesOn(config, data.raw),
      warnings,
      signal: options.signal,
      tell: (event) => options.on?.(event),
    });
    const outcome = await fitAndJudge(continued?.config ?? config, data.raw, facts, engine, hooks);
    const result = resultOf(config, data, facts.season, { ...made, reason }, outcome, warnings);
    const picture = pictureOf(data.raw, outcome);
    const text = renderTerminal(result, picture);
    await keep(folder, { config, raw: data.raw, facts, outcome, result, text }, path.replaceAll('\\', '/'));
    const finished = await folder.complete(host());
    const gate = gateOf(config, result);
    const report = join(folder.path, REPORT);
    return { config, result, folder: folder.path, text, report, picture, host: finished, stored: false, gate };
  } catch (error) {
    await folder.leave(endOf(error), host());
    throw error;
  } finally {
    await folder.close();
  }
}

/** Before anything is trained for a backtest: that there is one. Errors: E_CONFIG_CONFLICT, E_DATA_TOO_SHORT. */
function checkFolds({ evaluate }: Config, { form, rows }: Facts, asked: number | undefined): void {
  const where = 'evaluate.folds';
  if (form === 'text') {
    const hint = 'forecast run';
    throw new ForecastError('E_CONFIG_CONFLICT', 'text is judged on held-out tokens, not on folds', { where, hint });
  }
  if (evaluate.folds > 0) return;
  if (asked === 0)
    throw new ForecastError('E_CONFIG_CONFLICT', 'the config asks for no folds', { where, hint: 'add --folds 5' });
  const what = `${rows} rows allow no fold: ten windows, and two seasons, come before the first one`;
  throw new ForecastError('E_DATA_TOO_SHORT', what, {
    where,
    hint: 'more rows, or a shorter window.context and horizon',
  });
}

/** Whether a run fits more than one thing. */
function goesOn({ train, evaluate }: Config, raw: Raw): boolean {
  return raw.form === 'numbers' && (train.refit || evaluate.folds > 0 || raw.series.length > 1);
}

async function fitAndJudge(config: Config, raw: Raw, facts: Facts, engine: Engine, hooks: RunHooks): Promise<Outcome> {
  const { season, seasons = [season] } = facts;
  try {
    if (raw.form === 'text') return await runText(config, raw, engine, hooks);
    const outcome = await runNumbers(config, raw, { season, seasons }, engine, hooks);
    if (outcome.backtest !== null || !isRecorded(config)) return outcome;
    return { ...outcome, notes: [...outcome.notes, noIntervals(config, facts)] };
  } catch (error) {
    if (error instanceof Interrupted) await hooks.stopped();
    throw error;
  }
}

function endOf(error: unknown): 'interrupted' | 'diverged' | 'failed' {
  if (error instanceof Interrupted) return 'interrupted';
  return error instanceof ForecastError && error.code === 'E_TRAIN_DIVERGED' ? 'diverged' : 'failed';
}

/** What makes a run the run it is. */
function identityOf(config: Config, data: Loaded, engine: string, continued: Continuation | null): Identity {
  const parts = {
    config: renderConfig(config) + (continued ? `# continues ${continued.hash}\n` : ''),
    data: data.sha256,
    engine,
  };
  return { ...parts, hash: hashIdentity(parts) };
}

/** The folder that was asked for, or the one by default. */
async function openFolder(path: string, identity: Identity, options: RunOptions): Promise<RunFolder> {
  const parents = options.out === undefined;
  return await openRunFolder(resolve(options.out ?? path), identity, { ...options, parents });
}

async function storedOutcome(path: string, config: Config): Promise<RunOutcome> {
  const stored = await readRunFolder(path);
  const result = storedResult(stored);
  return {
    config,
    result,
    folder: path,
    text: stored.text('report.txt'),
    report: stored.has(REPORT) ? join(path, REPORT) : null,
    host: stored.run,
    picture: null,
    stored: true,
    gate: gateOf(config, result),
  };
}

/** A run whose skill is below what the config requires is complete, and not good enough. */
function gateOf(config: Config, { decision }: Result): ForecastError | null {
  const required = config.evaluate.require?.skill;
  if (required === undefined || (decision.skill !== null && decision.skill >= required)) return null;
  const skill =
    decision.skill === null
      ? `no skill (${decision.reason ?? 'not scored'})`
      : `skill ${decision.skill.toPrecision(3)}`;
  return new ForecastError('E_GATE', `${skill}, at least ${required} is required`, {
    where: 'evaluate.require',
    hint: `ship ${decision.ship}, or train a better model`,
  });
}

interface Finished {
  readonly config: Config;
  readonly raw: Raw;
  readonly facts: Facts;
  readonly outcome: Outcome;
  readonly result: Result;
  readonly text: string;
}

/** Everything a run leaves but its manifest, which comes last. `shown`: how its page calls the folder. */
async function keep(folder: RunFolder, finished: Finished, shown: string): Promise<void> {
  const { config, raw, facts, outcome, result, text } = finished;
  await folder.writeAll([
    ['config.yaml', renderConfig(config)],
    ...modelFiles(outcome.models),
    ...(result.forecast.length > 0 ? [['forecast.csv', encoded(csvLines(result))] as const] : []),
    ...(outcome.calibration ? [[INTERVALS, intervalsFile(outcome.calibration)] as const] : []),
    ['result.json', encoded(jsonPieces(result, ROW))],
    ['report.txt', `${text.trimEnd()}\n`],
  ]);
  if (raw.form === 'numbers') await keepYardsticks(folder, config, raw, facts, outcome);
  // The page is read after the run: nobody waits for its code before.
  const { reportFiles } = await import('./reporting.ts');
  await folder.writeAll(reportFiles(config, raw, facts.season, outcome, result, shown));
}

/** What the forecast is held against later, when the truth is known. */
async function keepYardsticks(
  folder: RunFolder,
  config: Config,
  raw: Numbers,
  { season, seasons }: Facts,
  { errors, model, scores }: Outcome,
): Promise<void> {
  const { yardsticksOf } = await import('./yardsticks.ts');
  const baselines = [...new Set(scores.map(({ forecaster }) => forecaster))].filter((kind) => kind !== model);
  await folder.write(
    YARDSTICKS,
    yardsticksFile(await yardsticksOf(config, raw, { season, seasons }, errors, baselines)),
  );
}

function hostFacts(opened: LoadedConfig, milliseconds: number): JsonObject {
  return {
    base: opened.base,
    root: opened.root,
    seconds: Math.round(milliseconds) / 1000,
    finished: new Date().toISOString(),
    host: { node: process.version, platform: platform(), arch: arch(), cpus: cpus().length },
  };
}
