// export and import on the command line: what stands on stdout, and the exit status.

import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeExport } from '../../src/artifact/export-folder.ts';
import { workspace } from '../support/workspace.ts';

const root = join(import.meta.dirname, '..', '..');
const space = workspace();

function forecast(...args: string[]): { status: number | null; out: string; err: string } {
  const loader = join(root, 'node_modules', 'tsx', 'dist', 'loader.mjs');
  const main = join(root, 'src', 'cli', 'main.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', loader, main, ...args], {
    cwd: space.path,
    encoding: 'utf8',
  });
  return { status, out: stdout, err: stderr };
}

const TINY = `
source: { kind: generated, series: counting, length: 40 }
window: { context: 3 }
model: { kind: lstm-regressor, units: [4] }
engine: { kind: reference }
train: { epochs: 2 }
`;

test('a model goes out, and comes back as a run', async () => {
  space.write('tiny.yaml', TINY);
  expect(forecast('run', 'tiny.yaml', '--out', 'tiny', '--quiet').status).toBe(0);
  const { status, out, err } = forecast('export', 'tiny', '--to', 'onnx');
  expect({ status, out, err }).toEqual({
    status: 0,
    out: 'tiny-onnx/model.onnx\ntiny-onnx/forecast.json\ninput  window: float32 [batch, 3, 1]\noutput forecast: float32 [batch, 1, 1]\n',
    err: '',
  });
  const json = forecast('export', 'tiny', '--to', 'tfjs', '--json');
  expect(JSON.parse(json.out)).toMatchObject({ format: 'tfjs', folder: 'tiny-tfjs', same: false });
  expect(forecast('export', 'tiny', '--to', 'tfjs').err).toBe('the same export stood there already\n');
  // A pattern of the shell fits the run and its exports.
  const compared = forecast('compare', 'tiny', 'tiny-onnx', 'tiny-tfjs');
  expect(compared.status).toBe(0);
  expect(compared.out.match(/^tiny /gm)).toHaveLength(1);
  expect(compared.err).toBe(
    'tiny-onnx holds an exported model, not a run: left out\ntiny-tfjs holds an exported model, not a run: left out\n',
  );
  expect(forecast('compare', 'tiny', 'tiny-absent')).toMatchObject({ status: 2, out: '' });
  expect(forecast('predict', 'tiny', 'tiny-onnx', 'tiny-tfjs').err).toBe(
    'forecast: error[E_USAGE]: unexpected "tiny-onnx". Hint: that is an exported model: name the run alone, tiny\n',
  );
  for (const command of [['predict'], ['report'], ['compare'], ['check', '--data', 'tiny.csv']]) {
    expect(forecast(command[0] as string, 'tiny-onnx', ...command.slice(1)).err).toBe(
      'forecast: error[E_RUN_NOT_FOUND] tiny-onnx: holds an exported model, not a run. Hint: give the folder that `forecast run` printed: exports are for other programs\n',
    );
  }
  const several = new Map(['1-a/forecast.json', '2-b/forecast.json'].map((name) => [name, '{}']));
  await writeExport(join(space.path, 'tiny-several'), several, false);
  expect(forecast('compare', 'tiny', 'tiny-several').err).toMatch(/^tiny-several holds an exported model/);
  expect(forecast('predict', 'tiny', 'tiny-several').err).toContain('that is an exported model');
  const back = forecast('import', 'tiny-tfjs/model.json', '--config', 'tiny.yaml', '--out', 'back', '--json');
  expect(back.status).toBe(0);
  expect(JSON.parse(back.out)).toMatchObject({ run: 'back', fit: { model: 'stack', epochs: 0 } });
});

test.each([
  [['export', 'tiny'], 2, 'forecast: error[E_USAGE]: no format is named. Hint: add --to onnx or --to tfjs\n'],
  [
    ['export', 'tiny', '--to', 'pickle'],
    2,
    'forecast: error[E_USAGE]: no format is called "pickle". Hint: --to onnx or --to tfjs\n',
  ],
  [
    ['import', 'model.json'],
    2,
    'forecast: error[E_USAGE]: no config is named. Hint: add --config configs/x.yaml: it tells of data, encoder and window\n',
  ],
  [
    ['import', 'none.json', '--config', 'tiny.yaml'],
    7,
    'forecast: error[E_MODEL_NOT_FOUND] none.json: no such file. Hint: check the path\n',
  ],
  [
    ['import', 'lambda.json', '--config', 'tiny.yaml'],
    7,
    'forecast: error[E_MODEL_LAYER] lambda.json: layer "\\u001b[2Jl" is of class "Lambda". Hint: known are Dense, Dropout, Embedding, LayerNormalization, SimpleRNN, LSTM, GRU, Bidirectional, TimeDistributed\n',
  ],
])('%j is refused in one line', (args, status, err) => {
  space.write('tiny.yaml', TINY);
  const layers = [{ class_name: 'Lambda', config: { name: '\u001b[2Jl', batch_input_shape: [null, 3, 1] } }];
  const model = { modelTopology: { class_name: 'Sequential', config: { layers } }, weightsManifest: [] };
  writeFileSync(join(space.path, 'lambda.json'), JSON.stringify(model));
  expect(forecast(...args)).toEqual({ status, out: '', err });
  expect(existsSync(join(space.path, 'runs'))).toBe(false);
});
