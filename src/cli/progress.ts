// How far a training has come: one live line on a terminal, otherwise a plain line every few seconds. All of it on stderr.
// In: progress events. Out: lines. Not here: when events are sent.

import type { SingleBar } from 'cli-progress';
import type { Progress } from '../core/forecaster.ts';
import { count, counted } from '../report/figures.ts';

export interface ProgressView {
  update(series: string, progress: Progress): void;
  /** Series of a panel that a task has done. */
  count(task: string, done: number, of: number): void;
  /** A line of text that must not be overwritten by the live one. */
  say(line: string): void;
  stop(): void;
}

/** Seconds between plain lines. */
const EVERY_SECONDS = 3;

/** A live line needs a terminal that nobody records: CI logs keep every frame. */
export function isLive(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && (env.CI ?? '') === '' && env.TERM !== 'dumb';
}

export async function progressView(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Promise<ProgressView> {
  if (!isLive(stream, env))
    return plainView(
      (line) => stream.write(line),
      () => performance.now() / 1000,
    );
  const { default: cliProgress } = await import('cli-progress');
  return liveView(stream, (options) => new cliProgress.SingleBar(options));
}

/** Silence, for --quiet. */
export const SILENT: ProgressView = {
  update: () => undefined,
  count: () => undefined,
  say: () => undefined,
  stop: () => undefined,
};

/** One line each few seconds, and none for what is over sooner. */
export function plainView(write: (text: string) => unknown, clock: () => number): ProgressView {
  const pace = new Map<string, Pace>();
  let last = clock();
  return {
    update: (series, progress) => {
      const now = clock();
      const paced = paceOf(pace, series, progress, now);
      if (now - last < EVERY_SECONDS) return;
      last = now;
      write(`${describeProgress(series, progress, paced)}\n`);
    },
    count: (task, done, of) => {
      const now = clock();
      if (now - last < EVERY_SECONDS) return;
      last = now;
      write(`${describeCount(task, done, of)}\n`);
    },
    say: (line) => void write(`${line}\n`),
    stop: () => undefined,
  };
}

type BarOptions = NonNullable<ConstructorParameters<typeof SingleBar>[0]>;

function liveView(stream: NodeJS.WriteStream, create: (options: BarOptions) => SingleBar): ProgressView {
  const pace = new Map<string, Pace>();
  let bar: SingleBar | null = null;
  const clear = (): void => void stream.write('\r\u001b[2K');
  const draw = (share: number, text: string): void => {
    if (bar === null) {
      bar = create({
        format: '{bar} {text}',
        stream,
        barsize: 16,
        clearOnComplete: true,
        hideCursor: true,
        fps: 8,
        linewrap: false,
      });
      bar.start(1, 0, { text });
    }
    bar.update(Math.min(1, share), { text });
  };
  let drawn = 0;
  return {
    update: (series, progress) => {
      const paced = paceOf(pace, series, progress, performance.now() / 1000);
      draw(done(progress) / progress.epochs, describeProgress(series, progress, paced));
    },
    count: (task, done, of) => {
      // Closed forms do thousands a second: more frames than the bar shows would only cost time.
      const now = performance.now();
      if (now - drawn < FRAME_MS) return;
      drawn = now;
      draw(done / of, describeCount(task, done, of));
    },
    say: (line) => {
      if (bar !== null) clear();
      stream.write(`${line}\n`);
    },
    stop: () => {
      bar?.stop();
      bar = null;
    },
  };
}

const FRAME_MS = 125;

/** "judging: 12,000 of 100,000 series". */
function describeCount(task: string, done: number, of: number): string {
  return `${task}: ${count(done)} of ${counted(of, 'series')}`;
}

interface Pace {
  readonly since: number;
  readonly from: number;
  readonly rate: number | null;
}

/** Before so much has passed no rate is told: epochs of one call of the engine are reported at once, at 100,000 a second. */
const LEAST_SECONDS = 0.1;

/** Epochs per second since the first event of this fit: a resumed fit does not count what was done before. */
function paceOf(paces: Map<string, Pace>, series: string, progress: Progress, now: number): Pace {
  const before = paces.get(series);
  const at = done(progress);
  const first = before === undefined || at < before.from ? { since: now, from: at, rate: null } : before;
  const seconds = now - first.since;
  const pace = seconds >= LEAST_SECONDS && at > first.from ? { ...first, rate: (at - first.from) / seconds } : first;
  paces.set(series, pace);
  return pace;
}

/** Epochs finished, the running one as a fraction. */
function done({ epoch, step, steps }: Progress): number {
  return Math.max(0, epoch - 1) + (steps > 0 ? step / steps : 0);
}

/** "epoch 12/300  loss 0.0312  validation 0.0401  accuracy 93 %  55 epochs/s  5 s left". */
export function describeProgress(
  series: string,
  progress: Progress,
  { rate }: { readonly rate: number | null },
): string {
  const parts = [`epoch ${Math.min(progress.epoch, progress.epochs)}/${progress.epochs}`];
  if (progress.loss !== null) parts.push(`loss ${figure(progress.loss)}`);
  if (progress.validationLoss !== null) parts.push(`validation ${figure(progress.validationLoss)}`);
  if (progress.accuracy !== null) parts.push(`accuracy ${Math.round(progress.accuracy * 100)} %`);
  if (rate !== null) {
    parts.push(`${figure(rate)} epochs/s`);
    parts.push(`${duration((progress.epochs - done(progress)) / rate)} left`);
  }
  return `${series === '' ? '' : `${series}: `}${parts.join('  ')}`;
}

function figure(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : String(value);
}

function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
