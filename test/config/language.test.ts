// The language described: JSON schema, explanations, presets, suggestions.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { explain } from '../../src/config/explain.ts';
import { jsonSchema, renderJsonSchema } from '../../src/config/json-schema.ts';
import { PACKAGE_FOLDER } from '../../src/config/presets.ts';
import { CHOICES } from '../../src/config/schema.ts';
import { nearest } from '../../src/core/nearest.ts';
import { FORECASTERS } from '../../src/forecasters/index.ts';
import { MODELS } from '../../src/models/index.ts';

describe('the JSON schema', () => {
  test('in configs/schema.json is up to date (npm run schema)', () => {
    expect(readFileSync(join(PACKAGE_FOLDER, 'configs', 'schema.json'), 'utf8')).toBe(renderJsonSchema());
  });

  test('is draft 7, closed, and describes every key', () => {
    expect(jsonSchema().$schema).toBe('http://json-schema.org/draft-07/schema#');
    const bare: string[] = [];
    const walk = (schema: unknown, path: string): void => {
      if (typeof schema !== 'object' || schema === null) return;
      const node = schema as Record<string, unknown>;
      if (node.properties !== undefined) {
        if (node.additionalProperties !== false) bare.push(`${path} is open`);
        for (const [key, inner] of Object.entries(node.properties as Record<string, { description?: string }>)) {
          if (!/\S/.test(inner.description ?? '')) bare.push(`${path}.${key}`);
        }
      }
      for (const [key, inner] of Object.entries(node)) walk(inner, `${path}.${key}`);
    };
    walk(jsonSchema(), '');
    expect(bare).toEqual([]);
  });
});

describe('explain', () => {
  test('knows every section, every choice and every kind', () => {
    for (const key of ['', 'name', 'source', 'train', 'train.epochs', 'window.context', 'evaluate.require.skill']) {
      expect(explain(key)).toMatch(/\S/);
    }
    for (const [path, { table }] of Object.entries(CHOICES)) {
      for (const [kind, { summary }] of Object.entries(table)) {
        expect(explain(path)).toContain(kind);
        expect(explain(kind)).toContain(summary);
      }
    }
  });

  test('says default, type and bounds', () => {
    expect(explain('train.epochs')).toMatch(/Default: 100[^\n]*\n.*whole number, at least 1/);
    expect(explain('window.stride')).toMatch(/whole number, at least 1.*\n.*default +1/);
    expect(explain('window.targets')).toContain('one of last, every');
  });

  test('knows keys by their last word, in every stage that has one, beside the kinds called so', () => {
    expect(explain('horizon')).toMatch(/^window\.horizon\n[\s\S]*^predict\.horizon\n/m);
    expect(explain('model.layers.forgetBias')).toMatch(/^model\.layers\.forgetBias {2}\(lstm\)\n/);
    expect(explain('epochs')).toBe(explain('train.epochs'));
    expect(explain('season')).toMatch(/^source\.season {2}\(csv\)\n[\s\S]*^model\.normalise: \{ kind: season \}/m);
  });

  test('suggests the nearest word', () => {
    expect(() => explain('train.epcohs')).toThrow(
      expect.objectContaining({ code: 'E_USAGE', hint: 'did you mean "train.epochs"?' }),
    );
    expect(() => explain('epocs')).toThrow(expect.objectContaining({ hint: 'did you mean "train.epochs"?' }));
  });
});

test('no model is called like a forecaster', () => {
  expect(Object.keys(MODELS).filter((kind) => Object.hasOwn(FORECASTERS, kind))).toEqual([]);
});

describe('nearest', () => {
  const words = ['epochs', 'batch', 'optimizer', 'rate', 'patience'];
  test('finds one slip: a letter lost, doubled, wrong, or two swapped', () => {
    fc.assert(
      fc.property(fc.constantFrom(...words), fc.nat(), fc.constantFrom('drop', 'double', 'swap'), (word, at, slip) => {
        const i = at % (word.length - 1);
        const slipped = {
          drop: word.slice(0, i) + word.slice(i + 1),
          double: word.slice(0, i) + word.charAt(i) + word.slice(i),
          swap: word.slice(0, i) + word.charAt(i + 1) + word.charAt(i) + word.slice(i + 2),
        }[slip];
        expect(nearest(slipped, words)).toBe(word);
      }),
    );
  });
  test('does not guess wildly', () => {
    expect(nearest('zzz', words)).toBeNull();
    expect(nearest('x'.repeat(1000), words)).toBeNull();
  });
});
