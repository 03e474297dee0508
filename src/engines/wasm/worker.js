// A thread beside the JavaScript thread: holds one instance of the kernels and works through the steps it is told, alone or in lockstep
// with others over one memory. In: messages of crew.ts. Out: messages. Plain JavaScript that imports nothing, so that it runs as it is
// from the sources, from a package and in a browser. Not here: which work leaves the thread (kernel.ts).
// @ts-check

// Control words all threads of a job share. FAILED: a thread broke, wait for none. CLAIM: the next part of
// the phase at work. ARRIVED, GENERATION: where they meet. STOP: why there is no next step. MADE: steps.
const [FAILED, CLAIM, ARRIVED, GENERATION, STOP, MADE] = [0, 1, 2, 3, 4, 5];

/** Looks at the barrier before a thread lies down: some 20 µs. */
const LOOKS = 4000;
/** Another thread broke, and says why. */
const ECHO = new Error('another thread broke');
/** A sleeping thread looks up this often, ms: a partner may have died. */
const NAP = 200;

/**
 * @typedef {{ readonly kind: string, readonly [argument: string]: any }} Job
 * @typedef {{ readonly ticket: number, readonly job: Job, readonly threads: number, readonly bytes: ArrayBuffer | null }} Work
 * @typedef {{ readonly module: any, readonly size: object, readonly memory: any, readonly stack: number, readonly control: number }} Room
 */

const platform = /** @type {any} */ (globalThis);
const { parentPort } = platform.process?.getBuiltinModule?.('node:worker_threads') ?? {};
const { WebAssembly } = platform;

/** @type {(message: object, given?: ArrayBuffer[]) => void} */
const say = (message, given = []) => (parentPort ?? platform).postMessage(message, given);
if (parentPort) parentPort.on('message', hear);
else platform.addEventListener('message', (/** @type {{ data: any }} */ { data }) => hear(data));

/** @type {any} The instance's exports, its memory, whether others see the memory too; null: no network is open. */
let open = null;
/** Said by message where no flag can be seen. */
let stopped = false;

/** @param {any} message */
function hear(message) {
  if (message.open) open = enter(message.open);
  else if (message.close) open = null;
  else if (message.stop) stopped = true;
  else if (message.job) answer(message);
}

/** @param {Room} room */
function enter({ module, size, memory, stack, control }) {
  const own = memory ?? new WebAssembly.Memory(size);
  const { exports } = new WebAssembly.Instance(module, { env: { memory: own } });
  const data = exports.__stack_pointer.value;
  if (stack) exports.__stack_pointer.value = stack;
  return { exports, memory: own, data, words: memory ? new Int32Array(memory.buffer, control, 16) : null };
}

/** @param {Work} work */
async function answer(work) {
  const { ticket, job, bytes } = work;
  stopped = false;
  try {
    if (bytes) fill(bytes);
    const made = job.kind === 'train' ? await train(work) : await pass(work);
    const back = open.words ? null : open.memory.buffer.slice(open.data, open.exports.kernel_memory_end());
    say({ ticket, made, bytes: back }, back ? [back] : []);
  } catch (error) {
    if (open?.words) {
      Atomics.store(open.words, FAILED, 1);
      Atomics.notify(open.words, GENERATION);
    }
    if (error !== ECHO) say({ ticket, failed: /** @type {Error} */ (error).message });
  }
}

/** The other side's memory, from where the data begin: addresses are the same in both. */
function fill(/** @type {ArrayBuffer} */ bytes) {
  const { memory, data } = open;
  const missing = data + bytes.byteLength - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / 65536));
  new Uint8Array(memory.buffer, data).set(new Uint8Array(bytes));
}

// ---- jobs; phases and the calls between them: kernels.cpp

const [RENEW, GRADIENTS, SUM, UPDATE, MEASURE, OUTPUTS] = [0, 1, 2, 3, 4, 5];
/** Why steps ended, and that there was no memory: results[4] knows the first three. */
const [COMPLETE, NOT_FINITE, ASKED_TO_STOP, NO_MEMORY] = [0, 1, 2, 3];

/**
 * Up to job.count steps; gives those made, −1 where there is no memory. All threads go through the same phases; between two of
 * them the last one to arrive decides for all.
 * @param {Work} work
 */
async function train({ job, threads }) {
  const { exports: kernels, memory } = open;
  const { net, count, first, clip, checked, results, slice } = job;
  const bounds = new Int32Array(memory.buffer, job.bounds, count + 1).slice();
  const rates = new Float64Array(memory.buffer, job.rates, count).slice();
  /** @type {Int32Array} */
  const words = open.words ?? new Int32Array(16);
  const prepare = (/** @type {number} */ k) => {
    if (k < count && !kernels.kernel_prepare_step(net, first + k, bounds[k], bounds[k + 1])) words[STOP] = NO_MEMORY;
  };
  const phase = (/** @type {number} */ name, /** @type {() => void} */ between) => {
    if (Atomics.load(words, STOP) === COMPLETE) inParts(words, threads, net, name, between);
  };
  meet(words, threads, () => {
    kernels.kernel_begin(net, bounds[0], bounds[count], job.settings);
    prepare(0);
  });
  let k = 0;
  for (; k < count && Atomics.load(words, STOP) === COMPLETE; k++) {
    phase(RENEW, () => undefined);
    phase(GRADIENTS, () => {
      if (kernels.kernel_stopped(net)) words[STOP] = ASKED_TO_STOP;
    });
    phase(SUM, () => {
      if (!kernels.kernel_decide(net, rates[k], clip, results)) words[STOP] = NOT_FINITE;
    });
    phase(UPDATE, () => {
      if (checked && k === count - 1 && !kernels.kernel_weights_finite(net)) {
        words[STOP] = NOT_FINITE;
        return;
      }
      kernels.kernel_add_tally(net, results);
      Atomics.add(words, MADE, 1);
      if (stopped) words[STOP] = ASKED_TO_STOP;
      else prepare(k + 1);
    });
    if (!open.words && k % slice === slice - 1) await turn();
  }
  const end = /** @type {number} */ (words[STOP]);
  if (end === NO_MEMORY) return -1;
  new Float64Array(memory.buffer, results, 5)[4] = end;
  return Atomics.load(words, MADE);
}

/**
 * Sums over windows, or outputs after them: 0 where there is no memory, 1, or 2 where it was stopped. Where a stop comes by message, outputs
 * are computed in slices, between which it is heard; sums are those of one batch, as a step is.
 * @param {Work} work
 */
async function pass(work) {
  const { start, end, at, slice, bytes } = work.job;
  if (open.words || !slice) return passOver(work, start, end, at);
  for (let from = start; from < end; from += slice) {
    const made = passOver(work, from, Math.min(end, from + slice), at + (from - start) * bytes);
    if (made !== 1) return made;
    await turn();
    if (stopped) return 2;
  }
  return 1;
}

/** Windows [start, end), to `at`. */
function passOver(
  /** @type {Work} */ { job, threads },
  /** @type {number} */ start,
  /** @type {number} */ end,
  /** @type {number} */ at,
) {
  const { exports: kernels } = open;
  const { net } = job;
  /** @type {Int32Array} */
  const words = open.words ?? new Int32Array(16);
  const measures = job.kind === 'evaluate';
  meet(words, threads, () => {
    if (!kernels.kernel_prepare_pass(net, start, end)) words[STOP] = NO_MEMORY;
    else if (!measures) kernels.kernel_outputs_at(net, at);
  });
  if (Atomics.load(words, STOP) === NO_MEMORY) return 0;
  inParts(words, threads, net, measures ? MEASURE : OUTPUTS, () => {
    if (measures) kernels.kernel_add_tally(net, at);
    if (kernels.kernel_stopped(net)) words[STOP] = ASKED_TO_STOP;
  });
  return Atomics.load(words, STOP) === ASKED_TO_STOP ? 2 : 1;
}

// ---- lockstep

/** All parts of a phase, each by the thread that claims it first; then `between`, by the last thread to be done. */
function inParts(
  /** @type {Int32Array} */ words,
  /** @type {number} */ threads,
  /** @type {number} */ net,
  /** @type {number} */ phase,
  /** @type {() => void} */ between,
) {
  const { kernel_part, kernel_parts } = open.exports;
  const parts = kernel_parts(net, phase);
  if (threads === 1) for (let k = 0; k < parts; k++) kernel_part(net, phase, k);
  else
    for (let k = Atomics.add(words, CLAIM, 1); k < parts; k = Atomics.add(words, CLAIM, 1)) kernel_part(net, phase, k);
  meet(words, threads, between);
}

/** Nobody goes on before all are here and `between` is done. Short waits look, long ones sleep. */
function meet(/** @type {Int32Array} */ words, /** @type {number} */ threads, /** @type {() => void} */ between) {
  if (threads === 1) return between();
  const generation = Atomics.load(words, GENERATION);
  if (Atomics.add(words, ARRIVED, 1) === threads - 1) {
    between();
    Atomics.store(words, ARRIVED, 0);
    Atomics.store(words, CLAIM, 0);
    Atomics.add(words, GENERATION, 1);
    Atomics.notify(words, GENERATION);
    return;
  }
  for (let look = 0; look < LOOKS; look++) if (Atomics.load(words, GENERATION) !== generation) return;
  while (Atomics.load(words, GENERATION) === generation) {
    if (Atomics.load(words, FAILED)) throw ECHO;
    Atomics.wait(words, GENERATION, generation, NAP);
  }
}

/** A turn of the thread's event loop, in which a stop said by message is heard. */
function turn() {
  if (platform.setImmediate) return new Promise((resolve) => platform.setImmediate(resolve));
  return new Promise((resolve) => {
    const { port1, port2 } = new platform.MessageChannel();
    port1.onmessage = () => resolve(port1.close());
    port2.postMessage(null);
  });
}

say({ ready: true });
