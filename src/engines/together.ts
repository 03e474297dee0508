// Several trainings side by side: replicas of one network, folds by seeds, as many at once as the engine has room for.
// In: compiled networks and what each learns. Out: their reports, in the same order. Not here: an engine's own threads.

import type { Compiled, Engine, TrainReport, TrainRequest } from './engine.ts';

export interface Training {
  readonly compiled: Compiled;
  readonly request: TrainRequest;
}

/**
 * Trains each, at most `engine.together` at a time, beginning in order. Each network gives the same bytes as it would alone, whatever trains
 * beside it. Where one throws, those under way still end, no other begins, and the error of the first in order is thrown.
 */
export async function trainTogether(
  engine: Pick<Engine, 'together'>,
  trainings: readonly Training[],
): Promise<TrainReport[]> {
  const reports: TrainReport[] = [];
  const errors = new Map<number, unknown>();
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < trainings.length && errors.size === 0) {
      const i = next++;
      const { compiled, request } = trainings[i] as Training;
      try {
        reports[i] = await compiled.train(request);
      } catch (error) {
        errors.set(i, error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, engine.together ?? 1) }, work));
  if (errors.size > 0) throw errors.get(Math.min(...errors.keys()));
  return reports;
}
