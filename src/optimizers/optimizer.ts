export interface OptimizerSpec {
  readonly kind: string;
  readonly rate: number;
}
