// Whether windows stay inside the data: the gather reads without looking. In: windows. Out: nothing, or a refusal. Not here: covariates (reference/gather.ts).

import { ForecastError } from '../../core/errors.ts';
import type { Network } from '../../models/network.ts';
import type { Windows } from '../engine.ts';

/** `targets`: whether the windows' targets are read too. Errors: E_DATA_TOO_SHORT. */
export function checkReach(
  { network }: { readonly network: Network },
  { sequence, shape, cuts }: Windows,
  targets = true,
): void {
  let start = Number.POSITIVE_INFINITY;
  let end = 0;
  for (const { from, first, count, stride } of cuts.ranges) {
    if (count === 0) continue;
    start = Math.min(start, Math.max(from, first - shape.context));
    end = Math.max(end, first + (count - 1) * stride);
  }
  const last = targets ? end + shape.lead + (network.carry ? 1 : shape.horizon) : end;
  const read = [...sequence.targets, ...sequence.past];
  const longest = read.reduce((least, channel) => Math.min(least, channel.length), last);
  if (start >= 0 && longest >= last) return;
  throw new ForecastError(
    'E_DATA_TOO_SHORT',
    `windows reach from position ${start} to ${last}, the data to ${longest}`,
    {
      hint: 'forecast from an earlier position, or shorten the horizon',
    },
  );
}
