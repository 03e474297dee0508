// 6 · Holidays: a list of dates becomes an input that is known in advance, for the days to be forecast too.
// Run it from the root of the repository: npx tsx examples/06-holidays.ts

import { readFileSync } from 'node:fs';
import { run } from 'forecast-toolkit';

const FILE = 'datasets/bike-sharing/day.csv';

// Any table of dates will do. This one flags its holidays in the sixth column; the date is in the second.
const rows = readFileSync(FILE, 'utf8')
  .split('\n')
  .map((line) => line.split(','));
const dates = rows.filter(([, , , , , flag]) => flag === '1').map(([, date]) => date);
console.log(`${dates.length} holidays, the last on ${dates.at(-1)}`);

const plain = ['weekday'];
const errors = [];
for (const calendar of [plain, [...plain, { feature: 'holiday', dates }]]) {
  const { result } = await run({
    name: `bicycles-${calendar.length}`,
    source: { kind: 'csv', file: FILE, time: 'dteday', target: 'cnt', future: ['season'], calendar },
    window: { horizon: 14 },
    model: 'regression',
  });
  const own = result.scores.find((row) => row.split === 'backtest' && row.forecaster === 'regression');
  errors.push(own?.metrics.mae ?? Number.NaN);
}

// The same five folds, fitted anew each; the baselines know no calendar.
const [without = 0, holidays = 0] = errors;
console.log(`error a day: ${without.toFixed(0)} without them, ${holidays.toFixed(0)} with them`);
