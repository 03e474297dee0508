// The rows of the comparison: one piece of work each, the same for our engines and for the peers, as plain JSON.
// In: nothing. Out: rows and their arithmetic. Not here: doing the work (ours.ts, peers.py, tf-layers.ts), judging it (judge.ts).

export interface Row {
  readonly id: string;
  readonly what: string;
  readonly kind: 'train' | 'predict';
  readonly cell: 'lstm' | 'gru';
  /** Width of each recurrent layer, first to last. */
  readonly units: readonly number[];
  readonly activation: 'tanh' | 'relu';
  /** T, B, F. */
  readonly context: number;
  readonly batch: number;
  readonly features: number;
  /** Softmax over as many tokens, read as ids (ours) or as one-hot rows (peers without an embedding); null: one number, mse. */
  readonly classes: number | null;
  readonly embedding: number | null;
  /** A turn is `epochs` times these windows, in batches. */
  readonly windows: number;
  readonly epochs: number;
  /** The table shows a turn's time divided by this. */
  readonly per: number;
  readonly unit: 'ms' | 'µs';
  /** What one figure of the table is the time of. */
  readonly each: string;
  /** Whether the share of the bare kernel's rate is a goal here: products of many rows at full width. */
  readonly dense: boolean;
  readonly note?: string;
}

type Given = Pick<Row, 'id' | 'what' | 'units'> & Partial<Row>;

function row(given: Given): Row {
  const filled = {
    kind: 'train',
    cell: 'lstm',
    activation: 'tanh',
    context: 24,
    batch: 32,
    features: 1,
    classes: null,
    embedding: null,
    epochs: 1,
    unit: 'ms',
    each: 'step',
    dense: true,
    ...given,
  } as const;
  const windows = given.windows ?? filled.batch;
  return { ...filled, windows, per: given.per ?? Math.max(1, windows / filled.batch) };
}

/** Short steps, and those of many weights, come sixteen to an epoch, so that an epoch's own work is in its usual proportion. */
const MANY = 16;

export const ROWS: readonly Row[] = [
  row({ id: 'u32', what: 'U32 T24 B32 F1', units: [32], windows: 32 * MANY }),
  row({ id: 'u128', what: 'U128 T24 B32 F1', units: [128], windows: 32 * 4 }),
  row({ id: 'jena', what: 'Jena: U32 T120 B256 F7', units: [32], context: 120, batch: 256, features: 7 }),
  row({
    id: 'story',
    what: 'story: 2 × LSTM 256, T40 B64 F40, softmax 40',
    units: [256, 256],
    context: 40,
    batch: 64,
    features: 40,
    classes: 40,
    note: 'peers multiply one-hot rows of 40, as the program is written in Keras; ours look them up (counted as looked up)',
  }),
  row({
    id: 'counting',
    what: 'counting program: U50 relu T1, 300 epochs of 80',
    units: [50],
    activation: 'relu',
    context: 1,
    windows: 80,
    epochs: 300,
    per: 1,
    each: '900 steps',
    dense: false,
    note: 'PyTorch’s LSTM knows tanh only',
  }),
  row({ id: 'batch1', what: 'batch 1: U32 T24 B1 F1', units: [32], batch: 1, windows: 64, dense: false }),
  row({
    id: 'long',
    what: 'long context: U32 T512 B32 F1',
    units: [32],
    context: 512,
    note: 'plain PyTorch computes with gradients below float32’s full precision, for which some processors take seven times as long; the other is told to flush them (`torch.set_flush_denormal`)',
  }),
  row({ id: 'gru32', what: 'GRU U32 T24 B32 F1', units: [32], cell: 'gru', windows: 32 * MANY }),
  row({ id: 'gru128', what: 'GRU U128 T24 B32 F1', units: [128], cell: 'gru', windows: 32 * 4 }),
  row({
    id: 'words',
    what: '10,000 words: embedding 64, LSTM 128, softmax 10,000, T20 B32',
    units: [128],
    context: 20,
    windows: 32 * MANY,
    classes: 10_000,
    embedding: 64,
    dense: false,
  }),
  row({
    id: 'window',
    what: 'predict one window, U32 T24 F1',
    kind: 'predict',
    units: [32],
    batch: 1,
    windows: 1,
    unit: 'µs',
    each: 'window, latency',
    dense: false,
  }),
  row({
    id: 'windows',
    what: 'predict many windows, U32 T24 F1',
    kind: 'predict',
    units: [32],
    batch: 1024,
    windows: 20_480,
    per: 20_480,
    unit: 'µs',
    each: 'window, throughput',
    dense: false,
  }),
];

/**
 * Useful floating-point operations of one figure of the table (2 per multiply-add): gates · U · (inputs + U + 1) per step and window,
 * thrice for training, less the gradients nobody needs (of the first layer's inputs, of the state before the first step). A
 * context of 1 has no recurrent product. Ids are looked up: no arithmetic. Activations and Adam are not counted.
 */
export function operations(row: Row): number {
  const { units, context: T, classes, embedding, kind } = row;
  const gates = row.cell === 'gru' ? 3 : 4;
  let perWindow = 0;
  units.forEach((U, l) => {
    const learnt = l > 0 || embedding !== null;
    const inputs = l > 0 ? (units[l - 1] as number) : (embedding ?? (classes === null ? row.features : 0));
    const recurrent = T > 1 ? U : 0;
    const forward = inputs + recurrent + 1;
    const backward = forward + (learnt ? inputs : 0) + (recurrent * (T - 1)) / T;
    perWindow += 2 * T * gates * U * (kind === 'train' ? forward + backward : forward);
  });
  perWindow += (kind === 'train' ? 6 : 2) * (units.at(-1) as number) * (classes ?? 1);
  return (perWindow * row.windows * row.epochs) / row.per;
}
