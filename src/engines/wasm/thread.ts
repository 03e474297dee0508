// A thread of the platform, Node's or a browser's, as one small interface: TypeScript declares only one of the two at a time.
// In: the address of a plain JavaScript module. Out: a thread that hears messages and answers. Not here: what is said (crew.ts, worker.js).

import { threadsAsked } from '../threads.ts';

export interface Thread {
  say(message: object, given?: readonly ArrayBuffer[]): void;
  /** Whether the process must live on for its answer; a thread nobody waits for does not keep a program from ending. */
  needed(yes: boolean): void;
  end(): void;
}

export interface Ears {
  heard(message: unknown): void;
  /** It never started, or broke: no answer will come. */
  broke(why: string): void;
}

interface BrowserWorker {
  postMessage(message: object, given: readonly ArrayBuffer[]): void;
  terminate(): void;
  addEventListener(kind: string, heard: (event: { readonly data: unknown; readonly message?: string }) => void): void;
}

interface Browser {
  readonly Worker?: new (address: URL, options: { readonly type: 'module' }) => BrowserWorker;
  readonly navigator?: { readonly hardwareConcurrency?: number };
  readonly crossOriginIsolated?: boolean;
}

const browser = globalThis as unknown as Browser;
const node = (globalThis as { readonly process?: NodeJS.Process }).process?.getBuiltinModule;

/** Errors: whatever the platform says where it has no threads. */
export function startThread(address: URL, ears: Ears): Thread {
  if (node) return startNodeThread(node('node:worker_threads').Worker, address, ears);
  if (!browser.Worker) throw new Error('there is no Worker here');
  return startBrowserThread(new browser.Worker(address, { type: 'module' }), ears);
}

/** The arguments of the process are not the thread's: a loader would cost it more than its work. */
function startNodeThread(Worker: typeof import('node:worker_threads').Worker, address: URL, ears: Ears): Thread {
  const worker = new Worker(address, { execArgv: [], name: 'kernels' });
  worker.on('message', ears.heard);
  worker.on('error', (error) => ears.broke(error.message));
  worker.on('exit', (status) => ears.broke(`it ended with status ${status}`));
  worker.unref();
  return {
    say: (message, given = []) => worker.postMessage(message, given),
    needed: (yes) => (yes ? worker.ref() : worker.unref()),
    end: () => void worker.terminate(),
  };
}

function startBrowserThread(worker: BrowserWorker, ears: Ears): Thread {
  worker.addEventListener('message', ({ data }) => ears.heard(data));
  worker.addEventListener('error', ({ message }) => ears.broke(message ?? 'its module does not load'));
  return {
    say: (message, given = []) => worker.postMessage(message, given),
    needed: () => undefined,
    end: () => worker.terminate(),
  };
}

/** Why threads cannot share memory here; null where they can. */
export function whyNotShared(): string | null {
  if (typeof SharedArrayBuffer === 'undefined' || browser.crossOriginIsolated === false) {
    return 'the page is not cross-origin isolated';
  }
  return null;
}

/** More would wait for each other longer than they help: batches have few shards. FORECAST_THREADS asks for another number. */
const USUAL_THREADS = 2;

/** Threads that can work side by side on one network here, and why there are not more. */
export function threadsHere(): { readonly threads: number; readonly why: string | null } {
  const why = whyNotShared();
  if (why) return { threads: 1, why: `no SharedArrayBuffer: ${why}` };
  const asked = threadsAsked(node ? process.env.FORECAST_THREADS : undefined);
  if (asked.threads !== null) return { threads: asked.threads, why: asked.why };
  const processors = node ? node('node:os').availableParallelism() : (browser.navigator?.hardwareConcurrency ?? 1);
  if (processors < USUAL_THREADS) return { threads: 1, why: 'there is one processor' };
  return { threads: USUAL_THREADS, why: asked.why };
}
