// The kernels' C interface: a network made of numbers, trained in steps, evaluated and asked for outputs over windows of the host.
// In: plain arrays. Out: plain arrays and sums. Not here: which windows, in which order, at which rate (the host decides).
#include "batch.h"
#include "table.h"

#ifdef KERNELS
#define API static // one build of several in a binary: reached through its table
#else
#define API extern "C" __attribute__((visibility("default"), used))
#endif

// ---- making and ending

/**
 * ints: tokens, padding, C, P, K, H, Q, V, normalise, mean, loss, quantiles, layers, then per layer: kind, F, units, activation, ids,
 * sequence, every, directions, key. reals: delta, quantiles …, then per layer its number. Null where there is no memory.
 */
API Net *kernel_create(const int32_t *ints, const double *reals) {
  if (ints[12] < 1 || ints[12] > MOST_LAYERS) return nullptr;
  Net *made = (Net *)allocate(sizeof(Net));
  if (!made) return nullptr;
  Net &net = *made;
  net.tokens = ints[0];
  net.padding = ints[1];
  net.C = ints[2];
  net.P = ints[3];
  net.Fu = ints[4];
  net.H = ints[5];
  net.Q = ints[6];
  net.V = ints[7];
  net.normalise = (Normalise)ints[8];
  net.mean = ints[9];
  net.loss = (LossKind)ints[10];
  net.count = ints[12];
  net.features = net.C + net.P + net.Fu * net.H;
  net.delta = reals[0];
  net.quantiles = (double *)allocate(sizeof(double) * (size_t)most(1, ints[11]));
  if (net.quantiles)
    for (int q = 0; q < ints[11]; q++) net.quantiles[q] = reals[1 + q];
  for (int i = 0; i < net.count; i++) {
    const int32_t *at = ints + 13 + 9 * i;
    Layer &layer = net.layers[i];
    layer.kind = (Kind)at[0];
    layer.F = at[1];
    layer.U = at[2];
    layer.activation = (Activation)at[3];
    layer.ids = at[4];
    layer.sequence = at[5];
    layer.every = at[6];
    layer.directions = at[7];
    layer.key = (uint32_t)at[8];
    layer.number = reals[1 + ints[11] + i];
    planLayer(net, layer, i);
  }
  net.outputs = net.tokens ? net.V : net.H * net.C * net.Q;
  net.outputsPadded = up(net.outputs, W);
  net.outStride = net.outputsPadded + W;
  net.size = up(net.size, W4);
  net.values = countValues(net);
  net.backOld = true;
  const size_t bytes = (size_t)net.size * sizeof(float);
  net.w = (float *)allocate(bytes);
  net.g = (float *)allocate(bytes);
  net.m = (float *)allocate(bytes);
  net.v = (float *)allocate(bytes);
  net.back = (float *)allocate((size_t)net.backSize * sizeof(float));
  if (net.quantiles && net.w && net.g && net.m && net.v && net.back) return made;
  release(net.quantiles);
  release(net.w);
  release(net.g);
  release(net.m);
  release(net.v);
  release(net.back);
  release(made);
  return nullptr;
}
API void kernel_destroy(Net *net) {
  if (!net) return;
  release(net->quantiles);
  release(net->w);
  release(net->g);
  release(net->m);
  release(net->v);
  release(net->back);
  release(net->saved);
  release(net->work);
  release(net);
}
/** Memory for the host's arrays. */
API void *kernel_allocate(int32_t bytes) { return allocate((size_t)bytes); }
API void kernel_release(void *memory) { release(memory); }
API int32_t kernel_values(const Net *net) { return (int32_t)net->values; }

/** which: 0 weights, 1 and 2 moments, 3 the last gradients. `host` has kernel_values floats. */
API void kernel_write(Net *net, int32_t which, float *host) {
  float *ours = which == 0 ? net->w : which == 1 ? net->m : net->v;
  exchange(*net, ours, host, true);
  net->backOld = true;
  for (ix i = 0; which > 0 && i < net->values && !net->awake; i++) net->awake = host[i] != 0;
}
API void kernel_read(Net *net, int32_t which, float *host) {
  exchange(*net, which == 0 ? net->w : which == 1 ? net->m : which == 2 ? net->v : net->g, host, false);
}

/** settings: kind, option1 (beta1, rho or momentum), option2 (beta2), epsilon, decay, steps made. */
API void kernel_optimizer(Net *net, const double *settings) {
  net->optimizer = (OptimizerKind)settings[0];
  net->option1 = settings[1];
  net->option2 = settings[2];
  net->epsilon = settings[3] > 1e-37 ? settings[3] : 1e-37; // padding divides 0 by it, in float32
  net->decay = settings[4];
  net->power1 = net->power2 = 1;
  for (double step = 0; step < settings[5]; step++) { // running products, so that a resumed training has the same bits
    net->power1 *= net->option1;
    net->power2 *= net->option2;
  }
}

/** What a training falls back to. 0 where there is no memory. */
API int32_t kernel_save(Net *net) {
  if (!net->saved) net->saved = (float *)allocate(3 * (size_t)net->size * sizeof(float));
  if (!net->saved) return 0;
  net->asleep = false;
  copy(net->saved, net->w, net->size);
  copy(net->saved + net->size, net->m, net->size);
  copy(net->saved + 2 * net->size, net->v, net->size);
  net->savedPower1 = net->power1;
  net->savedPower2 = net->power2;
  return 1;
}
API void kernel_fall_back(Net *net) {
  copy(net->w, net->saved, net->size);
  copy(net->m, net->saved + net->size, net->size);
  copy(net->v, net->saved + 2 * net->size, net->size);
  net->power1 = net->savedPower1;
  net->power2 = net->savedPower2;
  net->backOld = true;
}

/** settings: context, lead, pad left, mask, targets at every step. All pointers stay the host's and are read in later calls. */
API void kernel_bind(Net *net, const double *const *channels, const int32_t *cutoffs, const int32_t *lengths, const int32_t *settings) {
  Data &data = net->data;
  data.channels = channels;
  data.cutoffs = cutoffs;
  data.lengths = lengths;
  data.context = settings[0];
  data.lead = settings[1];
  data.padLeft = settings[2];
  data.mask = settings[3];
  data.every = settings[4];
}

// ---- the optimizers, over all weights as flat memory; the gradient is used up

static void updateAdam(Net &net, double rate) {
  net.power1 *= net.option1;
  net.power2 *= net.option2;
  const float size = (float)(rate * __builtin_sqrt(1 - net.power2) / (1 - net.power1));
  const float mean = (float)(1 - net.option1), square = (float)(1 - net.option2), epsilon = (float)net.epsilon;
  const float shrink = net.optimizer == ADAMW ? (float)(rate * net.decay) : 0.f;
  eachStretch(net, [&](ix begin, ix end) {
    for (ix i = begin; i < end; i += W) {
      const vf g = load(net.g + i);
      vf m = load(net.m + i), v = load(net.v + i), w = load(net.w + i);
      m += mean * (g - m);
      v += square * (g * g - v);
      if (shrink != 0.f) w -= shrink * w;
      store(net.m + i, m);
      store(net.v + i, v);
      store(net.w + i, w - size * m / (root(v) + epsilon));
      store(net.g + i, vf{});
    }
  });
}
static void updateRmsprop(Net &net, double rate) {
  const float keep = (float)net.option1, take = (float)(1 - net.option1), epsilon = (float)net.epsilon, size = (float)rate;
  for (ix i = 0; i < net.size; i += W) {
    const vf g = load(net.g + i), v = keep * load(net.m + i) + take * g * g;
    store(net.m + i, v);
    store(net.w + i, load(net.w + i) - size * g / root(v + epsilon));
    store(net.g + i, vf{});
  }
}
static void updateSgd(Net &net, double rate) {
  const float momentum = (float)net.option1, size = (float)rate;
  for (ix i = 0; i < net.size; i += W) {
    const vf move = momentum * load(net.m + i) - size * load(net.g + i);
    store(net.m + i, move);
    store(net.w + i, load(net.w + i) + move);
    store(net.g + i, vf{});
  }
}
static void update(Net &net, double rate) {
  if (net.optimizer <= ADAMW) updateAdam(net, rate);
  else if (net.optimizer == RMSPROP) updateRmsprop(net, rate);
  else updateSgd(net, rate);
  net.backOld = true;
}

static double gradientNorm(const Net &net) {
  vd sum{};
  eachStretch(net, [&](ix begin, ix end) {
    for (ix i = begin; i < end; i += W) {
      const vd g = __builtin_convertvector(load(net.g + i), vd);
      sum += g * g;
    }
  });
  double squares = 0;
  for (int lane = 0; lane < W; lane++) squares += sum[lane];
  return __builtin_sqrt(squares);
}

static bool weightsFinite(const Net &net) {
  vf sum{}; // x − x is 0, and NaN where x is not finite
  for (ix i = 0; i < net.size; i += W) sum += load(net.w + i) - load(net.w + i);
  for (int lane = 0; lane < W; lane++)
    if (sum[lane] != 0) return false;
  return true;
}

// ---- whole batches

/** Forward, loss and, where training, backward over windows [start, end), tile by tile; false where there is no memory. */
static bool runBatch(Net &net, ix start, ix end, bool training, Tally &tally) {
  const ix T = net.data.padLeft ? net.data.context : net.data.lengths[start], count = end - start;
  if (!makeRoom(net, T, training)) return false;
  net.training = training;
  net.counted = countTargets(net, start, end);
  const ix tiles = (count + TILE - 1) / TILE;
  for (ix tile = 0; tile < tiles; tile++) {
    net.first = count * tile / tiles;
    gather(net, start + net.first, count * (tile + 1) / tiles - net.first, T);
    gatherTargets(net, start + net.first);
    forwardNet(net);
    measure(net, tally);
    if (training) backwardNet(net);
  }
  if (!training) return true;
  for (int i = 0; i < net.count; i++) {
    const Layer &layer = net.layers[i];
    if (layer.kind >= SIMPLE_RNN)
      for (int d = 0; d < layer.directions; d++) clearEmptyBlocks(net, layer, layer.linear[d]);
  }
  return true;
}

/**
 * `count` steps: step k learns from windows [bounds[k], bounds[k + 1]) at rates[k]. settings: seed, epoch, first step, clip (below 0: none),
 * whether the last step's weights must be finite. results: sums of
 * loss, correct and weight, to which those of the steps made are added one by one; the last norm. Gives
 * the steps made, fewer where a loss, a gradient or the last weights were not finite; −1 where there is no memory.
 */
API int32_t kernel_train(Net *made, const int32_t *bounds, int32_t count, const double *rates, const double *settings, double *results) {
  Net &net = *made;
  net.seed = (uint32_t)settings[0];
  net.epoch = (uint32_t)settings[1];
  const double clip = settings[3];
  for (int32_t i = bounds[0]; i < bounds[count] && !net.awake; i++) net.awake = net.data.lengths[i] > 1;
  if (net.data.padLeft && net.data.context > 1) net.awake = true;
  net.asleep = !net.awake && net.optimizer != ADAMW;
  Tally sums{results[0], results[1], results[2]};
  double norm = 0;
  int32_t k = 0;
  for (; k < count; k++) {
    net.step = (uint32_t)settings[2] + (uint32_t)k;
    Tally tally{0, 0, 0};
    if (!runBatch(net, bounds[k], bounds[k + 1], true, tally)) return -1;
    norm = gradientNorm(net);
    if (!finite(tally.loss) || !finite(norm)) {
      zero(net.g, net.size);
      break;
    }
    if (clip >= 0 && norm > clip) {
      const float scale = (float)(clip / norm);
      for (ix i = 0; i < net.size; i += W) store(net.g + i, scale * load(net.g + i));
    }
    update(net, rates[k]);
    if (settings[4] != 0 && k == count - 1 && !weightsFinite(net)) break;
    sums.loss += tally.loss;
    sums.correct += tally.correct;
    sums.weight += tally.weight;
  }
  results[0] = sums.loss;
  results[1] = sums.correct;
  results[2] = sums.weight;
  results[3] = norm;
  return k;
}

/** results: sums of loss, correct and weight over windows [start, end). 0 where there is no memory. */
API int32_t kernel_evaluate(Net *net, int32_t start, int32_t end, double *results) {
  Tally tally{0, 0, 0};
  if (!runBatch(*net, start, end, false, tally)) return 0;
  results[0] = tally.loss;
  results[1] = tally.correct;
  results[2] = tally.weight;
  return 1;
}

/** Outputs after the last input of windows [start, end), normalisation undone: (end − start, outputs). 0 where there is no memory. */
API int32_t kernel_predict(Net *made, int32_t start, int32_t end, double *outputs) {
  Net &net = *made;
  const ix T = net.data.padLeft ? net.data.context : net.data.lengths[start];
  if (!makeRoom(net, T, false)) return 0;
  net.training = false;
  for (ix at = start; at < end; at += TILE) {
    gather(net, at, least(TILE, end - at), T);
    forwardNet(net);
    const ix from = net.layers[net.count - 1].every ? (T - 1) * net.n : 0;
    for (ix b = 0; b < net.n; b++) {
      const float *row = net.out + (from + b) * net.outStride;
      for (ix j = 0; j < net.outputs; j++) {
        const double taken = net.tokens ? 0 : net.offsets[b * net.C + j / net.Q % net.C];
        *outputs++ = row[j] + taken;
      }
    }
  }
  return 1;
}

/** exp, sigmoid, tanh (which 0, 1, 2) of each value, for measuring their error; count is a multiple of W. */
API void kernel_map(int32_t which, const float *x, float *y, int32_t count) {
  for (ix i = 0; i < count; i += W) {
    const vf v = load(x + i);
    store(y + i, which == 0 ? exponential(v) : which == 1 ? sigmoid(v) : hyperbolic(v));
  }
}

#ifdef KERNELS
extern const KernelTable KERNELS;
const KernelTable KERNELS = {kernel_create, kernel_destroy,   kernel_values, kernel_write, kernel_read,     kernel_optimizer, kernel_save,
                             kernel_fall_back, kernel_bind, kernel_train,  kernel_evaluate, kernel_predict, kernel_map};
#endif
