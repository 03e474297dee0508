// Trains small networks of every recurrent layer with native, wasm and the reference, from the compiled program (dist/).
// Run by any Node: says where it ran, with which instructions, the sha256 of all each computed, and how far from the reference.

import { createHash } from 'node:crypto';

const dist = new URL('../../dist/', import.meta.url);
const { ENGINES } = await import(new URL('engines/index.js', dist));
const { MODELS } = await import(new URL('models/index.js', dist));
const { initialWeights } = await import(new URL('models/weights.js', dist));
const { platformHere } = await import(new URL('engines/native/place.js', dist));
const { cut } = await import(new URL('window/cuts.js', dist));

const LENGTH = 60;
const wave = (speed) => Float64Array.from({ length: LENGTH }, (_, i) => Math.sin(i * speed) + (i % 7) / 10);
const NUMBERS = {
  targets: [wave(0.3)],
  past: [wave(0.7), wave(1.1)],
  future: [],
  tokens: null,
};
const TEXT = {
  targets: [Float64Array.from({ length: LENGTH }, (_, i) => (i * i) % 11)],
  past: [],
  future: [],
  tokens: { vocabulary: 11, padding: false },
};
const NETWORKS = [
  ['lstm-regressor', { layers: [{ kind: 'lstm', units: 24 }, { kind: 'layer-norm' }, { kind: 'lstm', units: 9 }] }],
  [
    'lstm-regressor',
    {
      layers: [
        { kind: 'gru', units: 13, bidirectional: true },
        { kind: 'dropout', rate: 0.2 },
      ],
    },
  ],
  [
    'lstm-regressor',
    {
      layers: [
        { kind: 'simple-rnn', units: 33 },
        { kind: 'dense', units: 5, activation: 'tanh' },
      ],
    },
  ],
  ['lstm-regressor', { layers: [{ kind: 'lstm', units: 17, activation: 'relu' }] }],
  ['language-model', { embedding: 6, layers: [{ kind: 'lstm', units: 20 }] }],
];

async function trained(engine, kind, options) {
  const sequence = {
    length: LENGTH,
    segments: [{ start: 0, end: LENGTH }],
    ...(kind === 'language-model' ? TEXT : NUMBERS),
  };
  const shape = { context: 7, horizon: 1, lead: 0, targets: 'last', pad: 'none', mask: false };
  const { targets, past, future, tokens } = sequence;
  const task = { window: shape, targets: targets.length, past: past.length, future: future.length, tokens };
  const network = MODELS[kind].build(MODELS[kind].options.parse(options), task);
  const windows = { sequence, shape, cuts: cut(sequence.segments, shape, { kind: 'sliding', stride: 1 }) };
  const compiled = await engine.compile(network, initialWeights(network, 5));
  const { records } = await compiled.train({
    training: windows,
    validation: null,
    seed: 3,
    batch: 16,
    shuffle: true,
    optimizer: { kind: 'adam', rate: 0.003, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
    schedule: { kind: 'constant' },
    clip: 1,
    epochs: 2,
    from: { epoch: 1, step: 0, lossSum: 0, correct: 0, weight: 0 },
    until: 2,
  });
  const outputs = await compiled.predict(windows);
  compiled.dispose();
  return [...records.map(({ loss }) => loss), ...outputs];
}

function difference(found, expected) {
  const largest = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return expected.reduce((worst, x, i) => Math.max(worst, Math.abs(x - found[i]) / largest), 0);
}

const { native, wasm, reference } = ENGINES;
const state = await native.available();
const hashes = { native: createHash('sha256'), wasm: createHash('sha256') };
let worst = 0;
for (const [kind, options] of NETWORKS) {
  const expected = await trained(reference, kind, options);
  for (const engine of state.ok ? [native, wasm] : [wasm]) {
    const found = await trained(engine, kind, options);
    hashes[engine.kind].update(Float64Array.from(found));
    worst = Math.max(worst, difference(found, expected));
  }
}
const sha256 = { native: hashes.native.digest('hex'), wasm: hashes.wasm.digest('hex') };
console.log(JSON.stringify({ node: process.versions.node, platform: platformHere(), state, sha256, worst }));
