// How often every run of up to N tokens occurs, as a trie in typed arrays: one node a run, its last token the edge that leads to it.
// In: ids cut into segments. Out: counts, the children of a node, its suffix. Not here: smoothing (ngram.ts).

import type { Segment } from '../core/sequence.ts';
import { pause } from '../core/turn.ts';
import { UNHEARD } from './from-context.ts';

/**
 * Node 0 is the empty run. A run of the full order, or one that opens a segment, counts its occurrences; a shorter one counts the
 * different tokens that were seen before it (Kneser and Ney 1995). The token numbered `vocabulary` marks the beginning of a segment.
 */
export interface Counts {
  readonly order: number;
  readonly vocabulary: number;
  readonly nodes: number;
  readonly depth: Uint8Array;
  readonly parent: Int32Array;
  readonly token: Int32Array;
  /** The run without its first token. */
  readonly suffix: Int32Array;
  readonly count: Int32Array;
  /** The run longer by a token; −1 where it never occurred. */
  child(node: number, token: number): number;
  /** Children of node n: children[first[n]] … children[first[n + 1] − 1]. */
  readonly first: Int32Array;
  readonly children: Int32Array;
}

/** Counts positions [0, until) of `ids`; runs cross neither a segment's end nor an unknown token (−1). Errors: Interrupted. */
export async function countRuns(
  ids: Float64Array,
  segments: readonly Segment[],
  until: number,
  { order, vocabulary }: { readonly order: number; readonly vocabulary: number },
  signal: AbortSignal | undefined,
): Promise<Counts> {
  const trie = growingTrie(vocabulary);
  const open = new Int32Array(order + 1); // the node of the last k tokens, by k
  for (const { start, end } of segments) {
    let known = 0; // tokens in a row, at most order − 1
    let opening = order > 1;
    if (opening) open[++known] = trie.grow(0, vocabulary, 0);
    for (let p = start; p < Math.min(end, until); p++) {
      if (p % UNHEARD === 0) await pause(signal);
      const token = ids[p] as number;
      if (token < 0) {
        known = 0;
        opening = false;
        continue;
      }
      let shorter = 0;
      let context = 0;
      for (let k = 0; k <= known; k++) {
        const before = trie.size;
        const node = trie.grow(context, token, shorter);
        if (trie.size > before && k > 0) trie.add(shorter);
        if (k + 1 === order || (opening && k === known)) trie.add(node);
        context = open[k + 1] as number;
        open[k + 1] = node;
        shorter = node;
      }
      if (known < order - 1) known++;
      else opening = false;
    }
  }
  return trie.settle(order);
}

interface GrowingTrie {
  readonly size: number;
  /** The child of `node` along `token`, made where there is none. */
  grow(node: number, token: number, suffix: number): number;
  add(node: number): void;
  settle(order: number): Counts;
}

/** Grows by doubling; a hash table of open addressing finds children. */
function growingTrie(vocabulary: number): GrowingTrie {
  let size = 1;
  let capacity = 1 << 12;
  let parent = new Int32Array(capacity);
  let token = new Int32Array(capacity);
  let suffix = new Int32Array(capacity);
  let count = new Int32Array(capacity);
  let depth = new Uint8Array(capacity);
  let table = new Int32Array(capacity * 2); // node by hash; 0: free

  const slotOf = (node: number, id: number): number => {
    const mask = table.length - 1;
    let slot = Math.imul(Math.imul(node, 0x9e3779b1) ^ id, 0x85ebca6b);
    slot = (slot ^ (slot >>> 15)) & mask;
    for (;;) {
      const found = table[slot] as number;
      if (found === 0 || (parent[found] === node && token[found] === id)) return slot;
      slot = (slot + 1) & mask;
    }
  };
  const widen = (): void => {
    capacity *= 2;
    const copied = <T extends Int32Array | Uint8Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    parent = copied(parent, new Int32Array(capacity));
    token = copied(token, new Int32Array(capacity));
    suffix = copied(suffix, new Int32Array(capacity));
    count = copied(count, new Int32Array(capacity));
    depth = copied(depth, new Uint8Array(capacity));
    table = new Int32Array(capacity * 2);
    for (let node = 1; node < size; node++) table[slotOf(parent[node] as number, token[node] as number)] = node;
  };
  return {
    get size() {
      return size;
    },
    grow(node, id, shorter) {
      const slot = slotOf(node, id);
      const found = table[slot] as number;
      if (found !== 0) return found;
      const made = size++;
      parent[made] = node;
      token[made] = id;
      suffix[made] = shorter;
      depth[made] = (depth[node] as number) + 1;
      table[slot] = made;
      if (size === capacity) widen();
      return made;
    },
    add(node) {
      count[node]!++;
    },
    settle(order) {
      const { first, children } = byParent(parent.subarray(0, size));
      return {
        order,
        vocabulary,
        nodes: size,
        depth: depth.slice(0, size),
        parent: parent.slice(0, size),
        token: token.slice(0, size),
        suffix: suffix.slice(0, size),
        count: count.slice(0, size),
        child: (node, id) => (table[slotOf(node, id)] as number) || -1,
        first,
        children,
      };
    },
  };
}

/** Nodes sorted by parent, and where each parent's begin. */
function byParent(parent: Int32Array): { first: Int32Array; children: Int32Array } {
  const size = parent.length;
  const first = new Int32Array(size + 1);
  for (let node = 1; node < size; node++) first[(parent[node] as number) + 1]!++;
  for (let node = 0; node < size; node++) first[node + 1]! += first[node] as number;
  const children = new Int32Array(Math.max(0, size - 1));
  const at = first.slice(0, size);
  for (let node = 1; node < size; node++) children[at[parent[node] as number]!++] = node;
  return { first, children };
}
