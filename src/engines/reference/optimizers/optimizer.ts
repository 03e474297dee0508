// The contract of an optimizer's arithmetic: one step over all weights as flat memory. Not here: any optimizer.

/** Changes weights (and moments) by one step at a rate. */
export type Update = (weights: Float64Array, gradient: Float64Array, rate: number) => void;

/** `moments` in the order of the optimizer's names; `steps` already made before, for corrections that depend on their count. */
export type MakeUpdate<Spec> = (spec: Spec, moments: readonly Float64Array[], steps: number) => Update;
