// Layers as data: every option spelled out, the weights they own, the shape they give.
// In: a person's options or a spec. Out: descriptions. Not here: arithmetic (engines/), how layers are chosen (models/).

import type { Kind } from '../core/kind.ts';

export type Activation = 'linear' | 'relu' | 'tanh' | 'sigmoid';

/** How first weights are drawn; `fan in` and `fan out` are the two sides of the whole matrix, as Keras counts them. */
export type Initialiser =
  | 'glorot-uniform'
  | 'glorot-normal'
  | 'he-uniform'
  | 'he-normal'
  | 'orthogonal'
  | 'identity'
  | 'uniform'
  | 'zeros'
  | 'ones';

interface Named {
  /** Unique in the network: "lstm", "lstm_2", … Weights are called "<name>/<weight>". */
  readonly name: string;
}

interface RecurrentSpec extends Named {
  readonly units: number;
  /** Every step's state leaves the layer, instead of the last one. */
  readonly sequences: boolean;
  /** A second pass from the last step to the first; [forward, backward] side by side, so 2 · units leave. */
  readonly bidirectional: boolean;
  readonly kernel: Initialiser;
  readonly recurrent: Initialiser;
}

export interface DenseSpec extends Named {
  readonly kind: 'dense';
  readonly units: number;
  readonly activation: Activation;
  readonly kernel: Initialiser;
}

export interface DropoutSpec extends Named {
  readonly kind: 'dropout';
  readonly rate: number;
}

export interface EmbeddingSpec extends Named {
  readonly kind: 'embedding';
  readonly units: number;
  readonly kernel: Initialiser;
}

export interface LayerNormSpec extends Named {
  readonly kind: 'layer-norm';
  readonly epsilon: number;
}

export interface SimpleRnnSpec extends RecurrentSpec {
  readonly kind: 'simple-rnn';
  readonly activation: Activation;
}

export interface GruSpec extends RecurrentSpec {
  readonly kind: 'gru';
}

export interface LstmSpec extends RecurrentSpec {
  readonly kind: 'lstm';
  /** Of the candidate and of the cell's output; the gates are logistic. */
  readonly activation: 'tanh' | 'relu';
  /** First value of the forget gate's bias. */
  readonly forgetBias: number;
}

export type LayerSpec = DenseSpec | DropoutSpec | EmbeddingSpec | LayerNormSpec | SimpleRnnSpec | GruSpec | LstmSpec;
export type LayerName = LayerSpec['kind'];
export type SpecOf<K extends LayerName> = Extract<LayerSpec, { readonly kind: K }>;

/** What flows from layer to layer. */
export interface Flow {
  /** One row per step, or one row per window. */
  readonly sequence: boolean;
  /** Values in a row; the vocabulary where rows are ids. */
  readonly features: number;
  /** The rows are ids that stand for one-hot rows: the next layer looks its kernel's rows up. */
  readonly ids: boolean;
}

/** A weight before it has values. A list of numbers fills equal blocks of the last axis (the gates of a bias). */
export interface WeightPlan {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initialiser: Initialiser | readonly number[];
}

export interface LayerPlan {
  readonly output: Flow;
  readonly weights: readonly WeightPlan[];
  /** Multiply-adds of the forward pass for one row of the input (one step of a sequence). */
  readonly multiplyAdds: number;
}

export interface LayerKind<Spec extends LayerSpec = LayerSpec, Options = unknown> extends Kind<Options> {
  readonly kind: Spec['kind'];
  /** Whether the layer reads a sequence step by step. */
  readonly recurrent: boolean;
  /** The spec that options mean. `sequences` is what a recurrent layer does where its options do not say. */
  spell(options: Options, name: string, sequences: boolean): Spec;
  /** What the layer gives for an input. Errors: E_CONFIG_CONFLICT where it does not fit there. */
  describe(spec: Spec, input: Flow): LayerPlan;
}
