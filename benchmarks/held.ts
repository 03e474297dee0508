// Instruction sets that every contestant of a run can be held to, so that ratios are those of machines without wider ones.
// In: a name. Out: environment for this process and its children. Not here: what each says it took (ours.ts, peers.py, limit.ts).

/**
 * Ours; ATen and oneDNN inside PyTorch; oneDNN inside TensorFlow, of Python and of Node; MKL on Intel's processors (on AMD's its products
 * take AVX2 at most, capped or not); XLA. Eigen inside TensorFlow is what its wheel was compiled for: AVX. WebAssembly has 128 bits.
 */
const CAPS = {
  avx2: {
    FORECAST_INSTRUCTIONS: 'AVX2',
    ATEN_CPU_CAPABILITY: 'avx2',
    ONEDNN_MAX_CPU_ISA: 'AVX2',
    MKL_ENABLE_INSTRUCTIONS: 'AVX2',
    XLA_FLAGS: '--xla_cpu_max_isa=AVX2',
  },
} as const;

export const SETS: readonly string[] = Object.keys(CAPS);

/** Holds this process, before it loads an engine, and all it starts. Gives what it was done with; null where no set is asked for. */
export function hold(set: string | undefined): Readonly<Record<string, string>> | null {
  if (set === undefined) return null;
  if (!SETS.includes(set)) throw new Error(`--instructions ${set}: contestants can be held to ${SETS.join(', ')}`);
  Object.assign(process.env, CAPS[set as keyof typeof CAPS]);
  return CAPS[set as keyof typeof CAPS];
}
