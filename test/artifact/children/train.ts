// A toy training in the run folder argv[1]: argv[2] epochs (40), a checkpoint after each, then two artifacts. Resumes what it finds.
import { openRunFolder } from '../../../src/artifact/run-folder.ts';
import { encodeTensors } from '../../../src/artifact/safetensors.ts';
import { stableJson } from '../../../src/core/json.ts';
import type { TrainState } from '../../../src/train/state.ts';
import { identity, stateAt } from '../sample.ts';

const [path = '', epochs = '40'] = process.argv.slice(2);
const folder = await openRunFolder(path, identity());
try {
  if (folder.state !== 'done') {
    const { state: stored, warnings } = await folder.latestCheckpoint('toy');
    if (warnings.length > 0) throw new Error(warnings.map((warning) => warning.message).join());
    let state: TrainState = stored ?? { ...stateAt(1, 2000), history: [] };
    console.log(`from ${state.history.length}`);
    for (let epoch = state.history.length + 1; epoch <= Number(epochs); epoch++) {
      state = step(state, epoch);
      await folder.saveCheckpoint('toy', state);
    }
    await folder.write('weights.safetensors', encodeTensors(state.weights));
    await folder.write('history.json', stableJson(state.history));
    await folder.complete({ seconds: process.uptime() });
  }
} finally {
  await folder.close();
}

function step(state: TrainState, epoch: number): TrainState {
  const kernel = state.weights.get('lstm/kernel')!;
  const data = Float64Array.from(kernel.data, (w, i) => w + Math.sin(w * epoch + i));
  const loss = data.reduce((sum, w) => sum + w * w, 0);
  const record = { epoch, loss, accuracy: null, validationLoss: null, validationAccuracy: null };
  return {
    ...state,
    weights: new Map([['lstm/kernel', { shape: kernel.shape, data }]]),
    history: [...state.history, { ...record, rate: 0.1, gradientNorm: loss / 2 }],
  };
}
