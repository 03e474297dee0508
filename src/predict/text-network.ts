// The one forecaster of tokens around window, model and training: scores what was written, continues a prompt.
// In: a plan and ids, or what a run left. Out: log-probabilities, generated ids. Not here: the vocabulary (encoders/), choosing (samplers/).

import type { FitRequest, FittedText, TextForecaster } from '../core/forecaster.ts';
import type { Sequence } from '../core/sequence.ts';
import type { Compiled, Engine } from '../engines/engine.ts';
import type { Network } from '../models/network.ts';
import { cutsAt, takeCuts } from '../window/cuts.ts';
import type { WindowShape } from '../window/window.ts';
import { fitNetwork, type NetworkFit, type NetworkParts, type NetworkSetup } from './network.ts';
import { rollout } from './rollout.ts';

export interface FittedTextNetwork extends FittedText {
  readonly fit: NetworkFit | null;
  /** Tokens before a position that its forecast can depend on. */
  readonly reach: number;
}

export interface TextNetwork extends TextForecaster {
  fit(sequence: Sequence, request: FitRequest): Promise<FittedTextNetwork>;
}

/** A network forecaster of tokens. */
export function textNetwork(plan: NetworkSetup): TextNetwork {
  return {
    name: plan.name,
    async fit(sequence, request) {
      const { compiled, fit } = await fitNetwork(plan, sequence, request, null);
      return fittedText(plan.name, compiled, fit.parts, fit);
    },
  };
}

/** The text network that `parts` were left by; their input is tokens. */
export async function restoreTextNetwork(
  name: string,
  parts: NetworkParts,
  engine: Engine,
): Promise<FittedTextNetwork> {
  return fittedText(name, await engine.compile(parts.network, parts.weights), parts, null);
}

/** Logits held at a time while text is scored: 32 MiB. */
const BLOCK_LOGITS = 4_194_304;

/** Tokens a carried state is warmed up on before the first one that is scored. */
const WARM_UP = 256;

function fittedText(
  name: string,
  compiled: Compiled,
  { network, shape }: Pick<NetworkParts, 'network' | 'shape'>,
  fit: NetworkFit | null,
): FittedTextNetwork {
  const tokens = network.input as Extract<Network['input'], { kind: 'tokens' }>;
  // A state that is carried on reads each token once, however far back it began.
  const reading = (context: number): WindowShape => (network.carry ? { ...shape, context } : shape);
  return {
    name,
    fit,
    reach: network.carry ? Number.POSITIVE_INFINITY : shape.context,
    async score(sequence, cutoffs, froms, signal) {
      const count = cutoffs.length;
      const logProbability = new Float64Array(count);
      const correct = new Uint8Array(count);
      const cuts = cutsAt(cutoffs, froms);
      const ids = sequence.targets[0] as Float64Array;
      // In blocks: a row of logits per token, over a large vocabulary, would be more than the network itself.
      const block = Math.max(256, Math.floor(BLOCK_LOGITS / tokens.vocabulary));
      for (let begin = 0; begin < count; begin += block) {
        const windows = { sequence, shape: reading(WARM_UP), cuts: takeCuts(cuts, begin, block) };
        const logits = await compiled.predict(windows, signal);
        for (let n = begin; n < Math.min(begin + block, count); n++) {
          const row = logits.subarray((n - begin) * tokens.vocabulary, (n - begin + 1) * tokens.vocabulary);
          const truth = ids[(cutoffs[n] as number) + shape.lead] as number;
          logProbability[n] = truth < 0 ? Number.NaN : (row[truth] as number) - logSumExp(row);
          correct[n] = truth === likeliest(row) ? 1 : 0;
        }
      }
      return { logProbability, correct };
    },
    async continue(ids, steps, choose) {
      const length = ids.length;
      const sequence: Sequence = {
        length,
        segments: [{ start: 0, end: length }],
        targets: [ids],
        past: [],
        future: [],
        tokens,
      };
      return await rollout({
        compiled,
        shape: reading(length + steps),
        sequence,
        cutoffs: [length],
        froms: [0],
        steps,
        choose: (logits) => [choose(logits)],
      });
    },
    state: () => ({}),
    dispose: () => compiled.dispose(),
  };
}

function logSumExp(logits: Float64Array): number {
  let top = Number.NEGATIVE_INFINITY;
  for (const logit of logits) if (logit > top) top = logit;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - top);
  return top + Math.log(sum);
}

function likeliest(logits: Float64Array): number {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if ((logits[id] as number) > (logits[best] as number)) best = id;
  return best;
}
