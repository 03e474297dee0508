// TensorFlow for Node: loaded once, when it is asked for, or why it cannot be. In: nothing. Out: kernels. Not here: setting it up (scripts/setup-tensorflow.js).

import { type Binding, createKernels, type Kernels } from './kernels.ts';

const PACKAGE = '@tensorflow/tfjs-node';

/** `repair`: where setting it up does not help. */
export type Loaded =
  | { readonly kernels: Kernels; readonly version: string }
  | { readonly why: string; readonly repair?: string };

/** The last Node whose util module has what the package's last release calls. */
const LAST_NODE = 22;

let loading: Promise<Loaded> | undefined;

/** TensorFlow, or one line that says why there is none. */
export function loadTensorFlow(): Promise<Loaded> {
  loading ??= load(PACKAGE, process.versions.node);
  return loading;
}

/** The package of this name, on a Node of this version. */
export async function load(name: string, node: string): Promise<Loaded> {
  const major = Number(node.split('.')[0]);
  if (major > LAST_NODE) {
    return {
      why: `${PACKAGE} does not run on Node ${major}: its last release calls util.isNullOrUndefined, removed in Node 23`,
      repair: `run the program with Node 20 or ${LAST_NODE}`,
    };
  }
  // TensorFlow's own log goes to stderr: warnings and errors only, unless the environment says otherwise.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  try {
    const package_ = (await import(name)) as Package;
    const tensorflow = package_.default ?? package_;
    const { binding } = tensorflow.backend();
    if (!binding || typeof binding.executeOp !== 'function') return { why: 'it has no TensorFlow binding' };
    return { kernels: createKernels(binding), version: tensorflow.version['tfjs-node'] ?? 'unknown' };
  } catch (error) {
    return { why: inOneLine(error as NodeJS.ErrnoException, name) };
  }
}

interface TensorFlow {
  backend(): { readonly binding?: Binding };
  readonly version: { readonly [part: string]: string };
}

type Package = TensorFlow & { readonly default?: TensorFlow };

function inOneLine({ code, message }: NodeJS.ErrnoException, name: string): string {
  if (code === 'ERR_MODULE_NOT_FOUND' && message.includes(`'${name}'`)) return `${PACKAGE} is not installed`;
  if (message.includes('tfjs_binding.node) can not be found')) return `the binding of ${PACKAGE} is missing`;
  return `${PACKAGE} does not load: ${message.split('\n')[0]?.replace(/(\/|[A-Z]:\\)\S*[/\\]/g, '')}`;
}
