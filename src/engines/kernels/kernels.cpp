// The kernels' C interface: a network made of numbers, trained in steps, evaluated and asked for outputs over windows of the host.
// In: plain arrays. Out: plain arrays and sums. Not here: which windows, in which order, at which rate (the host decides).
#include "processor.h"
#include "sides.h"

#ifdef KERNELS
#define API static // one build of several in a binary: reached through its table
#else
#define API extern "C" __attribute__((visibility("default"), used))
#endif

// ---- making and ending

API void kernel_destroy(Net *net) {
  if (!net) return;
  void *all[] = {net->layers, net->quantiles, net->w, net->m, net->v, net->back, net->warm, net->squares,
                 net->savedW, net->savedM, net->savedV, net->lags, net->streamRoom};
  for (void *memory : all) release(memory);
  endSides(*net);
  for (const Shard &shard : net->shards) {
    release(shard.layers);
    release(shard.work);
    release(shard.g);
    release(shard.slots);
    release(shard.touchedIds);
  }
  release(net);
}
#ifdef KERNELS
/** Lets go of buffers and gradients; the next call makes what it needs anew. */
static void kernel_rest(Net *net) {
  endSides(*net);
  for (Shard &shard : net->shards) {
    release(shard.work);
    release(shard.g);
    release(shard.touchedIds);
    shard.work = nullptr;
    shard.g = nullptr;
    shard.touchedIds = nullptr;
    shard.roomSteps = shard.roomWindows = shard.roomBytes = shard.roomTouched = 0;
    shard.roomTraining = false;
  }
}
/** Bytes of all its blocks of memory that grow with the network or its batches. */
static int64_t kernel_bytes(const Net *net) {
  const int64_t floats = net->size * (net->savedV ? 6 : 3) + net->backSize + 2 * net->streams * net->streamWidth;
  int64_t bytes = (int64_t)sizeof(Net) + 4 * floats + net->tableRows + net->count * (int64_t)sizeof(Layer);
  if (net->secondBack) bytes += 4 * net->backSize;
  if (net->twin) bytes += (int64_t)sizeof(Twin) + net->twin->bytes;
  for (const Shard &shard : net->shards) {
    bytes += shard.roomBytes;
    if (shard.layers) bytes += net->count * (int64_t)sizeof(Layer);
    if (shard.g) bytes += 4 * (net->dense + shard.roomTouched * (net->tableWidth + 1));
    if (shard.slots) bytes += 4 * net->tableRows;
  }
  return bytes;
}
#endif
static Net *ended(Net *net) {
  kernel_destroy(net);
  return nullptr;
}

enum { HEADER = 22, LAYER_INTS = 9 };

/**
 * ints: tokens, padding, C, P, K, H, Q, V, base, its number, loss, quantiles, layers, scale, runs free, own steps, warm-up, skip, carry,
 * affine, output fed back, lags; then per layer: kind, F, units, activation, ids, sequence, every, directions, key; then the lags.
 * reals: delta, scale's number, clip, quantiles …, then per layer its number. Null where there is no memory.
 */
API Net *kernel_create(const int32_t *ints, const double *reals) {
  if (ints[12] < 1 || ints[12] > MOST_LAYERS) return nullptr;
  Net *made = (Net *)allocate(sizeof(Net));
  if (!made) return nullptr;
  Net &net = *made;
  net.layers = (Layer *)allocate((size_t)ints[12] * sizeof(Layer));
  if (!net.layers) return ended(made);
  net.tokens = ints[0];
  net.padding = ints[1];
  net.C = ints[2];
  net.P = ints[3];
  net.Fu = ints[4];
  net.H = ints[5];
  net.Q = ints[6];
  net.V = ints[7];
  net.base = (Base)ints[8];
  net.number = ints[9];
  net.loss = (LossKind)ints[10];
  net.count = ints[12];
  net.scale = (Scale)ints[13];
  net.free = ints[14];
  net.own = ints[15];
  net.warmup = ints[16];
  net.skips = ints[17];
  net.carry = ints[18];
  net.affine = ints[19];
  net.central = ints[20];
  net.lagCount = ints[21];
  net.D = net.free ? 1 : net.H;
  net.relative = net.C * net.lagCount;
  net.features = net.relative + net.P + net.Fu * net.D;
  net.feedsBack = net.own || net.affine;
  net.lags = (int32_t *)allocate(sizeof(int32_t) * (size_t)most(1, net.lagCount));
  if (!net.lags) return ended(made);
  for (int l = 0; l < net.lagCount; l++) net.lags[l] = ints[HEADER + LAYER_INTS * net.count + l];
  net.delta = reals[0];
  net.scaleNumber = reals[1];
  net.most = reals[2];
  net.written = true;
  net.fetches = fetchingPays();
  net.power1 = net.power2 = 1;
  net.quantiles = (double *)allocate(sizeof(double) * (size_t)most(1, ints[11]));
  if (!net.quantiles) return ended(made);
  for (int q = 0; q < ints[11]; q++) net.quantiles[q] = reals[3 + q];
  for (int i = 0; i < net.count; i++) {
    const int32_t *at = ints + HEADER + LAYER_INTS * i;
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
    layer.number = reals[3 + ints[11] + i];
    planLayer(net, layer, i);
  }
  net.outputs = net.tokens ? net.V : net.D * net.C * net.Q;
  net.outputsPadded = up(net.outputs, W);
  net.outStride = net.outputsPadded + W;
  planEnds(net);
  planTables(net);
  net.values = countValues(net);
  const size_t bytes = (size_t)net.size * sizeof(float);
  net.w = (float *)allocate(bytes);
  net.m = (float *)allocate(bytes);
  net.v = (float *)allocate(bytes);
  net.back = (float *)allocate((size_t)net.backSize * sizeof(float));
  net.warm = (uint8_t *)allocate((size_t)net.tableRows);
  net.squares = (double *)allocate((size_t)(sumsOf(net) + panelsOf(net, false)) * sizeof(double)); // any layer may come to be lean
  return net.w && net.m && net.v && net.back && net.warm && net.squares ? made : ended(made);
}
API int32_t kernel_values(const Net *net) { return (int32_t)net->values; }

static void findWarmRows(Net &net) {
  const Layer &layer = net.layers[0];
  for (ix id = 0; id < net.tableRows; id++)
    for (int d = 0; d < layer.directions; d++) {
      const Linear &l = layer.linear[d];
      const ix at = l.table + id * l.tableWidth;
      for (ix j = at; j < at + l.tableWidth && !net.warm[id]; j++) net.warm[id] = net.m[j] != 0 || net.v[j] != 0;
    }
}

/** Between where streams stand and the host: for each recurrent layer h, and c of an LSTM: (streams, units). */
static void exchangeStreams(Net &net, ix streams, float *host, bool in) {
  moveOn(net);
  if (!makeStreams(net, streams)) return;
  for (int i = 0; i < net.count; i++) {
    const Layer &layer = net.layers[i];
    if (layer.kind < SIMPLE_RNN) continue;
    for (ix part = 0; part < (layer.kind == LSTM ? 2 : 1); part++)
      for (ix s = 0; s < streams; s++)
        for (ix u = 0; u < layer.U; u++, host++) {
          float &own = net.carried[s * net.streamWidth + layer.carried + part * layer.Up + u];
          if (in) own = *host;
          else *host = own;
        }
  }
}

enum { STREAMS = 16 };

/** which: 0 weights, 1 and 2 moments: `host` has kernel_values floats; 16 · n: where n streams stand. */
API void kernel_write(Net *net, int32_t which, float *host) {
  if (which >= STREAMS) return exchangeStreams(*net, which / STREAMS, host, true);
  if (net->standing) copySaved(*net);
  exchange(*net, which == 0 ? net->w : which == 1 ? net->m : net->v, host, true);
  net->stirred = net->written = true;
  for (ix i = 0; which > 0 && i < net->values && !net->awake; i++) net->awake = host[i] != 0;
  if (which > 0) findWarmRows(*net);
}
API void kernel_read(Net *net, int32_t which, float *host) {
  if (which >= STREAMS) return exchangeStreams(*net, which / STREAMS, host, false);
  exchange(*net, which == 0 ? net->w : which == 1 ? net->m : net->v, host, false);
}

/** settings: kind, option1 (beta1, rho or momentum), option2 (beta2), epsilon, decay, steps made. */
API void kernel_optimizer(Net *net, const double *settings) {
  net->written = net->written || net->optimizer != (OptimizerKind)settings[0]; // each changes weights of its own
  net->optimizer = (OptimizerKind)settings[0];
  if (settings[1] != net->option1 || settings[2] != net->option2 || settings[5] < net->raised) { // not the training that goes on
    net->power1 = net->power2 = 1;
    net->raised = 0;
  }
  net->option1 = settings[1];
  net->option2 = settings[2];
  net->epsilon = settings[3] > 1e-37 ? settings[3] : 1e-37; // padding divides 0 by it, in float32
  net->decay = settings[4];
  while (net->raised < settings[5]) raisePowers(*net);
}

/** What a training falls back to. 0 where there is no memory. */
API int32_t kernel_save(Net *net) {
  const size_t bytes = (size_t)net->size * sizeof(float);
  if (!net->savedW) net->savedW = (float *)allocate(bytes);
  if (!net->savedM) net->savedM = (float *)allocate(bytes);
  if (!net->savedV) net->savedV = (float *)allocate(bytes);
  if (!net->savedW || !net->savedM || !net->savedV) return 0;
  net->standing = true;
  if (net->written) copySaved(*net);
  net->savedPower1 = net->power1;
  net->savedPower2 = net->power2;
  net->savedRaised = net->raised;
  return 1;
}
API void kernel_fall_back(Net *net) {
  if (!net->standing) {
    copy(net->w, net->savedW, net->size);
    copy(net->m, net->savedM, net->size);
    copy(net->v, net->savedV, net->size);
  }
  net->power1 = net->savedPower1;
  net->power2 = net->savedPower2;
  net->raised = net->savedRaised;
}

/**
 * settings: context, lead, pad left, mask, targets at every step, where in `lengths` the positions before each cutoff begin that may be read,
 * where the flags begin of windows that go on where their stream stands (0: there are none), outputs of every step, the length of all windows
 * (0: `lengths` holds each one's). All pointers stay the host's and are read in later calls.
 */
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
  data.befores = settings[5] ? lengths + settings[5] : nullptr;
  data.continues = settings[6] ? lengths + settings[6] : nullptr;
  data.rows = settings[7];
  data.length = settings[8];
}

// ---- whole batches

/** 1 where another thread may ask the network to leave its batch, until this is called with 0: the calls below then come back soon. */
API void kernel_stop(Net *net, int32_t stop) { __atomic_store_n(&net->stop, stop, __ATOMIC_RELAXED); }

enum { NO_MEMORY = 0, DONE = 1, STOPPED = 2 };
enum { COMPLETE = 0, NOT_FINITE = 1, ASKED_TO_STOP = 2 };

/** The steps of one epoch, or of a part of it: see `train`, whose `results` these are one line of. Gives the steps made; −1 where there is no memory. */
static int32_t trainEpoch(Net &net, Team *team, const int32_t *bounds, int32_t count, const double *rates, const double *settings, double *results) {
  beginTraining(net, bounds[0], bounds[count], settings);
  int end = COMPLETE;
  int32_t k = 0;
  const Sides sides = sidesOf(net, team, bounds, count);
  for (; k < count && end == COMPLETE; k++) {
    if (!prepareStep(net, (ix)settings[2] + k, bounds[k], bounds[k + 1])) return -1;
    if (!takeStep(net, team, sides, rates[k], settings[3], results)) end = stopped(net) ? ASKED_TO_STOP : NOT_FINITE;
    if (end != COMPLETE) break;
    if (settings[4] != 0 && k == count - 1 && !weightsFinite(net)) {
      end = NOT_FINITE;
      break;
    }
    addTally(net, results);
  }
  results[4] = end;
  return k;
}

/**
 * `count` steps, of `epochs` whole epochs or of a part of one: step k learns from windows [bounds[k], bounds[k + 1]) at rates[k]. settings: seed,
 * (first) epoch, first step, clip (below 0: none), whether the last step's weights must be finite. results, of each epoch: sums of loss, correct and
 * weight, to which those of the steps made are added one by one; the last norm; why it ended: 0 all steps made, 1 a loss, a gradient or the last
 * weights were not finite, 2 asked to stop (the step begun has changed nothing). After each epoch but the last, what it ended with is
 * saved. Gives the steps made; −1 where there is no memory.
 */
static int32_t train(Net *net, Team *team, const int32_t *bounds, int32_t count, int32_t epochs, const double *rates, const double *settings,
                     double *results) {
  const int32_t steps = count / epochs;
  double own[5];
  memcpy(own, settings, sizeof(own));
  int32_t made = 0;
  for (int32_t e = 0; e < epochs; e++, own[1]++, bounds += steps, rates += steps, results += RESULTS) {
    if (e > 0 && !kernel_save(net)) return -1;
    const int32_t of = trainEpoch(*net, team, bounds, steps, rates, own, results);
    if (of < 0) return of;
    made += of;
    if (results[4] != COMPLETE) break;
  }
  return made;
}

/** results: sums of loss, correct and weight over windows [start, end), as one batch. 0 where there is no memory, 2 where asked to stop. */
static int32_t evaluate(Net *net, Team *team, int32_t start, int32_t end, double *results) {
  if (!preparePass(*net, start, end)) return NO_MEMORY;
  run(*net, team, MEASURE);
  results[0] = results[1] = results[2] = 0;
  addTally(*net, results);
  return stopped(*net) ? STOPPED : DONE;
}

/**
 * Outputs after the last input of windows [start, end), normalisation undone: (end − start, outputs). 0 where there is no memory,
 * 2 where asked to stop.
 */
static int32_t predict(Net *net, Team *team, int32_t start, int32_t end, double *outputs) {
  if (!preparePass(*net, start, end)) return NO_MEMORY;
  net->predicted = outputs;
  run(*net, team, OUTPUTS);
  return stopped(*net) ? STOPPED : DONE;
}

#ifndef KERNELS
API int32_t kernel_train(Net *net, const int32_t *bounds, int32_t count, const double *rates, const double *settings, double *results) {
  return train(net, nullptr, bounds, count, 1, rates, settings, results);
}
API int32_t kernel_evaluate(Net *net, int32_t start, int32_t end, double *results) { return evaluate(net, nullptr, start, end, results); }
API int32_t kernel_predict(Net *net, int32_t start, int32_t end, double *outputs) { return predict(net, nullptr, start, end, outputs); }
/** Memory for the host's arrays. */
API void *kernel_allocate(int32_t bytes) { return allocate((size_t)bytes); }
API void kernel_release(void *memory) { release(memory); }
#if defined(__wasm__)
API size_t kernel_memory_end() { return memoryEnd(); }
#endif

// ---- the same in pieces, for hosts whose threads share the memory: one thread prepares and decides, all do the parts of a phase, and
// all parts of a phase are done before anything that follows. Between calls, phases in this order:
// training: kernel_begin, then for each step kernel_prepare_step, RENEW, GRADIENTS, SUM, kernel_decide, UPDATE, kernel_add_tally;
// else: kernel_prepare_pass, MEASURE, kernel_add_tally, or kernel_outputs_at, OUTPUTS.

/** Before steps over windows [start, end); settings as for kernel_train. */
API void kernel_begin(Net *net, int32_t start, int32_t end, const double *settings) { beginTraining(*net, start, end, settings); }
/** Makes ready for step `step` of the epoch, over windows [start, end). 0 where there is no memory. */
API int32_t kernel_prepare_step(Net *net, int32_t step, int32_t start, int32_t end) { return prepareStep(*net, step, start, end); }
/** Makes ready for windows [start, end). 0 where there is no memory. */
API int32_t kernel_prepare_pass(Net *net, int32_t start, int32_t end) { return preparePass(*net, start, end); }
API void kernel_outputs_at(Net *net, double *outputs) { net->predicted = outputs; }
API int32_t kernel_parts(const Net *net, int32_t phase) { return (int32_t)partsOf(*net, phase); }
API void kernel_part(Net *net, int32_t phase, int32_t k) { runPart(*net, phase, k); }
API int32_t kernel_stopped(const Net *net) { return stopped(*net); }
/** After SUM: whether loss and norm are finite, else there must be no update. results[3]: the norm. */
API int32_t kernel_decide(Net *net, double rate, double clip, double *results) { return decide(*net, rate, clip, results); }
/** Adds the batch's loss, correct and weight. */
API void kernel_add_tally(const Net *net, double *results) { addTally(*net, results); }
API int32_t kernel_weights_finite(const Net *net) { return weightsFinite(*net); }
#endif

/** exp, sigmoid, tanh (which 0, 1, 2) of each value, for measuring their error. */
API void kernel_map(int32_t which, const float *x, float *y, int32_t count) {
  float rest[W];
  for (ix i = 0; i < count; i += W) {
    const ix values = least(W, count - i);
    zero(rest, W);
    memcpy(rest, x + i, (size_t)values * sizeof(float));
    const vf v = load(rest);
    store(rest, which == 0 ? exponential(v) : which == 1 ? sigmoid(v) : hyperbolic(v));
    memcpy(y + i, rest, (size_t)values * sizeof(float));
  }
}

#ifdef KERNELS
extern const KernelTable KERNELS;
const KernelTable KERNELS = {kernel_create, kernel_destroy, kernel_values, kernel_write, kernel_read, kernel_optimizer, kernel_save,
                             kernel_fall_back, kernel_bind, kernel_stop, train, evaluate, predict, kernel_map, bareProducts,
                             kernel_rest, kernel_bytes, shuffle};
#endif
