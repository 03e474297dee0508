// The text board: the last tenth of a book, character by character, in nats. Each contestant is a whole run of the product.
// In: the book. Out: a board. Not here: language models (models/), what their figures mean (docs/text.md).

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LoadedConfig, parseConfig } from '../../src/config/load.ts';
import { run } from '../../src/run.ts';
import type { Asked, Board, Choice, Contestant, Figures, Row } from './board.ts';
import { checkPresent, SHARED } from './data.ts';
import { secondsSince } from './judge.ts';

const PRESET = join(import.meta.dirname, '..', '..', 'configs', 'shakespeare.yaml');
const TEST = 0.1;
const VALIDATION = 0.045;
const FILE = 'text/tinyshakespeare.txt';

const CONTESTANTS: readonly Contestant[] = [
  { name: 'uniform', settings: [{ model: { kind: 'uniform' } }], weight: 1 },
  { name: 'bigram', settings: [{ model: { kind: 'bigram' } }], weight: 2 },
  { name: 'ngram', settings: [3, 4, 5, 6].map((order) => ({ model: { kind: 'ngram', order } })), weight: 5 },
  { name: 'language-model', settings: [{ model: { kind: 'language-model' } }], weight: 100, long: true },
];

export async function text(): Promise<Board[]> {
  checkPresent();
  return [
    {
      name: 'tinyshakespeare',
      group: 'text',
      protocol:
        'The last tenth of the text, every character of it; mean −ln p of what really came, nats. Validation: the twentieth before it, with what comes before that to learn from',
      horizon: 1,
      season: 1,
      metrics: ['nats'],
      contestants: CONTESTANTS,
      validation: noNumbers,
      test: noNumbers,
      rolling: false,
      intervals: false,
      counts: {},
      judge,
    },
  ];
}

function noNumbers(): never {
  throw new Error('a board of text is judged by whole runs');
}

async function judge(contestant: Contestant, { look, say }: Asked): Promise<Row> {
  const started = process.cpuUsage();
  const tried: { setting: string; error: number | null; model: Choice }[] = [];
  for (const { model } of contestant.settings) {
    const setting = model.order === undefined ? model.kind : `${model.kind} order ${model.order}`;
    say?.(`tinyshakespeare ${setting}`);
    tried.push({ setting, model, error: await nats(model, 'validation') });
  }
  const best = tried.reduce((least, one) => ((one.error ?? Infinity) < (least.error ?? Infinity) ? one : least));
  const figures = (value: number | null): Figures => ({ nats: value });
  return {
    forecaster: contestant.name,
    ours: true,
    validation: figures(best.error),
    test: look ? figures(await nats(best.model, 'test')) : null,
    seconds: secondsSince(started),
    setting: best.setting,
    tried: tried.map(({ setting, error }) => ({ setting, error })),
  };
}

/** The cross-entropy of a run on one part; of the others nothing is looked at. */
async function nats(model: Choice, part: 'validation' | 'test'): Promise<number | null> {
  const folder = mkdtempSync(join(tmpdir(), 'board-'));
  try {
    const { result } = await run(configOf(model, part), { out: join(folder, 'run') });
    const own = result.scores.find(({ forecaster, split }) => forecaster === model.kind && split === part);
    return own?.metrics['cross-entropy'] ?? null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function configOf(model: Choice, part: 'validation' | 'test'): LoadedConfig {
  const split = part === 'test' ? { test: TEST } : { validation: VALIDATION, test: TEST };
  const place = { base: join(SHARED, 'data'), root: join(SHARED, 'data') };
  if (model.kind === 'language-model') {
    const set = [`source.file=${FILE}`, `split=${JSON.stringify(split)}`, 'evaluate.baselines=[bigram]'];
    return parseConfig(readFileSync(PRESET, 'utf8'), { ...place, set });
  }
  const config = {
    name: 'board',
    source: { kind: 'text', file: FILE, document: 'whole' },
    split,
    encoder: { kind: 'characters' },
    window: { kind: 'sliding', context: 64, stride: 64, targets: 'every', pad: 'none' },
    model,
    evaluate: { baselines: [model.kind === 'uniform' ? 'bigram' : 'uniform'], metrics: ['cross-entropy'] },
    predict: { length: 1 },
  };
  return parseConfig(config, place);
}
