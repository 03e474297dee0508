// The track of text from config to answer, on tiny runs: prompts, the next token's probabilities, refusals, continuing.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compare } from '../../src/commands/compare.ts';
import { inspect } from '../../src/commands/inspect.ts';
import { generate, predict } from '../../src/commands/stored.ts';
import type { ForecastError, Warning } from '../../src/core/errors.ts';
import { fitText } from '../../src/encoders/chain.ts';
import type { FittedTextNetwork } from '../../src/predict/text-network.ts';
import { type RunOptions, type RunOutcome, run } from '../../src/run.ts';
import { type GenerateTask, generateText } from '../../src/track/text.ts';
import { workspace } from '../support/workspace.ts';

const space = workspace();
const TOKENS = 'the cat sat on the mat the dog sat on the cat'.split(' ');
const encoder = fitText(
  TOKENS,
  TOKENS.length,
  { kind: 'words', lowercase: true, punctuation: 'drop', unknown: 'skip' },
  { padding: true },
);

/** A network that was asked, and always expects the id after the last one. */
function asked(logits?: readonly number[]): FittedTextNetwork & { readonly given: number[][] } {
  const given: number[][] = [];
  return {
    name: 'asked',
    fit: null,
    reach: Number.POSITIVE_INFINITY,
    given,
    score: async () => ({ logProbability: new Float64Array(0), correct: new Uint8Array(0) }),
    async continue(ids, steps, choose) {
      given.push([...ids]);
      const chosen: number[] = [];
      for (let step = 0; step < steps; step++) {
        const last = chosen.at(-1) ?? (ids.at(-1) as number);
        const next = 1 + (last % (encoder.vocabulary - 1));
        const row = logits ?? Array.from({ length: encoder.vocabulary }, (_, id) => (id === next ? 5 : 0));
        chosen.push(choose(Float64Array.from(row)));
      }
      return Float64Array.from(chosen);
    },
    state: () => ({}),
    dispose: () => {},
  };
}

const task: GenerateTask = {
  prompt: 'the cat',
  length: 3,
  sampler: 'greedy',
  seed: 1,
  temperature: 1,
  topK: null,
  topP: null,
  repetition: 1,
};

async function answered(prompt: string, context = 10, network = asked()) {
  const warnings: Warning[] = [];
  const answer = await generateText(network, encoder, context, { ...task, prompt }, (warning) =>
    warnings.push(warning),
  );
  return { answer, warnings, given: network.given };
}

describe('a prompt', () => {
  it('is kept as it was written, and continued', async () => {
    const { answer, warnings } = await answered('The CAT');
    expect(answer.text.startsWith('The CAT ')).toBe(true);
    expect(answer.text.split(' ')).toHaveLength(5);
    expect(warnings).toEqual([]);
  });

  it('with unknown words is read without them, and each is named once', async () => {
    const { warnings, given } = await answered('the zebra cat zebra gnu');
    expect(given[0]).toEqual([...encoder.encode(['the', 'cat'])]);
    expect(warnings).toEqual([
      { code: 'W_PROMPT_UNKNOWN', message: expect.stringMatching(/zebra gnu$/) as unknown as string },
    ]);
  });

  it('of unknown words alone is refused, naming some that are known', async () => {
    const error = await answered('zebra gnu').catch((error: unknown) => error as ForecastError);
    expect(error).toMatchObject({ code: 'E_PROMPT_UNKNOWN', exit: 2, where: 'predict.prompt' });
    expect((error as ForecastError).hint).toContain('the');
  });

  it('has unknown and known spaces told in quotation marks', async () => {
    const letters = fitText(
      [' ', 'b'],
      2,
      { kind: 'characters', form: 'one-hot', lowercase: false },
      { padding: false },
    );
    const warnings: Warning[] = [];
    const go = (prompt: string) =>
      generateText(asked([1, 0]), letters, 9, { ...task, prompt, length: 1 }, (w) => warnings.push(w));
    await go('b\t');
    expect(warnings[0]?.message).toMatch(/: "\\t"$/);
    const error = await go('x').catch((error: unknown) => error as ForecastError);
    expect((error as ForecastError).hint).toBe('known tokens: " " b …');
  });

  it('is read with the line ends of a text', async () => {
    const letters = fitText(
      ['a', '\n', 'b'],
      3,
      { kind: 'characters', form: 'one-hot', lowercase: false },
      { padding: false },
    );
    const warnings: Warning[] = [];
    const network = asked([0, 1, 0]);
    const prompt = 'a\r\nb';
    const answer = await generateText(network, letters, 9, { ...task, prompt, length: 1 }, (w) => warnings.push(w));
    expect(network.given[0]).toEqual([...letters.encode(['a', '\n', 'b'])]);
    expect({ text: answer.text, warnings }).toEqual({ text: 'a\r\nba', warnings: [] });
  });

  it('longer than the window is said to be cut; one that fits is not', async () => {
    const long = await answered('the cat sat on the mat', 5);
    expect(long.warnings).toMatchObject([{ code: 'W_PROMPT_CUT', message: expect.stringMatching(/6 tokens.*5/) }]);
    expect((await answered('the cat sat on the', 5)).warnings).toEqual([]);
  });
});

describe('the next tokens', () => {
  it('are at most five, by falling probability, never padding, together at most 1', async () => {
    for (const logits of [
      [9, 1, 2, 3, 4, 5, 6].concat(Array(20).fill(-3)).slice(0, encoder.vocabulary),
      Array.from({ length: encoder.vocabulary }, () => 0),
      Array.from({ length: encoder.vocabulary }, (_, id) => 700 * Math.sin(id)),
    ]) {
      const { answer } = await answered('the', 10, asked(logits));
      const probabilities = answer.next.map(({ probability }) => probability);
      expect(probabilities).toHaveLength(5);
      expect(probabilities).toEqual([...probabilities].sort((a, b) => b - a));
      expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeLessThanOrEqual(1 + 1e-12);
      for (const p of probabilities) expect(p).toBeGreaterThanOrEqual(0);
      for (const { token } of answer.next) expect(TOKENS).toContain(token);
    }
  });

  it('are those after the prompt, not after what was generated', async () => {
    const { answer } = await answered('the cat');
    const cat = encoder.encode(['cat'])[0] as number;
    expect(answer.next[0]?.token).toBe(encoder.token(cat + 1));
  });
});

let runs = 0;
const words = (config: object): object => ({
  name: 'words',
  source: {
    kind: 'text',
    document: 'line',
    lines: ['the cat sat on the mat', 'the dog sat on the cat', 'a cat saw a dog'],
  },
  encoder: { kind: 'words' },
  window: { kind: 'prefixes' },
  model: { kind: 'language-model', embedding: 3, layers: [{ kind: 'lstm', units: 4 }] },
  train: { epochs: 2, batch: 4 },
  predict: { prompt: 'the cat', length: 4 },
  ...config,
});

async function ran(config: object, options: RunOptions = {}): Promise<RunOutcome> {
  return await run(words(config), { root: space.path, out: join(space.path, `run-${runs++}`), ...options });
}

const code = (work: Promise<unknown>) =>
  work.then(
    () => 'nothing was refused',
    (error: ForecastError) => `${error.code} ${error.where}`,
  );

describe('a run of text', () => {
  it.each([
    ['a forecaster of numbers', { model: { kind: 'drift' } }, 'E_CONFIG_CONFLICT'],
    ['a network of numbers', { model: { kind: 'lstm-regressor', units: 3 } }, 'E_CONFIG_CONFLICT'],
    ['metrics of numbers', { evaluate: { metrics: ['mae'] } }, 'E_CONFIG_CONFLICT'],
    ['baselines of numbers', { evaluate: { baselines: ['drift'] } }, 'E_CONFIG_CONFLICT'],
    ['several encoders', { encoder: [{ kind: 'words' }, { kind: 'characters' }] }, 'E_CONFIG_CONFLICT'],
  ])('with %s is refused', async (_, config, expected) => {
    expect(await code(ran(config))).toContain(expected);
  });

  it.each([
    ['a prompt of unknown words', { predict: { prompt: 'zebra' } }, 'E_PROMPT_UNKNOWN predict.prompt'],
    ['tokens to go on past a lead', { window: { kind: 'prefixes', lead: 1 } }, 'E_CONFIG_CONFLICT window.lead'],
  ])('with %s is refused before anything is trained', async (_, config, expected) => {
    const seen: string[] = [];
    const refused = await code(ran(config, { on: ({ kind }) => seen.push(kind) }));
    expect({ refused, trained: seen.includes('progress') }).toEqual({ refused: expected, trained: false });
  });

  it('of lines needs a source and a model, no more', async () => {
    const { lines } = (words({}) as { source: { lines: string[] } }).source;
    const few = {
      source: { kind: 'text', lines },
      model: { kind: 'language-model', layers: [{ kind: 'lstm', units: 4 }] },
    };
    const { result, folder } = await run(few, { root: space.path, out: join(space.path, `run-${runs++}`) });
    expect(result.fit.samples).toBe(14); // each word but a line's first
    expect(await code(predict(folder, { data: 'nothing.csv' }))).toBe(`E_USAGE ${folder}`);
  });

  it('most of which stands in no window of a network says so, and why; one that counts reads it all', async () => {
    const short = Array.from({ length: 9 }, (_, i) => `town ${i}`);
    const lines = ['a village by the sea', ...short, 'a village on a hill'];
    const told = async (config: object): Promise<string[]> => {
      const { result } = await ran({ source: { kind: 'text', document: 'line', lines }, predict: {}, ...config });
      return result.warnings.filter(({ code }) => code === 'W_TEXT_UNREAD').map(({ message }) => message);
    };
    const window = { kind: 'sliding', context: 4, targets: 'every' };
    const ofTowns = /^64 % of the training part .*: 9 of 11 documents shorter than a window of 5 tokens$/;
    expect(await told({ window })).toEqual([expect.stringMatching(ofTowns)]);
    expect(await told({ window, model: { kind: 'ngram' } })).toEqual([]);
    expect(await told({ window: { kind: 'prefixes' } })).toEqual([]);
    const apart = { kind: 'sliding', context: 1, stride: 50 };
    expect(await told({ window: apart })).toEqual([expect.stringMatching(/^21 % of .*: windows 50 tokens apart$/)]);
    const carried = { kind: 'language-model', carry: true, layers: [{ kind: 'lstm', units: 4 }] };
    const side = { kind: 'sliding', context: 4, stride: 50, targets: 'every', pad: 'none' };
    expect(await told({ window: side, model: carried })).toEqual([expect.stringMatching(ofTowns)]);
    const long = { source: { kind: 'text', document: 'whole', lines: ['a b c d '.repeat(60)] } };
    expect(await told({ ...long, window: side, model: carried })).toEqual([]);
    const { text } = await inspect(
      `${JSON.stringify(words({ source: { kind: 'text', document: 'line', lines }, window, predict: {} }))}\n`,
    );
    expect(text).toMatch(/^note: W_TEXT_UNREAD: 64 % /m);
  });

  it('without a prompt goes on from known tokens of one document', async () => {
    const lines = ['a cat', 'saw dogs', 'the dog saw the cat', 'the dog saw the dog'];
    const source = { kind: 'text', document: 'line', lines };
    const prompt = async (limit: object): Promise<string | undefined> => {
      const { result, folder } = await ran({ source, encoder: { kind: 'words', ...limit }, predict: { length: 1 } });
      expect((await generate(folder)).answer).toEqual(result.text[0]);
      return result.text[0]?.prompt;
    };
    expect(await prompt({})).toBe('a cat');
    expect(await prompt({ limit: 1 })).toBe('the the');
    expect(await prompt({ limit: 2 })).toBe('saw');
  });

  it('whose vocabulary is limited says how much of what was held out is not scored', async () => {
    const { result } = await ran({
      encoder: { kind: 'words', limit: 6 },
      split: { test: 3 },
      window: { kind: 'prefixes' },
      predict: { prompt: 'the' },
    });
    const { message } = result.warnings.find((warning) => warning.code === 'W_UNKNOWN_TOKENS') as Warning;
    expect(message).toMatch(/^2 tokens outside the vocabulary .* so 2 of 3 tokens held out are not scored: a saw$/);
  });

  it('of documents too short is refused in tokens, with what helps a text', async () => {
    const refused = (source: object, config: object) =>
      ran({ source: { kind: 'text', document: 'line', ...source }, predict: {}, ...config }).then(
        () => 'nothing was refused',
        (error: ForecastError) => `${error.message} – ${error.hint}`,
      );
    const sliding = { window: { kind: 'sliding', context: 8 } };
    expect(await refused({ lines: ['a b c', 'a c'] }, sliding)).toBe(
      'context 8 + horizon 1 needs ≥ 9 tokens, the longest of 2 documents has 3 – try context ≤ 2, or source.document: whole, for windows to run on from one document into the next',
    );
    expect(await refused({ lines: ['今天', '明天'] }, {})).toMatch(
      /has 1 – encoder: \{ kind: characters \} where no spaces part the words; or source\.document: whole/,
    );
    expect(await refused({ lines: ['今天'] }, {})).toMatch(/has 1 – encoder: \{ kind: characters \}[^;]*$/);
    expect(await refused({ lines: ['a b'] }, sliding)).toMatch(/needs ≥ 9 tokens, has 2 – try context ≤ 1$/);
  });

  it('compared with one of other tokens is said not to compare', async () => {
    const folder = async (encoder: object): Promise<string> =>
      (await ran({ encoder, predict: { prompt: 'a' } })).folder;
    const mixed = await folder({ kind: 'characters' });
    const small = await folder({ kind: 'characters', lowercase: true });
    const ids = await folder({ kind: 'characters', form: 'ids' });
    const note = /the tokens that are predicted are not the same/;
    expect((await compare([mixed, small])).text).toMatch(note);
    expect((await compare([mixed, ids])).text).not.toMatch(note);
  });

  it('holds out validation and test, scores both, and decides on test', async () => {
    const { result } = await ran({ split: { validation: 3, test: 3 } });
    expect([...new Set(result.scores.map(({ split }) => split))]).toEqual(['validation', 'test']);
    const uniform = result.scores.filter(({ forecaster }) => forecaster === 'uniform');
    expect(uniform.map((row) => row.windows)).toEqual(
      result.scores.filter((row) => row.forecaster === 'bigram').map((row) => row.windows),
    );
  });

  it('generates the same text from its folder', async () => {
    const { result, folder } = await ran({ predict: { prompt: 'the dog', length: 6, sampler: 'temperature' } });
    const { answer } = await generate(folder);
    expect(answer).toEqual(result.text[0]);
    expect((await generate(folder, { length: 3 })).answer.text.split(' ')).toHaveLength(5);
  });

  it.each(['uniform', 'bigram', 'ngram'])(
    'takes %s as its model too, and generates the same text from its folder',
    async (kind) => {
      const { result, folder } = await ran({
        model: { kind },
        split: { test: 3 },
        predict: { prompt: 'the dog', length: 6, sampler: 'temperature' },
      });
      expect(result.scores.map(({ forecaster }) => forecaster).filter((name) => name === kind)).toHaveLength(1);
      expect(result.text[0]?.text.split(' ')).toHaveLength(8);
      expect((await generate(folder)).answer).toEqual(result.text[0]);
      expect((await generate(folder, { seed: 5, length: 40 })).answer.text).not.toContain('undefined');
    },
  );

  it('by a forecaster that counts needs its text as it was, and says so', async () => {
    const file = 'counted.txt';
    space.write(file, 'the cat sat on the mat\nthe dog sat\n');
    const source = { kind: 'text', document: 'line', file };
    const config = space.write('counted.yaml', JSON.stringify(words({ source, model: { kind: 'ngram' } })));
    const { folder } = await run(config, { out: join(space.path, 'counted') });
    const refused = () => generate(folder).catch((error: unknown) => error as ForecastError);
    space.write(file, 'the cat sat on the dog\n');
    expect(await refused()).toMatchObject({ code: 'E_DATA_CHANGED', hint: expect.stringMatching(/^ngram counts/) });
    rmSync(join(space.path, file));
    expect(await refused()).toMatchObject({ code: 'E_DATA_NOT_FOUND', hint: expect.stringMatching(/^ngram counts/) });
  });

  it.each(['bigram', 'ngram'])('is looked into before %s, which is no network, learns it', async (kind) => {
    const { text, json } = await inspect(`${JSON.stringify(words({ model: { kind } }))}\n`);
    expect(text).toMatch(/^text .*: 3 documents, 17 tokens, /);
    expect(json).toMatchObject({ parts: [{ parameters: 0 }] });
  });

  it('whose every step is a target is judged on every held-out token, one window a token', async () => {
    const lines = Array.from({ length: 12 }, (_, i) => `the ${i % 2 ? 'cat' : 'dog'} sat on the mat`);
    const { result } = await ran({
      source: { kind: 'text', document: 'line', lines },
      window: { kind: 'sliding', context: 4, stride: 3, targets: 'every' },
      split: { test: 3 },
      evaluate: { baselines: ['bigram', 'ngram'] },
    });
    // Three lines of six words; a line's first word follows nothing.
    expect(result.scores.map(({ windows }) => windows)).toEqual([15, 15, 15]);
  });

  it('read with a carried state is judged on every held-out token, and its prompts are never cut', async () => {
    const line = 'abcabcaabbccabcabcaabbcc'.repeat(12);
    const { result, folder } = await ran(
      {
        source: { kind: 'text', document: 'whole', lines: [line] },
        encoder: { kind: 'characters' },
        window: { kind: 'sliding', context: 8, stride: 8, targets: 'every' },
        model: { kind: 'language-model', carry: true, layers: [{ kind: 'lstm', units: 6 }] },
        split: { test: 0.2 },
        predict: { prompt: line.slice(0, 30), length: 12 },
      },
      { engine: 'reference' },
    );
    const [row] = result.scores;
    expect(row?.windows).toBeGreaterThan(0.19 * line.length);
    expect(result.warnings).toEqual([]);
    expect((await generate(folder)).answer).toEqual(result.text[0]);
    // What follows depends on how it began, however long ago that was.
    const next = async (prompt: string) => (await generate(folder, { prompt, length: 1 })).answer.next;
    expect(await next(`a${'b'.repeat(12)}`)).not.toEqual(await next(`c${'b'.repeat(12)}`));
  });

  it('goes on on the same text only: another one would number other words', async () => {
    const { folder } = await ran({});
    const more = await ran({ train: { epochs: 3, batch: 4 } }, { continueFrom: folder });
    expect(more.result.fit.epochs).toBe(5);
    const source = {
      kind: 'text',
      document: 'line',
      lines: ['the cat sat on the mat', 'the dog sat on the cat', 'a dog saw a cat'],
    };
    expect(await code(ran({ source }, { continueFrom: folder }))).toContain('E_RESUME_MISMATCH');
  });
});
