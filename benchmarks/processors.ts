// Tells the engines in this process of as many processors as FORECAST_THREADS says, so that one machine shows them on one thread and on two.
// To be imported before any engine. Not here: whether an engine took the hint (ours.ts asks it).

import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';

const threads = Number(process.env.FORECAST_THREADS ?? 0);
if (threads > 0) {
  os.availableParallelism = () => threads;
  syncBuiltinESMExports();
}
