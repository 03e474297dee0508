export interface LossSpec {
  readonly kind: string;
}
