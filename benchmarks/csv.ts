// How fast a large CSV file loads: rows/s and peak memory of the csv source on a generated file.
// In: rows (default 5,000,000) and "quoted" to wrap every cell in quotes. Out: one line. Usage: tsx benchmarks/csv.ts [rows] [quoted]

import { mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { random } from '../src/core/random.ts';
import { SOURCES } from '../src/sources/index.ts';
import type { SourceKind } from '../src/sources/source.ts';

const rows = Number(process.argv[2] ?? 5_000_000);
const quoted = process.argv[3] === 'quoted';
const folder = mkdtempSync(join(tmpdir(), 'forecast-csv-'));

/** A value a minute, as a data logger writes it. */
function generate(file: string): number {
  const out = openSync(file, 'w');
  const draw = random(7, 'benchmark');
  const quote = quoted ? '"' : '';
  writeSync(out, 'time,value\n');
  for (let start = 0; start < rows; start += 10_000) {
    let chunk = '';
    for (let row = start; row < Math.min(rows, start + 10_000); row++) {
      const time = new Date(Date.UTC(2010, 0, 1) + row * 60_000).toISOString().slice(0, 19).replace('T', ' ');
      chunk += `${quote}${time}${quote},${quote}${(20 + 5 * draw.next()).toFixed(5)}${quote}\n`;
    }
    writeSync(out, chunk);
  }
  return statSync(file).size;
}

try {
  const file = join(folder, 'large.csv');
  const bytes = generate(file);
  const csv = SOURCES.csv as SourceKind;
  const options = csv.options.parse({ file, limits: { bytes: 2 ** 30 } });
  const resolve = (path: string): string => path;
  const started = performance.now();
  await csv.load(options, { resolve, display: () => 'large.csv', seed: 7 });
  const seconds = (performance.now() - started) / 1000;
  const peak = process.resourceUsage().maxRSS / 1024;
  const size = (bytes / 2 ** 20).toFixed(0);
  console.log(
    `csv${quoted ? ' quoted' : ''}: ${rows} rows, ${size} MiB in ${seconds.toFixed(2)} s: ` +
      `${Math.round(rows / seconds)} rows/s, peak RSS ${peak.toFixed(0)} MiB`,
  );
} finally {
  rmSync(folder, { recursive: true });
}
