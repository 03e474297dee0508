// What vitest's report says: how many tests passed and failed as one line, the failed ones by name to standard error.

import { readFileSync } from 'node:fs';

let passed = 0;
let failed = 1;
try {
  const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
  passed = report.numPassedTests;
  failed =
    report.numFailedTests + (report.numFailedTests === 0 && !report.success ? report.numFailedTestSuites || 1 : 0);
  for (const file of report.testResults.filter(({ status }) => status === 'failed')) {
    const tests = file.assertionResults.filter(({ status }) => status === 'failed');
    if (tests.length === 0) tell(file.name, file.message);
    for (const { fullName, failureMessages } of tests) tell(`${file.name}: ${fullName}`, failureMessages.join('\n'));
  }
} catch {
  // No report, or half of one: whatever ended the suites before it failed.
}
console.log(`${passed} ${failed}`);

function tell(name, message) {
  console.error([name, ...message.split('\n').slice(0, 3)].join('\n    '));
}
