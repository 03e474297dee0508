// The topology of a layers model as one chain: Sequential, or a functional model whose layers follow each other.
// In: untrusted JSON. Out: class names and configs in order. Not here: what a layer means (layers.ts).

import { ForecastError } from '../../core/errors.ts';

/** One layer as the file describes it; nothing in `config` is believed. */
export interface Described {
  readonly className: string;
  readonly name: string;
  readonly config: Fields;
}

/** An object of a file, its keys as own keys. */
export type Fields = ReadonlyMap<string, unknown>;

const MOST_LAYERS = 1000;

/** Errors: E_MODEL_HEADER where it is no model, E_MODEL_LAYER where layers branch, meet or share a name. */
export function chainOf(topology: unknown, where: string): Described[] {
  const outer = fields(topology);
  const model = outer.has('model_config') ? fields(outer.get('model_config')) : outer;
  const kind = model.get('class_name');
  const config = model.get('config');
  const listed = Array.isArray(config) ? config : fields(config).get('layers');
  if (!Array.isArray(listed) || listed.length === 0)
    throw new ForecastError('E_MODEL_HEADER', 'modelTopology lists no layers', { where, hint: HINT });
  if (listed.length > MOST_LAYERS)
    throw new ForecastError('E_MODEL_HEADER', `${listed.length} layers, at most ${MOST_LAYERS}`, { where, hint: HINT });
  const layers = listed.map((entry, i) => described(entry, i));
  const names = new Set<string>();
  for (const { name } of layers) {
    if (names.has(name)) refuse(`two layers are called ${quoted(name)}`, where, 'give each its own name');
    names.add(name);
  }
  if (kind === 'Sequential') return layers;
  if (kind === 'Model' || kind === 'Functional')
    return endingIn(fields(config).get('output_layers'), inOrder(listed, layers, where), where);
  throw new ForecastError('E_MODEL_HEADER', `a model of class ${quoted(String(kind))}`, {
    where,
    hint: 'save a Sequential or a functional Model',
  });
}

const HINT = 'give the model.json that model.save() or the converter of TensorFlow.js wrote';

function described(entry: unknown, i: number): Described {
  const layer = fields(entry);
  const config = fields(layer.get('config'));
  const name = config.get('name') ?? layer.get('name');
  return {
    className: String(layer.get('class_name')),
    name: typeof name === 'string' ? name : `layer ${i + 1}`,
    config,
  };
}

/** The layers of a functional model from its input on; each is read by exactly one other. */
function inOrder(listed: readonly unknown[], layers: readonly Described[], where: string): Described[] {
  const sources = new Map(layers.map(({ name }, i) => [name, sourcesOf(fields(listed[i]).get('inbound_nodes'))]));
  const readers = new Map<string, Described>();
  const starts: Described[] = [];
  for (const layer of layers) {
    const read = sources.get(layer.name) as readonly string[];
    if (read.length === 0) starts.push(layer);
    if (read.length > 1) refuse(`layer ${quoted(layer.name)} reads ${read.length} others`, where, ONE_CHAIN);
    const source = read[0];
    if (source === undefined) continue;
    const other = readers.get(source);
    if (other !== undefined)
      refuse(`layers ${quoted(other.name)} and ${quoted(layer.name)} read the same one`, where, ONE_CHAIN);
    readers.set(source, layer);
  }
  if (starts.length !== 1) refuse(`the model has ${starts.length} inputs`, where, ONE_CHAIN);
  const ordered: Described[] = [];
  for (let next = starts[0]; next !== undefined && ordered.length < layers.length; next = readers.get(next.name))
    ordered.push(next);
  if (ordered.length < layers.length) refuse('some layers are not reached from the input', where, ONE_CHAIN);
  return ordered;
}

/** The chain, whose last layer alone leaves the model: [["a", 0, 0], …], or Keras 3's ["a", 0, 0]. */
function endingIn(outputs: unknown, chain: Described[], where: string): Described[] {
  if (!Array.isArray(outputs)) return chain;
  const names = typeof outputs[0] === 'string' ? [outputs[0]] : outputs.map((one) => String([one].flat()[0]));
  if (names.length !== 1) refuse(`the model has ${names.length} outputs`, where, ONE_CHAIN);
  if (names[0] !== chain.at(-1)?.name)
    refuse(`layer ${quoted(names[0] as string)} leaves the model, and is not its last`, where, ONE_CHAIN);
  return chain;
}

const ONE_CHAIN = 'only layers that follow one another can be imported';

/** Names of the layers one reads: [[["a", 0, 0, {}]]], or Keras 3's [{ args: [{ config: { keras_history: ["a", 0, 0] } }] }]. */
function sourcesOf(nodes: unknown): string[] {
  if (!Array.isArray(nodes)) return [];
  return nodes.flatMap((node): string[] => {
    if (Array.isArray(node)) return node.map((tensor) => String(Array.isArray(tensor) ? tensor[0] : tensor));
    const given = fields(node).get('args');
    return (Array.isArray(given) ? given : []).map((tensor) => {
      const history = fields(fields(tensor).get('config')).get('keras_history');
      return String(Array.isArray(history) ? history[0] : null);
    });
  });
}

/** The own keys of an object; none of anything else. */
export function fields(value: unknown): Fields {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return new Map(isObject ? Object.entries(value) : []);
}

/** A text of the file as messages show it. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}

export function refuse(what: string, where: string, hint: string): never {
  throw new ForecastError('E_MODEL_LAYER', what, { where, hint });
}
