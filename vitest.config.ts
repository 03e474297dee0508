import { defineConfig } from 'vitest/config';

const report = process.env.FORECAST_TEST_REPORT;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The one limit, for what hangs: no test has its own. A busy machine takes many times as long as a quiet one, and that is no mistake.
    testTimeout: 1_200_000,
    hookTimeout: 1_200_000,
    maxWorkers: 2,
    ...(report ? { reporters: ['default', ['json', { outputFile: report }]] } : {}),
  },
});
