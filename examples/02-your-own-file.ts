// 2 · A file of your own: a config is a plain object, and `source` and `model` are enough of one.
// Run it from the root of the repository: npx tsx examples/02-your-own-file.ts

import { run } from 'forecast-toolkit';

const { result } = await run({
  name: 'my-first-forecast',
  // Put your own CSV here: a column of times, a column of numbers.
  source: { kind: 'csv', file: 'datasets/air-passengers/air-passengers.csv', time: 'ds', target: 'y' },
  encoder: [{ kind: 'log' }, { kind: 'difference', lag: 'season' }, { kind: 'standard' }],
  window: { context: 24, horizon: 12 },
  model: { kind: 'lstm-regressor', units: [16] },
  train: { epochs: 60, batch: 16, rate: 0.005 },
});

console.log(`${result.data.rows} rows from ${result.data.start} to ${result.data.end}, ${result.data.frequency}`);
for (const row of result.forecast) console.log(`${row.time}  ${row.value.toFixed(0)}`);

// What was odd but survived is said, not hidden.
for (const warning of result.warnings) console.log(`${warning.code}: ${warning.message}`);
