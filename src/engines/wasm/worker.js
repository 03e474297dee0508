// A thread beside the JavaScript thread: holds one instance of the kernels and works through the steps it is told, or helps the thread
// that does, in one memory. In: messages of crew.ts. Out: messages. Plain JavaScript that imports nothing, so that it runs as it is
// from the sources, from a package and in a browser. Not here: which work leaves the thread (kernel.ts).
// @ts-check

// Control words all threads of a job share. FAILED: a thread broke, wait for none. ENDED: the job is over. OPEN: parts of the phase at
// work that nobody has claimed. PHASE, PARTS: which it is, and of how many; they stand still while a part claimed is not finished.
// FINISHED: parts that are. BELL: rings when there are parts to claim, or none any more. ASLEEP: threads that wait for it.
const [FAILED, ENDED, OPEN, PHASE, PARTS, FINISHED, BELL, ASLEEP] = [0, 1, 2, 3, 4, 5, 6, 7];

/** Looks around before a thread lies down: some 100 µs, since being woken takes about as long. */
const LOOKS = 20_000;
/** Another thread broke, and says why. */
const ECHO = new Error('another thread broke');
/** A sleeping thread looks up this often, ms: another may have died. */
const NAP = 200;

/**
 * @typedef {{ readonly kind: string, readonly [argument: string]: any }} Job
 * @typedef {{ readonly ticket: number, readonly job: Job, readonly leads: boolean, readonly bytes: ArrayBuffer | null }} Work
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
  const { ticket, job, leads, bytes } = work;
  stopped = false;
  try {
    if (bytes) fill(bytes);
    const made = !leads ? help(job) : job.kind === 'train' ? await train(job) : await pass(job);
    if (leads && open.words) ring(open.words, ENDED, 1);
    const back = open.words ? null : open.memory.buffer.slice(open.data, open.exports.kernel_memory_end());
    say({ ticket, made, bytes: back }, back ? [back] : []);
  } catch (error) {
    if (open?.words) {
      ring(open.words, FAILED, 1);
      Atomics.notify(open.words, FINISHED);
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
/** Why steps ended: results[4]. */
const [COMPLETE, NOT_FINITE, ASKED_TO_STOP] = [0, 1, 2];

/**
 * Up to job.count steps; gives those made, −1 where there is no memory.
 * @param {Job} job
 */
async function train(job) {
  const { exports: kernels, memory } = open;
  const { net, count, first, clip, checked, results, slice } = job;
  const bounds = new Int32Array(memory.buffer, job.bounds, count + 1).slice();
  const rates = new Float64Array(memory.buffer, job.rates, count).slice();
  const step = (/** @type {number} */ k) => {
    inParts(net, RENEW);
    inParts(net, GRADIENTS);
    if (kernels.kernel_stopped(net)) return ASKED_TO_STOP;
    inParts(net, SUM);
    if (!kernels.kernel_decide(net, rates[k], clip, results)) return NOT_FINITE;
    inParts(net, UPDATE);
    if (checked && k === count - 1 && !kernels.kernel_weights_finite(net)) return NOT_FINITE;
    kernels.kernel_add_tally(net, results);
    return COMPLETE;
  };
  kernels.kernel_begin(net, bounds[0], bounds[count], job.settings);
  let end = COMPLETE;
  let made = 0;
  while (made < count && end === COMPLETE) {
    if (!kernels.kernel_prepare_step(net, first + made, bounds[made], bounds[made + 1])) return -1;
    end = step(made);
    if (end === COMPLETE) made++;
    if (!open.words && made % slice === 0) await turn();
    if (stopped && end === COMPLETE) end = ASKED_TO_STOP;
  }
  new Float64Array(memory.buffer, results, 5)[4] = end;
  return made;
}

/**
 * Sums over windows, or outputs after them: 0 where there is no memory, 1, or 2 where it was stopped. Where a stop comes by message, outputs
 * are computed in slices, between which it is heard; sums are those of one batch, as a step is.
 * @param {Job} job
 */
async function pass(job) {
  const { start, end, at, slice, bytes } = job;
  if (open.words || !slice) return passOver(job, start, end, at);
  for (let from = start; from < end; from += slice) {
    const made = passOver(job, from, Math.min(end, from + slice), at + (from - start) * bytes);
    if (made !== 1) return made;
    await turn();
    if (stopped) return 2;
  }
  return 1;
}

/** Windows [start, end), to `at`. */
function passOver(
  /** @type {Job} */ { kind, net },
  /** @type {number} */ start,
  /** @type {number} */ end,
  /** @type {number} */ at,
) {
  const { exports: kernels } = open;
  if (!kernels.kernel_prepare_pass(net, start, end)) return 0;
  if (kind !== 'evaluate') kernels.kernel_outputs_at(net, at);
  inParts(net, kind === 'evaluate' ? MEASURE : OUTPUTS);
  if (kind === 'evaluate') kernels.kernel_add_tally(net, at);
  return kernels.kernel_stopped(net) ? 2 : 1;
}

// ---- parts: claimed one by one by whoever is free, so that a thread that lost its processor holds up one part, not a share of all

/** All parts of a phase, by this thread and those that help it. */
function inParts(/** @type {number} */ net, /** @type {number} */ phase) {
  const { exports: kernels, words } = open;
  const parts = kernels.kernel_parts(net, phase);
  if (!words || parts < 2) {
    for (let k = 0; k < parts; k++) kernels.kernel_part(net, phase, k);
    return;
  }
  words[PHASE] = phase;
  words[PARTS] = parts;
  Atomics.store(words, FINISHED, 0);
  ring(words, OPEN, parts);
  while (claim(words, net));
  for (let look = 0; Atomics.load(words, FINISHED) < parts; look++) {
    const seen = Atomics.load(words, FINISHED);
    if (Atomics.load(words, FAILED)) throw ECHO;
    if (look > LOOKS && seen < parts) Atomics.wait(words, FINISHED, seen, NAP);
  }
}

/** One part, if there is one to claim. */
function claim(/** @type {Int32Array} */ words, /** @type {number} */ net) {
  let left = Atomics.load(words, OPEN);
  while (left > 0) {
    const found = Atomics.compareExchange(words, OPEN, left, left - 1);
    if (found === left) {
      open.exports.kernel_part(net, words[PHASE], /** @type {number} */ (words[PARTS]) - left);
      Atomics.add(words, FINISHED, 1);
      return true;
    }
    left = found;
  }
  return false;
}

/** Parts of another thread's phases, until its job is over. */
function help(/** @type {Job} */ { net }) {
  /** @type {Int32Array} */
  const words = open.words;
  for (let looks = 0; !Atomics.load(words, ENDED); looks++) {
    if (Atomics.load(words, FAILED)) throw ECHO;
    if (claim(words, net)) {
      Atomics.notify(words, FINISHED);
      looks = 0;
    }
    if (looks < LOOKS) continue;
    const bell = Atomics.load(words, BELL);
    Atomics.add(words, ASLEEP, 1);
    if (Atomics.load(words, OPEN) === 0 && !Atomics.load(words, ENDED)) Atomics.wait(words, BELL, bell, NAP);
    Atomics.sub(words, ASLEEP, 1);
    looks = 0;
  }
  return 0;
}

/** Says something that sleeping threads wait for. */
function ring(/** @type {Int32Array} */ words, /** @type {number} */ word, /** @type {number} */ value) {
  Atomics.store(words, word, value);
  Atomics.add(words, BELL, 1);
  if (Atomics.load(words, ASLEEP) > 0) Atomics.notify(words, BELL);
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
