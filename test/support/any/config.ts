// Configs drawn from a seed, over every key that a network has to do with: small enough to run in less than a second, and mostly valid.
// In: a seed. Out: a config and the table it reads. Not here: what holds of all of them (any-config.test.ts).

import { type Draw, drawing, type Options } from './draw.ts';
import { combination, layers, numbersModel } from './network.ts';
import { numbers } from './tables.ts';

export interface AnyConfig {
  readonly form: 'numbers' | 'text';
  readonly config: { readonly source: Options; readonly [key: string]: unknown };
  /** A file's name and text; null: none is read. */
  readonly file: readonly [string, string] | null;
}

export function anyConfig(seed: number): AnyConfig {
  const draw = drawing(seed);
  const own = draw.maybe(0.7, () => ({ seed: draw.one([0, 1, 4_294_967_295, draw.whole(0, 99_999)]) }));
  const made = draw.happens(0.2) ? textConfig(draw) : numbersConfig(draw);
  return { ...made, config: { name: `any-${seed}`, ...own, ...made.config } };
}

function numbersConfig(draw: Draw): AnyConfig {
  const { source, file, targets, past } = numbers(draw);
  const every = draw.happens(0.12);
  const [context, horizon] = [draw.whole(1, 12), draw.one([1, 1, 2, 3, 5])];
  const lead = draw.happens(0.1) ? draw.whole(1, 3) : 0;
  const asked = past > 0 || lead > 0 ? draw.whole(1, horizon) : draw.whole(1, 6); // else blocks are fed back
  const network = numbersModel(draw, { context, horizon, lead, every, targets, past });
  const [single, several] = [draw.happens(0.5), draw.happens(0.7)];
  const closed = draw.one(['lstm-regressor', 'theta', 'linear', 'regression', { kind: 'auto', budget: '20ms' }]);
  const model = single ? network : several ? combination(draw, network) : closed;
  const seeds = model === network ? draw.maybe(0.15, () => ({ seeds: draw.whole(1, 3) })) : {};
  const window = {
    ...draw.maybe(0.85, () => ({ context })),
    horizon,
    ...draw.maybe(0.08, () => ({ kind: 'prefixes' })),
    ...draw.maybe(0.3, () => ({ stride: draw.whole(1, 3) })),
    ...(lead > 0 ? { lead } : {}),
    ...(every ? { targets: 'every' } : {}),
    ...draw.maybe(0.1, () => ({ pad: draw.one(['left', 'none']) })),
    ...draw.maybe(0.1, () => ({ mask: true })),
  };
  const config = {
    source,
    split: split(draw),
    ...draw.maybe(0.7, () => ({ encoder: encoders(draw) })),
    window,
    model,
    train: { ...training(draw), ...seeds, ...draw.maybe(0.4, () => ({ refit: draw.happens(0.5) })) },
    predict: {
      ...draw.maybe(0.7, () => ({ horizon: asked })),
      ...draw.maybe(0.2, () => ({ nonNegative: true })),
      ...draw.maybe(0.2, () => ({ integer: true })),
    },
    evaluate: {
      ...draw.maybe(0.75, () => ({ folds: draw.one([0, 0, 1, 2]) })),
      ...draw.maybe(0.1, () => ({ stride: draw.whole(1, 3) })),
      ...draw.maybe(0.15, () => ({ levels: draw.one([[50], [99.9, 10], [80, 95, 50]]) })),
      ...draw.maybe(0.3, () => ({ intervals: 'adaptive' })),
      ...draw.maybe(0.1, () => ({ baselines: draw.some(['last-value', 'drift', 'mean', 'seasonal-naive', 'ses'], 3) })),
      ...draw.maybe(0.1, () => ({ metrics: draw.some(['mae', 'rmse', 'mape', 'mase', 'r2', 'bias', 'wape'], 3) })),
    },
  };
  return { form: 'numbers', config, file };
}

const WORDS = 'the cat sat on a mat and dog saw it run to big red house by old river when sun went down'.split(' ');

function textConfig(draw: Draw): AnyConfig {
  const lines = Array.from({ length: draw.whole(6, 16) }, () => {
    const said = Array.from({ length: draw.whole(3, 9) }, () => draw.one(WORDS)).join(' ');
    return said + draw.one(['', '.', '!', ', “no”']);
  });
  const document = draw.maybe(0.7, () => ({ document: draw.one(['line', 'paragraph', 'whole']) }));
  const inFile = draw.happens(0.5);
  const source = { kind: 'text', ...(inFile ? { file: 'any.txt' } : { lines }), ...document };
  const carry = draw.happens(0.2);
  const [every, prefixes] = [carry || draw.happens(0.3), !carry && draw.happens(0.3)];
  const network = {
    kind: 'language-model',
    ...draw.maybe(0.6, () => ({ embedding: draw.whole(1, 6) })),
    layers: layers(draw, 3, !every).filter(({ kind }, i) => i > 0 || !['dropout', 'layer-norm'].includes(kind)),
    ...draw.maybe(0.3, () => ({ dropout: 0.2 })),
    ...(carry ? { carry } : {}),
  };
  const config = {
    source,
    split: split(draw),
    encoder: [textEncoder(draw)],
    window: {
      ...(prefixes ? { kind: 'prefixes' } : {}),
      ...draw.maybe(prefixes ? 0.6 : 0.9, () => ({ context: draw.whole(1, 6) })),
      ...(every ? { targets: 'every' } : {}),
      ...draw.maybe(0.3, () => ({ stride: draw.whole(1, 5) })),
      ...draw.maybe(0.25, () => ({ pad: draw.one(['left', 'none']) })),
      ...draw.maybe(0.2, () => ({ mask: true })),
    },
    model: draw.happens(0.1) ? draw.one(['bigram', 'uniform', { kind: 'ngram', order: 3 }]) : network,
    train: training(draw),
    predict: {
      ...draw.maybe(0.6, () => ({ prompt: draw.one(['the cat', 'a', 'the']) })),
      length: draw.whole(1, 9),
      sampler: draw.one(['greedy', 'temperature']),
      temperature: draw.one([0.01, 0.7, 3]),
      ...draw.maybe(0.2, () => ({ topK: draw.whole(1, 4) })),
      ...draw.maybe(0.2, () => ({ topP: draw.one([0.01, 0.5, 1]) })),
      ...draw.maybe(0.2, () => ({ repetition: draw.one([1.3, 100]) })),
    },
  };
  return { form: 'text', config, file: inFile ? ['any.txt', `${lines.join('\n')}\n`] : null };
}

function textEncoder(draw: Draw): Options {
  if (draw.happens(0.5))
    return { kind: 'characters', form: draw.one(['ids', 'one-hot']), lowercase: draw.happens(0.5) };
  const limit = draw.maybe(0.3, () => ({ limit: draw.whole(3, 10) }));
  const punctuation = draw.one(['keep', 'drop', 'separate']);
  return { kind: 'words', lowercase: draw.happens(0.7), punctuation, unknown: draw.one(['skip', 'token']), ...limit };
}

function split(draw: Draw): Options {
  return draw.one<Options>([
    {},
    {},
    { validation: draw.one([0, 0.1, 0.3, 3, 1]) },
    { validation: 0.2, test: 0.1 },
    { test: draw.one([1, 4, 0.2]) },
    { validation: 0, test: 3 },
    { validation: 4, test: 4 },
  ]);
}

/** A logarithm first where there is one, so that few values are refused. */
function encoders(draw: Draw): (string | Options)[] {
  const log = { kind: 'log', offset: draw.one([0, 0.001, 1]), below: draw.one(['least', 'least', 'refuse']) };
  const other = (): string | Options =>
    draw.one<string | Options>([
      'none',
      'standard',
      'robust',
      { kind: 'min-max', low: draw.one([-1, 0]), high: 1 },
      { kind: 'difference', lag: draw.one<number | string>([1, 2, 4, 'season']) },
    ]);
  return [...(draw.happens(0.25) ? [log] : []), ...Array.from({ length: draw.whole(1, 2) }, other)];
}

function training(draw: Draw): Options {
  const momentum = draw.one([0, 0.5, 0.9]);
  const optimizer = draw.one<string | Options>([
    'adam',
    'rmsprop',
    { kind: 'sgd', momentum },
    { kind: 'adamw', decay: draw.one([0, 0.01, 1]) },
    { kind: 'adam', beta1: draw.one([0, 0.5]), beta2: draw.one([0, 0.9, 0.999]), epsilon: draw.one([1e-7, 1e-3]) },
    { kind: 'rmsprop', rho: draw.one([0, 0.5, 0.99]) },
  ]);
  const schedule = draw.one<string | Options>([
    'one-cycle',
    { kind: 'cosine', warmup: draw.one([0, 0.5, 0.99]), floor: draw.one([0, 0.1, 1]) },
    { kind: 'step', drops: draw.whole(1, 9), factor: draw.one([0.5, 1]) },
    { kind: 'exponential', end: draw.one([1, 1e-6]) },
  ]);
  return {
    ...(draw.happens(0.2) ? { steps: draw.whole(1, 25) } : { epochs: draw.whole(1, 4) }),
    batch: draw.one([1, 2, 3, 5, 7, 8, 13, 16, 17, 31, 32, 33, 1000]),
    ...draw.maybe(0.2, () => ({ shuffle: false })),
    ...draw.maybe(0.5, () => ({ optimizer })),
    ...draw.maybe(0.5, () => ({ rate: draw.one([1e-4, 0.003, 0.01, 0.05]) })),
    ...draw.maybe(0.3, () => ({ patience: draw.whole(1, 2) })),
    ...draw.maybe(0.3, () => ({ clip: draw.one([0.01, 0.5, 5]) })),
    ...draw.maybe(0.4, () => ({ schedule })),
  };
}
