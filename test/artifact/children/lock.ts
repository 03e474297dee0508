// Says "ready", waits for a word on stdin, opens the run folder argv[1], says "won" or the error; holds the folder until stdin ends.
import { once } from 'node:events';
import { openRunFolder } from '../../../src/artifact/run-folder.ts';
import { identity } from '../sample.ts';

const ended = once(process.stdin, 'end');
console.log('ready');
await once(process.stdin, 'data');
try {
  const folder = await openRunFolder(process.argv[2] ?? '', identity());
  console.log('won');
  await ended;
  await folder.close();
} catch (error) {
  console.log(`${(error as { code?: string }).code} ${(error as Error).message}`);
}
