// What is done alike in Node and in a page: the counting network trained, and its weights as bytes. In: the parts of the toolkit. Out: plain values.
// @ts-check

/**
 * @param {{
 *   wasm: import('../../../src/engines/engine.ts').Engine,
 *   MODELS: typeof import('../../../src/models/index.ts').MODELS,
 *   initialWeights: typeof import('../../../src/models/weights.ts').initialWeights,
 *   cut: typeof import('../../../src/window/cuts.ts').cut,
 *   takeCuts: typeof import('../../../src/window/cuts.ts').takeCuts,
 *   spellOptimizer: typeof import('../../../src/optimizers/index.ts').spellOptimizer,
 * }} parts
 */
export function scenarios({ wasm, MODELS, initialWeights, cut, takeCuts, spellOptimizer }) {
  /** A line, or parabolas wrapped around (a browser's sine is not Node's to the last bit); the first four fifths of the windows train. */
  const line = (/** @type {number} */ length, /** @type {number} */ context) => {
    const sequence = {
      length,
      segments: [{ start: 0, end: length }],
      targets: [Float64Array.from({ length }, (_, i) => (context === 1 ? i : ((i * i) % 23) / 23))],
      past: [],
      future: [],
      tokens: null,
    };
    const shape = /** @type {const} */ ({ context, horizon: 1, lead: 0, targets: 'last', pad: 'none', mask: false });
    const cuts = cut(sequence.segments, shape, { kind: 'sliding', stride: 1 });
    const training = Math.round(cuts.count * 0.8);
    return {
      windows: { sequence, shape, cuts: takeCuts(cuts, 0, training) },
      validation: takeCuts(cuts, training, cuts.count - training),
    };
  };

  const network = (
    /** @type {import('../../../src/engines/engine.ts').Windows} */ windows,
    /** @type {object} */ options,
  ) => {
    const model = /** @type {import('../../../src/models/model.ts').ModelKind} */ (MODELS['lstm-regressor']);
    const { length: targets } = windows.sequence.targets;
    return model.build(model.options.parse(options), {
      window: windows.shape,
      targets,
      past: 0,
      future: 0,
      tokens: null,
    });
  };

  /** @type {(data: ReturnType<typeof line>, epochs: number) => import('../../../src/engines/engine.ts').TrainRequest} */
  const request = ({ windows, validation }, epochs) => ({
    training: windows,
    validation,
    seed: 7,
    batch: 32,
    shuffle: true,
    optimizer: spellOptimizer({ kind: 'adam' }, 0.001),
    schedule: { kind: 'constant' },
    clip: null,
    epochs,
    from: { epoch: 1, step: 0, lossSum: 0, correct: 0, weight: 0 },
    until: epochs,
  });

  /** @type {(compiled: import('../../../src/engines/engine.ts').Compiled) => string[]} */
  const bytes = (compiled) =>
    [...compiled.weights(), ...compiled.optimizer().moments].map(([name, { data }]) => {
      const all = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      return `${name} ${Array.from(all, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
    });

  return {
    /** configs/counting.yaml's network, whole: small work. */
    async counting() {
      const data = line(101, 1);
      const built = network(data.windows, { units: [50], activation: 'relu' });
      const compiled = await wasm.compile(built, initialWeights(built, 7));
      const report = await compiled.train(request(data, 300));
      const forecast = await compiled.predict({ ...data.windows, cuts: data.validation });
      const found = { bytes: bytes(compiled), losses: report.records.map(({ loss }) => loss), forecast: [...forecast] };
      compiled.dispose();
      return found;
    },

    /** Work large enough to leave the thread. */
    async waves() {
      const data = line(600, 40);
      const built = network(data.windows, { units: [64, 20], dropout: 0.2 });
      const compiled = await wasm.compile(built, initialWeights(built, 7));
      const report = await compiled.train(request(data, 8));
      const forecast = await compiled.predict({ ...data.windows, cuts: data.validation });
      const found = { bytes: bytes(compiled), losses: report.records.map(({ loss }) => loss), forecast: [...forecast] };
      compiled.dispose();
      return found;
    },

    /** A training that would last minutes, stopped: how far it was, what was reported, how often the page had its turn. */
    async stopped() {
      const data = line(600, 40);
      const built = network(data.windows, { units: [64, 20], dropout: 0.2 });
      const compiled = await wasm.compile(built, initialWeights(built, 7));
      const stop = new AbortController();
      let reports = 0;
      let turns = 0;
      const clock = setInterval(() => turns++, 10);
      setTimeout(() => stop.abort(), 400);
      const report = await compiled.train({ ...request(data, 2000), signal: stop.signal, onStep: () => reports++ });
      clearInterval(clock);
      const rest = await compiled.train({ ...request(data, report.position.epoch), from: report.position });
      const found = bytes(compiled);
      compiled.dispose();
      const whole = await wasm.compile(built, initialWeights(built, 7));
      await whole.train(request(data, report.position.epoch));
      const same = bytes(whole).every((line, i) => line === found[i]);
      return { stopped: report.stopped, epochs: report.position.epoch, reports, turns, after: rest.stopped, same };
    },

    async detail() {
      const state = await wasm.available();
      return state.ok ? state.detail : state.why;
    },
  };
}
