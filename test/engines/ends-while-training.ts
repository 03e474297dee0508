// A process, or a thread of one, that ends in the middle of a training. In: how it ends. Out: its status.

import { isMainThread, Worker } from 'node:worker_threads';
import { START } from '../../src/engines/engine.ts';
import { native } from '../../src/engines/native/index.ts';
import { build, numbers, roughWeights, shape, task, windows } from './harness.ts';

const how = process.argv[2];
/** Node 20 hands no loader on to its threads. */
const START_WORKER = `import('tsx/esm/api').then(({ register }) => (register(), import(${JSON.stringify(import.meta.url)})))`;
if (how === 'worker' && isMainThread) {
  for (let k = 0; k < 2; k++) {
    const worker = new Worker(START_WORKER, { argv: ['worker'], eval: true });
    await new Promise((go) => worker.once('message', go));
    await worker.terminate();
  }
} else {
  const sequence = numbers(3000);
  const window = shape({ context: 60 });
  const network = build('lstm-regressor', { units: 128 }, task(sequence, window));
  const compiled = await native.compile(network, roughWeights(network));
  void compiled.train({
    training: windows(sequence, window),
    validation: null,
    seed: 1,
    batch: 256,
    shuffle: true,
    optimizer: { kind: 'sgd', rate: 0.001, momentum: 0 },
    schedule: { kind: 'constant' },
    clip: null,
    epochs: how === 'worker' ? 1000 : 20,
    from: START,
    until: how === 'worker' ? 1000 : 20,
  });
  setTimeout(async () => {
    if (how === 'process.exit(0)') process.exit(0);
    if (how?.startsWith('throw')) throw new Error('end');
    (await import('node:worker_threads')).parentPort?.postMessage('at work');
  }, 30);
}
