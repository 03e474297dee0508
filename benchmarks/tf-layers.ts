// The peer tf.layers, through @tensorflow/tfjs-node, doing the rows of rows.ts: JSON lines in, JSON lines out, as peers.py does them.
// Loads where `npm run setup:tensorflow` has made it. Batches stand ready as tensors; one setting: trainOnBatch, predictOnBatch.

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { random } from '../src/core/random.ts';
import { forgetPeak, mebibytes } from './memory.ts';
import type { Row } from './rows.ts';

// biome-ignore lint/suspicious/noExplicitAny: an optional package, not there when types are checked
type Tensorflow = any;

const answer = (value: object): boolean => out(`${JSON.stringify(value)}\n`);
const out = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write; // what it prints is no answer

function load(): Tensorflow | null {
  try {
    return createRequire(import.meta.url)('@tensorflow/tfjs-node');
  } catch (error) {
    const why = (error as Error).message.split('\n')[0];
    answer({ ok: false, why: `it does not load (${why}); npm run setup:tensorflow` });
    return null;
  }
}

function build(tf: Tensorflow, row: Row): () => Promise<void> {
  const { units, classes, embedding, features, context, batch, windows } = row;
  const model = tf.sequential();
  if (embedding !== null) {
    model.add(tf.layers.embedding({ inputDim: classes, outputDim: embedding, inputLength: context }));
  }
  units.forEach((width, l) => {
    const shape = l === 0 && embedding === null ? { inputShape: [context, classes ?? features] } : {};
    const returnSequences = l + 1 < units.length;
    model.add(tf.layers[row.cell]({ units: width, activation: row.activation, returnSequences, ...shape }));
  });
  model.add(tf.layers.dense({ units: classes ?? 1, ...(classes === null ? {} : { activation: 'softmax' }) }));
  model.compile({
    optimizer: tf.train.adam(1e-3),
    loss: classes === null ? 'meanSquaredError' : 'sparseCategoricalCrossentropy',
  });
  const parts = Array.from({ length: Math.ceil(windows / batch) }, (_, i) =>
    tensors(tf, row, Math.min(batch, windows - i * batch)),
  );
  if (row.kind === 'train') {
    return async () => {
      for (let epoch = 0; epoch < row.epochs; epoch++) for (const { x, y } of parts) await model.trainOnBatch(x, y);
    };
  }
  return async () => {
    for (const { x } of parts) {
      const y = model.predictOnBatch(x);
      await y.data();
      y.dispose();
    }
  };
}

function tensors(tf: Tensorflow, { context, features, classes, embedding }: Row, count: number) {
  const draws = random(7, 'benchmark');
  const ids = (shape: number[]) => {
    const size = shape.reduce((product, n) => product * n, 1);
    return tf.tensor(
      Float32Array.from({ length: size }, () => draws.integer(classes ?? 2)),
      shape,
    );
  };
  const numbers = (shape: number[]) => tf.randomNormal(shape, 0, 1, 'float32', 7);
  if (classes === null) return { x: numbers([count, context, features]), y: numbers([count, 1]) };
  const labels = ids([count, 1]);
  if (embedding !== null) return { x: ids([count, context]), y: labels };
  return { x: tf.oneHot(ids([count, context]).toInt(), classes).toFloat(), y: labels };
}

async function work(tf: Tensorflow): Promise<void> {
  answer({
    ok: true,
    about: { 'tfjs-node': tf.version['tfjs-node'] ?? tf.version.tfjs, tensorflow: tf.node?.binding?.TF_Version },
  });
  let turn: (() => Promise<void>) | null = null;
  let before = 0;
  for await (const line of createInterface({ input: process.stdin })) {
    const asked = JSON.parse(line) as { readonly op: string; readonly row: Row; readonly turns: number };
    try {
      if (asked.op === 'build') {
        before = mebibytes('rss');
        turn = build(tf, asked.row);
        await turn();
        forgetPeak();
        answer({ ok: true, setting: asked.row.kind === 'train' ? 'trainOnBatch' : 'predictOnBatch' });
      } else if (asked.op === 'run' && turn) {
        const started = performance.now();
        for (let i = 0; i < asked.turns; i++) await turn();
        answer({ ok: true, ms: performance.now() - started });
      } else if (asked.op === 'free') {
        answer({ ok: true, peak: mebibytes('peak'), before });
        turn = null;
        tf.disposeVariables();
      } else break;
    } catch (error) {
      answer({ ok: false, why: (error as Error).message.split('\n')[0] as string });
    }
  }
}

const tf = load();
if (tf) await work(tf);
process.exit(0);
