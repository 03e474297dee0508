// 5 · Should the network be used at all? Every run is judged beside baselines on windows it has not seen.
// Run it from the root of the repository: npx tsx examples/05-honest-verdict.ts

import { run } from 'forecast-toolkit';

for (const preset of ['logistic', 'random-walk']) {
  const { result } = await run(`configs/${preset}.yaml`);
  console.log(`\n${preset}`);

  // One row per forecaster, held-out windows only; the first metric decides.
  const held = result.scores.filter((row) => row.split === 'test');
  for (const { forecaster, metrics } of held) {
    const [metric, error] = Object.entries(metrics)[0] ?? [];
    console.log(`  ${forecaster.padEnd(16)} ${metric} ${error?.toFixed(4) ?? '–'}`);
  }

  // A law that looks like noise is worth a network. A random walk is not, and the verdict says so.
  console.log(`  use ${result.decision.ship}: ${result.verdict}`);
}
