// The real-time class for this process and all it starts: other work on the machine, down to what wakes up for a moment, waits for a turn's end.
// In: nothing. Out: the class, or why not. Not here: what is measured. A second thread is worth little where somebody takes its processor.

import { spawnSync } from 'node:child_process';

/** In turns with its equals (round robin), so that a peer with more threads than processors shares them out as ever. Errors: no right to it. */
export function takePriority(): void {
  const { error, status, stderr } = spawnSync('chrt', ['--all-tasks', '--rr', '--pid', '10', String(process.pid)]);
  if (status === 0) return;
  const why = error?.message ?? String(stderr).trim();
  throw new Error(`--real-time: ${why}. Linux gives it through chrt, to root or by ulimit -r`);
}
