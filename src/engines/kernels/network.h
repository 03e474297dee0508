// A network in memory: its layers, one flat array each for weights, gradients and moments, the buffers of one tile of windows.
// In: a description in numbers (compiled/describe.ts writes it). Out: a Net. Not here: arithmetic of layers, data, training.
#pragma once
#include "memory.h"
#include "product.h"

enum { TILE = 32, MOST_LAYERS = 64 }; // windows that go through time together
enum Kind { DENSE, DROPOUT, EMBEDDING, LAYER_NORM, SIMPLE_RNN, GRU, LSTM };
enum Activation { LINEAR, RELU, TANH, SIGMOID };
enum LossKind { MSE, MAE, HUBER, PINBALL, CROSS_ENTROPY };
enum Normalise { NONE, LAST, MEAN };
enum OptimizerKind { ADAM, ADAMW, RMSPROP, SGD };

/**
 * Rows · weights, one direction of a layer. A row is [h, ones, x]: the state before (H values, padded to W), one or two ones for the
 * biases, F inputs; so one product gives everything. `gated`: 4 blocks of units interleaved by W, a panel of weights holds all
 * gates of W units; else N plain columns. Rows of ids look their input up in `table` (V, N) instead, and F is 0.
 * Padding has zero weights and gets zero gradients, so it stays zero and needs no special case.
 */
struct Linear {
  ix H, ones, F, V, K, N, stride;
  bool gated, reversed;
  ix weights, table;         // where they begin among the weights
  ix stateBack, inputBack;   // transposed copies
  float *rows;               // ((T + 1) · n | n, stride) in the order of reading
  float *sums;               // gated: [panel](T, n, 4W), else (T · n, N): before the activation, then gates, then their gradients
  float *cells;              // [panel](T, n, 2W) c and act(c)
};

struct Layer {
  Kind kind;
  Activation activation;
  ix F, U, Fp, Up;           // real widths of input and output, padded ones
  bool ids, sequence, every; // input rows are ids; input is a sequence; output is one
  int directions;
  uint32_t key;
  double number;             // rate of a dropout, epsilon of a layer-norm
  Linear linear[2];
  ix gamma, beta;
  float *x, *extra, *scales; // rows of layers without weights rows; dropout's factors or normal values
  ix stride;
  float *gradient;           // (rows, Fp) of the input
  float *split;              // (rows, Up) of one direction's output
};

struct Data { // windows of the call: all pointers are the host's
  const double *const *channels;
  const int32_t *cutoffs, *lengths;
  int context, horizon, lead;
  bool padLeft, mask, every;
};

struct Net {
  int count;
  Layer layers[MOST_LAYERS];
  bool tokens, padding;
  ix C, P, Fu, H, Q, V, features, outputs, outputsPadded; // Fu: channels known in advance
  Normalise normalise;
  ix mean;
  LossKind loss;
  double delta, *quantiles;

  ix size, values;           // floats with padding; weights of the network
  float *w, *g, *m, *v, *back;
  float *saved;              // w, m, v as they were after the last whole epoch
  ix backSize;
  bool backOld;
  bool awake;                // recurrent weights have, or have had, a gradient
  bool asleep;               // not in this call: every window is one step, so what is kept of them is zero and stays so

  OptimizerKind optimizer;
  double option1, option2, epsilon, decay;
  double power1, power2, savedPower1, savedPower2;

  // one tile
  char *work;
  ix roomSteps;
  bool roomTraining;
  float *out, *outGradient, *carry, *carryCell, *temporary;
  ix outStride;
  double *targets, *offsets;
  int32_t *ids;
  uint8_t *read, *kept;      // (T · n) 1 where a step is not padding; (rows) 1 where a row has a target

  Data data;
  ix T, n, first, counted;   // steps and windows of the tile, its place in the batch, rows of the batch with a target
  bool training, masked;
  uint32_t seed, epoch, step;
};

/** Where input row 0 of a layer begins, and how far rows are apart. */
struct View {
  float *p;
  ix row;
};
static View inputOf(const Net &net, int i) {
  if (i == net.count) return {net.out, net.outStride};
  const Layer &layer = net.layers[i];
  if (layer.kind == DENSE || layer.kind >= SIMPLE_RNN) {
    const Linear &l = layer.linear[0];
    return {l.rows + l.H + l.ones, l.stride};
  }
  return {layer.x, layer.stride};
}
static const float *gradientAfter(const Net &net, int i) {
  return i + 1 == net.count ? net.outGradient : net.layers[i + 1].gradient;
}
static ix paddedAfter(const Net &net, int i) {
  return i + 1 == net.count ? net.outputsPadded : net.layers[i + 1].Fp;
}
static ix rowsIn(const Net &net, const Layer &layer) { return layer.sequence ? net.T * net.n : net.n; }

// ---- layout

static void planLinear(Net &net, Layer &layer, Linear &l, ix H, ix ones, bool gated, bool inputGradient) {
  l.H = H;
  l.ones = ones;
  l.F = layer.ids ? 0 : layer.F;
  l.V = layer.ids ? layer.F : 0;
  l.K = H + ones + l.F;
  l.N = gated ? 4 * layer.Up : layer.Up;
  l.gated = gated;
  l.stride = up(l.K, W) + W; // room for whole vectors stored at the end of a row
  l.weights = net.size;
  net.size += l.K * l.N;
  l.table = net.size;
  net.size += l.V * l.N;
  l.stateBack = net.backSize;
  net.backSize += l.N * H;
  l.inputBack = net.backSize;
  if (inputGradient && l.F) net.backSize += l.N * layer.Fp;
}

static void planLayer(Net &net, Layer &layer, int i) {
  layer.Fp = layer.ids ? 0 : up(layer.F, W);
  layer.Up = up(layer.U, W);
  layer.stride = layer.Fp + W;
  if (layer.kind == DENSE) planLinear(net, layer, layer.linear[0], 0, 1, false, i > 0);
  if (layer.kind == EMBEDDING) planLinear(net, layer, layer.linear[0], 0, 0, false, false);
  if (layer.kind >= SIMPLE_RNN) {
    for (int d = 0; d < layer.directions; d++) {
      planLinear(net, layer, layer.linear[d], layer.Up, layer.kind == GRU ? 2 : 1, layer.kind != SIMPLE_RNN, i > 0);
      layer.linear[d].reversed = d == 1;
    }
  }
  if (layer.kind == LAYER_NORM) {
    layer.gamma = net.size;
    layer.beta = net.size + layer.Fp;
    net.size += 2 * layer.Fp;
  }
}

// ---- the host's order of weights, and ours

/** Where the weight of row k, unit u, gate g stands. */
static ix placeOf(const Linear &l, ix k, ix u, ix g) {
  if (l.gated) return l.weights + (u / W * l.K + k) * W4 + g * W + u % W;
  const ix lanes = least(l.N - u / W4 * W4, W4);
  return l.weights + u / W4 * W4 * l.K + k * lanes + u % W4;
}
static ix tablePlaceOf(const Linear &l, ix id, ix u, ix g) {
  return l.table + id * l.N + (l.gated ? u / W * W4 + g * W + u % W : u);
}

/** Between a flat array of ours and the host's: layers in order, each weight row-major, gates in blocks of units. */
struct Exchange {
  float *ours, *host;
  bool in;
  ix at;
  void one(ix place) {
    if (in) ours[place] = host[at++];
    else host[at++] = ours[place];
  }
  void matrix(const Linear &l, ix k0, ix rows, ix U, ix gates, bool table, ix stateSide) {
    for (ix k = 0; k < rows; k++)
      for (ix g = 0; g < gates; g++)
        for (ix u = 0; u < U; u++) {
          const ix slot = g == 2 && stateSide ? 3 : g; // a GRU's candidate keeps its state side apart
          one(table ? tablePlaceOf(l, k, u, slot) : placeOf(l, k0 + k, u, slot));
        }
  }
};
static void exchange(Net &net, float *ours, float *host, bool in) {
  Exchange e{ours, host, in, 0};
  for (int i = 0; i < net.count; i++) {
    const Layer &layer = net.layers[i];
    const ix U = layer.U;
    if (layer.kind == LAYER_NORM) {
      for (ix j = 0; j < layer.F; j++) e.one(layer.gamma + j);
      for (ix j = 0; j < layer.F; j++) e.one(layer.beta + j);
    }
    if (layer.kind == EMBEDDING) e.matrix(layer.linear[0], 0, layer.F, U, 1, true, 0);
    if (layer.kind != DENSE && layer.kind < SIMPLE_RNN) continue;
    const ix gates = layer.kind == LSTM ? 4 : layer.kind == GRU ? 3 : 1;
    for (int d = 0; d < layer.directions; d++) {
      const Linear &l = layer.linear[d];
      e.matrix(l, l.H + l.ones, layer.F, U, gates, layer.ids, 0);
      if (l.H) e.matrix(l, 0, U, U, gates, false, layer.kind == GRU);
      e.matrix(l, l.H, 1, U, gates, false, 0);
      if (layer.kind == GRU) e.matrix(l, l.H + 1, 1, U, gates, false, 1);
    }
  }
}
static ix countValues(const Net &net) {
  ix sum = 0;
  for (int i = 0; i < net.count; i++) {
    const Layer &layer = net.layers[i];
    const ix F = layer.F, U = layer.U;
    if (layer.kind == DENSE) sum += F * U + U;
    if (layer.kind == EMBEDDING) sum += F * U;
    if (layer.kind == LAYER_NORM) sum += 2 * F;
    const ix gates = layer.kind == LSTM ? 4 : layer.kind == GRU ? 3 : 1;
    if (layer.kind >= SIMPLE_RNN) sum += layer.directions * gates * U * (F + U + (layer.kind == GRU ? 2 : 1));
  }
  return sum;
}

/** Calls `work(begin, end)` for every stretch of the flat arrays that may change; all of them where nothing is asleep. */
template <class Work> static void eachStretch(const Net &net, Work work) {
  ix begin = 0;
  for (int i = 0; net.asleep && i < net.count; i++) {
    const Layer &layer = net.layers[i];
    for (int d = 0; layer.kind >= SIMPLE_RNN && d < layer.directions; d++) {
      const Linear &l = layer.linear[d];
      for (ix p = 0; p < l.N; p += W4) {
        const ix panel = l.weights + p * l.K;
        work(begin, panel);
        begin = panel + l.H * least(l.N - p, W4);
      }
    }
  }
  work(begin, net.size);
}

// ---- transposed copies for the way back

/** to (N rows, `padded` columns in panels) = rows k0 … k0 + count of the weights, transposed. */
static void transpose(const Net &net, const Linear &l, ix k0, ix count, ix padded, float *to) {
  for (ix p = 0; p < l.N; p += W4) {
    const ix lanes = least(l.N - p, W4);
    const float *from = net.w + l.weights + p * l.K + k0 * lanes;
    for (ix q = 0; q < padded; q += W4) {
      const ix columns = least(padded - q, W4), real = least(columns, count - q);
      float *at = to + q * l.N + p * columns;
      for (ix c = 0; c < real; c++) {
        const float *line = from + (q + c) * lanes;
        for (ix j = 0; j < lanes; j++) at[j * columns + c] = line[j];
      }
    }
  }
}
static void renewBack(Net &net) {
  if (!net.backOld) return;
  net.backOld = false;
  for (int i = 0; i < net.count; i++) {
    Layer &layer = net.layers[i];
    if (layer.kind != DENSE && layer.kind < SIMPLE_RNN) continue;
    for (int d = 0; d < layer.directions; d++) {
      const Linear &l = layer.linear[d];
      if (l.H && net.T > 1) transpose(net, l, 0, l.H, l.H, net.back + l.stateBack);
      if (l.H && net.T == 1) net.backOld = true; // a single step needs no way back in time
      if (i > 0 && l.F) transpose(net, l, l.H + l.ones, l.F, layer.Fp, net.back + l.inputBack);
    }
  }
}

// ---- buffers of a tile

struct Carve { // first counts, then hands out
  char *base;
  size_t used;
  template <class Type> void take(Type *&pointer, ix count) {
    pointer = base ? (Type *)(base + used) : nullptr;
    used += ((size_t)count * sizeof(Type) + 63) & ~(size_t)63;
  }
};
static void carve(Net &net, Carve &c, ix T, bool training) {
  ix widest = 0, states = 0;
  for (int i = 0; i < net.count; i++) {
    Layer &layer = net.layers[i];
    const ix rows = (layer.sequence ? T : 1) * TILE;
    widest = most(widest, layer.Fp);
    if (i > 0 && training) c.take(layer.gradient, rows * layer.Fp);
    if (layer.kind == DROPOUT || layer.kind == LAYER_NORM) {
      c.take(layer.x, rows * layer.stride);
      c.take(layer.extra, rows * layer.Fp);
      c.take(layer.scales, rows);
    }
    if (layer.kind == DENSE) c.take(layer.linear[0].rows, rows * layer.linear[0].stride);
    if (layer.kind < SIMPLE_RNN) continue;
    states = most(states, layer.Up);
    if (layer.directions == 2 && training) c.take(layer.split, rows * layer.Up);
    for (int d = 0; d < layer.directions; d++) {
      Linear &l = layer.linear[d];
      c.take(l.rows, (T + 1) * TILE * l.stride);
      c.take(l.sums, (training ? T : 1) * TILE * l.N);
      if (layer.kind == LSTM) c.take(l.cells, (training ? T : 2) * TILE * 2 * layer.Up);
    }
  }
  const ix rows = T * TILE;
  c.take(net.out, rows * net.outStride);
  if (training) c.take(net.outGradient, rows * net.outputsPadded);
  c.take(net.carry, TILE * states);
  c.take(net.carryCell, TILE * states);
  if (training) c.take(net.temporary, rows * widest);
  c.take(net.targets, rows * (net.tokens ? 1 : net.H * net.C));
  c.take(net.offsets, TILE * net.C);
  c.take(net.ids, rows);
  c.take(net.read, rows);
  c.take(net.kept, rows);
}
/** Makes room for tiles of T steps; false where there is no memory. Never shrinks. */
static bool makeRoom(Net &net, ix T, bool training) {
  if (net.work && T <= net.roomSteps && (net.roomTraining || !training)) return true;
  T = most(T, net.roomSteps);
  training = training || net.roomTraining;
  Carve counted{nullptr, 0};
  carve(net, counted, T, training);
  release(net.work);
  net.roomSteps = 0;
  net.work = (char *)allocate(counted.used);
  if (!net.work) return false;
  Carve real{net.work, 0};
  carve(net, real, T, training);
  net.roomSteps = T;
  net.roomTraining = training;
  for (int i = 0; i < net.count; i++) { // the ones of every row never change
    const Layer &layer = net.layers[i];
    if (layer.kind != DENSE && layer.kind < SIMPLE_RNN) continue;
    for (int d = 0; d < layer.directions; d++) {
      const Linear &l = layer.linear[d];
      const ix rows = l.H ? (T + 1) * TILE : (layer.sequence ? T : 1) * TILE;
      for (ix r = 0; r < rows; r++)
        for (ix k = 0; k < l.ones; k++) l.rows[r * l.stride + l.H + k] = 1.f;
    }
  }
  return true;
}
