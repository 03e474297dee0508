// What of a text no training window reads: documents shorter than a window, and what lies between windows far apart.
// In: windows over documents. Out: a warning, or null. Not here: the cutting (window/).

import type { Warning } from '../core/errors.ts';
import type { Segment } from '../core/sequence.ts';
import { count, counted, percent } from '../report/figures.ts';
import { targetsBetween } from '../window/cuts.ts';
import type { Cuts, Cutting, WindowShape } from '../window/window.ts';

/** Less is the rest of a document behind its last window. */
const MOST_UNREAD = 0.1;

/**
 * Says how much of the training part, positions [0, until), stands in no window of it, where that is more than a tenth, and why. With `carry`
 * the windows lie side by side instead, from one end of a document to the other (window/batches.ts).
 */
export function unreadWarning(
  cuts: Cuts,
  shape: WindowShape,
  { kind, stride }: Cutting,
  carry: boolean,
  segments: readonly Segment[],
  until: number,
): Warning | null {
  const own = targetsBetween(cuts, shape, 0, until);
  const unread = until - (carry ? tokensCarried(own, shape) : tokensRead(own, shape));
  if (unread <= MOST_UNREAD * until) return null;
  const window = (carry || kind === 'sliding' ? shape.context : 1) + shape.lead + shape.horizon;
  const learned = segments.filter(({ start }) => start < until);
  const short = learned.filter(({ start, end }) => end - start < window);
  const inShort = short.reduce((sum, { start, end }) => sum + end - start, 0);
  const apart = unread - inShort > (MOST_UNREAD / 2) * until && stride > 1 && !carry;
  // What is left has one window, whose targets straddle a split: there is nothing to mend.
  if (short.length === 0 && !apart) return null;
  const reasons = [
    ...(short.length === 0
      ? []
      : [`${count(short.length)} of ${counted(learned.length, 'document')} shorter than a window of ${window} tokens`]),
    ...(apart ? [`windows ${stride} tokens apart`] : []),
  ];
  return {
    code: 'W_TEXT_UNREAD',
    message: `${percent(unread / until)} of the training part stands in no window and is not learned from: ${reasons.join(', and ')}`,
  };
}

/** Positions that stand in a window, as input or target; windows of a document come in order. */
function tokensRead({ ranges }: Cuts, { context, lead, horizon }: WindowShape): number {
  let read = 0;
  for (const { from, first, count: windows, stride } of ranges) {
    let end = from;
    for (let w = 0; w < windows; w++) {
      const cutoff = first + w * stride;
      const begin = Math.max(from, cutoff - context, end);
      end = cutoff + lead + horizon;
      read += end - begin;
    }
  }
  return read;
}

/** The same for windows side by side: a document of one context at least is read whole, as its epochs begin at other places. */
function tokensCarried({ ranges }: Cuts, { context }: WindowShape): number {
  let read = 0;
  for (const { from, first, count: windows, stride } of ranges) {
    const inputs = first + (windows - 1) * stride - Math.max(from, first - context);
    if (inputs >= context) read += inputs + 1;
  }
  return read;
}
