// A turn of the event loop, in Node and in a browser alike: what else waits (input, timers, messages) runs before the promise resolves.
// In: a signal. Out: a promise. Not here: when a long computation should take one.

import { Interrupted } from './errors.ts';

/** Resolves after the event loop had its turn; unlike a timer of 0 ms, it does not wait longer than that. */
export const nextTurn: () => Promise<void> =
  typeof setImmediate === 'function' ? () => new Promise((resolve) => setImmediate(resolve)) : byMessage();

/** A browser has no setImmediate, and its timers wait 4 ms, in a hidden page a second: a message to oneself does not. */
function byMessage(): () => Promise<void> {
  const { port1, port2 } = new MessageChannel();
  const waiting: (() => void)[] = [];
  port1.addEventListener('message', () => waiting.shift()?.());
  port1.start();
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      port2.postMessage(null);
    });
}

/** Waited for between two pieces of long work; rejects where the work is to stop. */
export type Pause = () => Promise<void>;

/** Lets a signal that waits be heard, where there is one. Errors: Interrupted, where it has stopped the work. */
export async function pause(signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return;
  await nextTurn();
  if (signal.aborted) throw new Interrupted();
}
