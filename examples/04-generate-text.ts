// 4 · Text goes the same way as numbers: train once, then write from any prompt.
// Run it from the root of the repository: npx tsx examples/04-generate-text.ts

import { generate, run } from 'forecast-toolkit';

const { result, folder } = await run('configs/story-better.yaml');
console.log(`accuracy ${((result.fit.accuracy ?? 0) * 100).toFixed(0)} %`);

// Greedy: the likeliest character at every step, the same each time.
const recited = await generate(folder, { prompt: 'Once upon a time', length: 66 });
console.log(recited.answer.text);

// With temperature: drawn from the probabilities. The seed makes a draw repeatable; high temperatures make it wild.
for (const temperature of [0.5, 1, 1.5]) {
  const { answer } = await generate(folder, { prompt: 'Once upon', length: 60, temperature, seed: 1 });
  console.log(`${temperature}: ${answer.text}`);
}

// What it was sure of: the likeliest next characters after the prompt.
for (const { token, probability } of recited.answer.next) console.log(`"${token}" ${probability.toFixed(3)}`);
