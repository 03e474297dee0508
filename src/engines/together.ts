// Work side by side, such as the fits of folds: as many at once as the engine has room for.
// In: items, and the work on each. Out: its results, in the same order. Not here: an engine's own threads.

/**
 * Works on each item, at most `most` at a time, beginning in order; results in the same order. Where one throws, those under way still end,
 * no other begins, and the error of the first in order is thrown.
 */
export async function sideBySide<Item, Done>(
  most: number,
  items: readonly Item[],
  work: (item: Item, i: number) => Promise<Done>,
): Promise<Done[]> {
  const done: Done[] = [];
  const errors = new Map<number, unknown>();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length && errors.size === 0) {
      const i = next++;
      try {
        done[i] = await work(items[i] as Item, i);
      } catch (error) {
        errors.set(i, error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, most) }, worker));
  if (errors.size > 0) throw errors.get(Math.min(...errors.keys()));
  return done;
}
