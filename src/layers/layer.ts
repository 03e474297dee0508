// placeholder contract, completed with the layers
export interface LayerSpec {
  readonly kind: string;
  readonly name: string;
}
