// A long-lived child process that does rows: one JSON line asks, one answers. In: a command. Out: answers, or why there is none.
// Not here: what is asked (peers.ts, run.ts), the work (ours.ts, peers.py, tf-layers.ts, limit.cpp).

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** An answer: `ok`, and figures; or why not. */
export interface Answer {
  readonly ok: boolean;
  readonly why?: string;
  readonly [figure: string]: unknown;
}

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** What a process said last on its error stream, for the reason of a failure. */
const KEPT = 2000;

/** Those that run: none outlives this process. */
const running = new Set<ChildProcessWithoutNullStreams>();

function endAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

process.on('exit', endAll);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));

export class Worker {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: ((answer: Answer) => void)[] = [];
  #errors = '';
  #ended: string | null = null;
  /** The first line: what it is. */
  readonly hello: Promise<Answer>;

  constructor({ command, args, env, cwd }: Command, seconds = 120) {
    this.#child = spawn(command, args, { cwd, env: { ...process.env, ...env } });
    running.add(this.#child);
    this.#child.on('close', () => running.delete(this.#child));
    this.#child.stderr.on('data', (data: Buffer) => {
      this.#errors = (this.#errors + data.toString()).slice(-KEPT);
    });
    this.#child.stdin.on('error', () => undefined); // a dead process is told of by its end
    this.#child.on('error', (error) => this.#end(error.message));
    this.#child.on('close', (code, signal) =>
      this.#end(`its process ended (${signal ?? `status ${code}`})${this.#said()}`),
    );
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#waiting.shift()?.(answerOf(line)));
    this.hello = this.#next(seconds);
  }

  get running(): boolean {
    return this.#ended === null;
  }

  /** Asks one thing at a time; a process that is silent for too long is ended. */
  async ask(question: object | number, seconds = 300): Promise<Answer> {
    if (this.#ended !== null) return { ok: false, why: this.#ended };
    const answer = this.#next(seconds);
    this.#child.stdin.write(`${JSON.stringify(question)}\n`);
    return await answer;
  }

  stop(): void {
    this.#end('it was stopped');
    this.#child.kill('SIGKILL');
  }

  async #next(seconds: number): Promise<Answer> {
    if (this.#ended !== null) return { ok: false, why: this.#ended };
    return await new Promise((resolve) => {
      const late = setTimeout(() => {
        this.#end(`no answer within ${seconds} s`);
        this.#child.kill('SIGKILL');
      }, seconds * 1000);
      this.#waiting.push((answer) => {
        clearTimeout(late);
        resolve(answer);
      });
    });
  }

  #end(why: string): void {
    this.#ended ??= why;
    for (const give of this.#waiting.splice(0)) give({ ok: false, why: this.#ended });
  }

  #said(): string {
    const last = this.#errors.trim().split('\n').at(-1);
    return last ? `: ${last.slice(0, 200)}` : '';
  }
}

function answerOf(line: string): Answer {
  try {
    return JSON.parse(line) as Answer;
  } catch {
    return { ok: false, why: `not an answer: ${line.slice(0, 200)}` };
  }
}
