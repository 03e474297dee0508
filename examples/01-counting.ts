// 1 · The smallest forecast: learn n → n + 1 from 0 … 100, then say what comes next.
// Run it from the root of the repository: npx tsx examples/01-counting.ts

import { predict, run } from 'forecast-toolkit';

// A run reads one YAML file, trains, judges, forecasts, and keeps everything in a folder.
const { result, folder } = await run('configs/counting-better.yaml');

console.log(`${result.fit.parameters} weights learned from ${result.fit.samples} samples`);
console.log(`after 100 comes ${result.forecast[0]?.value.toFixed(2)}`);

// The folder is all a later forecast needs: no training, any horizon.
const { rows } = await predict(folder, { horizon: 5 });
for (const row of rows) console.log(`${row.time}: ${row.value.toFixed(2)}`);
