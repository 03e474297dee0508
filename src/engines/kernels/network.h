// A network in memory: what all threads share (weights, moments, layout) and what one shard of a batch owns (tile buffers, gradients).
// In: a description in numbers (compiled/describe.ts writes it). Out: a Net. Not here: arithmetic of layers, data, training.
#pragma once
#include "memory.h"
#include "product.h"
#include "table.h"

// Windows that go through time together; the fewest, where more would not stay in a near cache; bytes of that; of weights it is worth for.
enum { TILE = 32, LEAST_TILE = 8, NEAR = 1 << 19, FEW_WEIGHTS = 1 << 17 };
// Floats of a network, and of transposed weights, up to which each of two sides has its own.
enum { TWIN_WEIGHTS = 1 << 15, SECOND_BACK = 1 << 17 };
// Weights of a layer's inputs from which on those are read once for several steps; floats of a row from which on rows may be transposed.
enum { WIDE_INPUT = 1 << 17, WIDE_ROW = 256 };
// Products of a forward pass that are worth two shards: about what native/kernel.ts holds to be worth two threads.
enum { MOST_LAYERS = 64, MOST_SHARDS = 8, WORTH_SHARDS = 5 << 17 };
enum Kind { DENSE, DROPOUT, EMBEDDING, LAYER_NORM, SIMPLE_RNN, GRU, LSTM };
enum Activation { LINEAR, RELU, TANH, SIGMOID };
enum LossKind { MSE, MAE, HUBER, PINBALL, CROSS_ENTROPY };
enum Base { NONE, LAST, MEAN, SEASON };
enum Scale { UNSCALED, DEVIATION, STANDARD };
enum OptimizerKind { ADAM, ADAMW, RMSPROP, SGD };

/** Weights of rows k0 … k0 + K of [h, ones, x], in panels; gated ones feed `width` blocks of a panel's four, from `lane` on. */
struct Part {
  ix k0, K, lane, width, weights, stateBack, inputBack;
};

/**
 * Rows · weights, one direction of a layer. A row is [h, ones, x]: the state before (H values, padded to W), one or two ones for the
 * biases, F inputs; so one product gives everything. `gated`: 4 blocks of units interleaved by W, a panel of weights holds all
 * gates of W units; else N plain columns. A GRU has two parts: h feeds blocks 0 to 2 [h-side z r], x feeds 1 to 3 [z r x-side].
 * Rows of ids look their input up in `table` (V, tableWidth) instead, and F is 0.
 * Padding has zero weights and gets zero gradients, so it stays zero and needs no special case.
 */
struct Linear {
  ix H, ones, F, V, N, U, stride; // U: columns that are not padding, of those without gates
  ix pitch;                  // of a dense layer of few units: floats of a unit's weights, which lie side by side (U, pitch); else 0
  bool gated, reversed;
  bool ahead;                // inputs are wide: what they add to the sums is worked out for several steps at once, before what the states add
  int parts;
  Part part[2];
  ix table, tableWidth, tableColumn; // where it begins among the weights, floats of a row, their place among a touched row's
  float *rows;               // ((T + 1) · n | n, stride) in the order of reading
  float *sums;               // gated: [panel](T, n, 4W), else (T · n, N): before the activation, then gates, then their gradients
  float *cells;              // [panel](T, n, 2W) c and act(c)
  float *firstCells;         // [panel](n, 2W) c before the first step, where state is carried
  float *carry, *carryCell;  // (n, H) gradients of h and c on their way back; the shard's, except where steps go back one by one
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
  ix carried;                // where a stream's h and c begin
};

struct Data { // windows of the call: all pointers are the host's
  const double *const *channels;
  const int32_t *cutoffs, *lengths;
  int length;                // of all windows; 0: each has its own in `lengths`
  const int32_t *befores;    // positions before each cutoff that may be read; null: the window's length
  const int32_t *continues;  // 1 where a window goes on where its stream stands; null: none does
  int context, horizon, lead;
  bool padLeft, mask, every, rows; // rows: outputs of every step are asked for, not of the last
};

struct Tally {
  double loss, correct, weight;
};

/** A training step, or a pass forward, as phases; parts of a phase may run in any order and side by side, phases follow each other. */
enum Phase { RENEW, GRADIENTS, SUM, UPDATE, MEASURE, OUTPUTS };

/** A batch as it is cut: shards and tiles are functions of the windows and the network, never of threads. */
struct Batch {
  ix start, count, T, shards, tile;
  bool training, far; // what the way back reads of a tile does not fit a near cache
  ix counted; // rows with a target
};

/** One step's numbers, as the optimizers need them. */
struct Update {
  float scale, rate, size, mean, square, epsilon, shrink, keep;
};

/** All of a small network that a training changes, once more, for the second of two shards. */
struct Twin {
  float *w, *m, *v;
  float *sums[2];            // of the shards' gradients, as each side has them
  double norm[2];
  char *room;                // holds all of them
  ix bytes;
};

struct Net;

/** What one shard of a batch works in; shards run side by side, and share only what they read. */
struct Shard {
  const Net *net;
  Layer *layers;             // the network's, with this shard's buffers
  const float *w, *back;     // weights it reads, and their transposed copies: the network's, or its side's own
  char *work;
  ix roomSteps, roomWindows, roomBytes;
  bool roomTraining;
  float *g;                  // gradients: dense ones, then rows of the tables in the order in which they were touched
  ix touched, roomTouched;
  int32_t *slots;            // (V) which of them a row of the tables is; −1: not touched
  int32_t *touchedIds;       // (touched) the other way round
  Tally tally;
  float *transposed;         // (widest row, TRANSPOSED_STRIDE) up to KC rows of a layer of wide ones, transposed
  float *out, *outGradient, *carry, *carryCell, *temporary;
  float *left;               // outputs behind skip and affine; `out` where there is neither
  float *normal;             // (T · n, values of targets) inputs before the affine
  double *targets;
  double *levels, *scales, *bases, *shifts; // (n, C) twice, (n, H, C), (own + 1, n, C): see gatherNumbers
  int32_t *ids;
  uint8_t *read, *kept;      // (T · n) 1 where a step is not padding; (rows) 1 where a row has a target
  ix T, n, first;            // steps and windows of the tile, its place in the batch
  ix known, from, to;        // steps before the network's own, and those at work: all, or one after the other
  bool training, masked;
};

struct Net {
  int count;
  Layer *layers;
  bool tokens, padding;
  ix C, P, Fu, H, Q, V, features, outputs, outputsPadded, outStride; // Fu: channels known in advance
  Base base;
  ix number;                 // values of a mean, steps of a season
  Scale scale;
  double scaleNumber, most;  // floor or epsilon; the clip
  bool free, carry, affine, skips;
  ix own, warmup, D, relative, central; // own steps; steps of a row's horizon; features that are values of targets; the output fed back
  int lagCount;
  int32_t *lags;
  bool feedsBack;            // the gradient of the first layer's input is needed
  ix skip, gamma, beta;      // where their weights begin
  float *carried, *next;     // (streams, streamWidth) where each stream stands, and where it will after the batch at work
  float *streamRoom;         // holds both
  ix streams, streamWidth;
  mutable bool passed;       // the batch begun has been done: `next` is where the streams stand
  LossKind loss;
  double delta, *quantiles;

  ix size, dense, values;    // floats with padding: dense ones, then tables; weights of the network
  ix tableRows, tableWidth;  // rows of the tables, floats of a row in all of them
  float *w, *m, *v, *back;
  float *savedW, *savedM, *savedV; // w, m, v as they were after the last whole epoch
  bool standing;             // they are still what w, m, v are: the next update reads those and writes to the other places
  bool moved;                // the update at work is that one, and the places have changed: it reads what is saved
  bool written;              // since the last copy the host wrote, or chose another optimizer: the places may differ anywhere
  uint8_t *warm;             // (tableRows) 1 where a row has, or had, a gradient: what is kept of the others is zero
  double *squares;           // sums of squares, one for each stretch of gradients
  float *secondBack;         // `back` of the second of two sides; null until it is needed
  Twin *twin;                // null until it is needed
  Update update;
  ix backSize;
  bool awake;                // recurrent weights have, or have had, a gradient
  bool asleep;               // not in this call: every window is one step, so what is kept of them is zero and stays so
  bool stirred;              // since the last save something else than awake stretches may have changed
  bool fetches;              // what will be written of a tile that is far is fetched before

  OptimizerKind optimizer;
  double option1, option2, epsilon, decay;
  double power1, power2, raised; // β₁ and β₂ to the power of the steps made
  double savedPower1, savedPower2, savedRaised;

  Data data;
  Batch batch;
  double *predicted;         // (windows, outputs) of the host
  uint32_t seed, epoch, step;
  int32_t stop;              // set from any thread: leave the batch at the next step in time
  Shard shards[MOST_SHARDS];
};

/** Whether the host wants the batch left as it is; asked once per step in time, so that it is never long in coming. */
static bool stopped(const Net &net) { return __atomic_load_n(&net.stop, __ATOMIC_RELAXED); }

template <class Work> static void inParts(Team *team, ix parts, Work work) {
  if (team && parts > 1) {
    team->run(team, (int32_t)parts, [](void *context, int32_t k) { (*(Work *)context)(k); }, &work);
  } else {
    for (ix k = 0; k < parts; k++) work(k);
  }
}

/** Where input row 0 of a layer begins, and how far rows are apart. */
struct View {
  float *p;
  ix row;
};
static View inputOf(const Shard &shard, int i) {
  if (i == shard.net->count) return {shard.out, shard.net->outStride};
  const Layer &layer = shard.layers[i];
  if (layer.kind == DENSE || layer.kind >= SIMPLE_RNN) {
    const Linear &l = layer.linear[0];
    return {l.rows + l.H + l.ones, l.stride};
  }
  return {layer.x, layer.stride};
}
static float *gradientAfter(const Shard &shard, int i) {
  return i + 1 == shard.net->count ? shard.outGradient : shard.layers[i + 1].gradient;
}
static ix paddedAfter(const Shard &shard, int i) {
  return i + 1 == shard.net->count ? shard.net->outputsPadded : shard.layers[i + 1].Fp;
}
/** Rows of a layer's input: all, and those of the steps at work. */
static ix rowsIn(const Shard &shard, const Layer &layer) { return layer.sequence ? shard.T * shard.n : shard.n; }
static ix firstRow(const Shard &shard, const Layer &layer) { return layer.sequence ? shard.from * shard.n : 0; }
static ix endRow(const Shard &shard, const Layer &layer) { return layer.sequence ? shard.to * shard.n : shard.n; }
/** Whether the gradient of a layer's input is needed. */
static bool wantsInput(const Net &net, int i) { return i > 0 || net.feedsBack; }
/** Whether each step may have a target. */
static bool everyStep(const Net &net) { return net.data.every || net.free; }
static bool hasRows(const Layer &layer) { return layer.kind == DENSE || layer.kind >= SIMPLE_RNN; }
/** Whether `rows` are few beside the weights of a dense layer, in panels. */
static bool areFew(const Layer &layer, ix rows) {
  if (layer.kind != DENSE || layer.ids || layer.linear[0].pitch) return false;
  return 2 * rows * (layer.F + layer.U) <= layer.F * layer.U;
}
/**
 * Whether a training batch has few rows of a dense layer, all of them still there at its end: then gradients are made once, of the rows of all
 * shards, and weights are read as they stand. Else each shard has gradients of its own, and weights a transposed copy.
 */
static bool isLean(const Net &net, const Layer &layer) {
  const Batch &batch = net.batch;
  if (!batch.training || batch.count > batch.shards * batch.tile) return false;
  return areFew(layer, batch.count * (layer.sequence ? batch.T : 1));
}

// ---- panels: what W units of a gated layer need, or 4W plain columns

static ix panelsOf(const Linear &l) { return (l.N + W4 - 1) / W4; }
static ix lanesOf(const Linear &l, const Part &part, ix p) { return l.gated ? part.width * W : least(l.N - p * W4, W4); }
static ix weightsOf(const Linear &l, const Part &part, ix p) { return part.weights + p * part.K * (l.gated ? part.width * W : W4); }

// ---- layout

static void planPart(Net &net, Layer &layer, Linear &l, ix k0, ix K, ix lane, ix width, bool inputGradient) {
  Part &part = l.part[l.parts++];
  part.k0 = k0;
  part.K = K;
  part.lane = lane;
  part.width = width;
  part.weights = net.dense;
  const ix columns = l.gated ? layer.Up * width : l.N;
  net.dense += l.pitch ? l.U * l.pitch : K * columns;
  part.stateBack = net.backSize;
  if (k0 == 0) net.backSize += columns * l.H;
  part.inputBack = net.backSize;
  if (inputGradient && l.F && !l.pitch && k0 + K > l.H + l.ones) net.backSize += columns * layer.Fp;
}

static void planLinear(Net &net, Layer &layer, Linear &l, ix H, ix ones, bool gated, int i) {
  const bool inputGradient = wantsInput(net, i), gathered = i == 0;
  l.H = H;
  l.ones = ones;
  l.F = layer.ids ? 0 : layer.F;
  l.V = layer.ids ? layer.F : 0;
  l.N = gated ? 4 * layer.Up : layer.Up;
  l.U = layer.U;
  l.gated = gated;
  l.ahead = gated && l.F * l.N >= WIDE_INPUT;
  l.pitch = layer.kind == DENSE && !layer.ids && 4 * layer.U <= W ? up(ones + layer.Fp, W) : 0; // panels would be padding for the most part
  l.stride = up(H + ones + (gathered ? l.F : up(l.F, W)), W); // layers before store whole vectors
  if (l.stride % 32 == 0) l.stride += 16;                      // else columns share few places of the first cache
  if (layer.kind == GRU) {
    planPart(net, layer, l, 0, H + 1, 0, 3, inputGradient);
    planPart(net, layer, l, H + 1, 1 + l.F, 1, 3, inputGradient);
  } else {
    planPart(net, layer, l, 0, H + ones + l.F, 0, gated ? 4 : 0, inputGradient);
  }
  if (!layer.ids) return;
  l.tableWidth = gated ? l.part[l.parts - 1].width * layer.Up : layer.Up;
  l.tableColumn = net.tableWidth;
  net.tableWidth += l.tableWidth;
  net.tableRows = l.V;
}

static void planLayer(Net &net, Layer &layer, int i) {
  layer.Fp = layer.ids ? 0 : up(layer.F, W);
  layer.Up = up(layer.U, W);
  layer.stride = layer.Fp + W;
  if (layer.kind == DENSE) planLinear(net, layer, layer.linear[0], 0, 1, false, i);
  if (layer.kind == EMBEDDING) planLinear(net, layer, layer.linear[0], 0, 0, false, i);
  if (layer.kind >= SIMPLE_RNN) {
    for (int d = 0; d < layer.directions; d++) {
      planLinear(net, layer, layer.linear[d], layer.Up, layer.kind == GRU ? 2 : 1, layer.kind != SIMPLE_RNN, i);
      layer.linear[d].reversed = d == 1;
    }
    layer.carried = net.streamWidth;
    net.streamWidth += layer.Up * (layer.kind == LSTM ? 2 : 1);
  }
  if (layer.kind == LAYER_NORM) {
    layer.gamma = net.dense;
    layer.beta = net.dense + layer.Fp;
    net.dense += 2 * layer.Fp;
  }
}
/** After all layers: the skip's rows, and the normalisation's affine. */
static void planEnds(Net &net) {
  net.skip = net.dense;
  if (net.skips) net.dense += net.features * net.outputsPadded;
  net.gamma = net.dense;
  net.beta = net.gamma + up(net.C, W);
  if (net.affine) net.dense += 2 * up(net.C, W);
}
/** After that: the tables follow the dense weights; the whole is a multiple of 4W. */
static void planTables(Net &net) {
  net.dense = up(net.dense, W4);
  net.size = net.dense;
  for (int i = 0; i < net.count; i++) {
    Layer &layer = net.layers[i];
    for (int d = 0; layer.ids && d < layer.directions; d++) {
      layer.linear[d].table = net.size;
      net.size += layer.linear[d].V * layer.linear[d].tableWidth;
    }
  }
  net.size = up(net.size, W4);
}

// ---- the host's order of weights, and ours

/** Where the weight of row k, unit u, gate g stands. */
static ix placeOf(const Linear &l, ix k, ix u, ix g) {
  const Part &part = l.parts > 1 && k >= l.part[1].k0 ? l.part[1] : l.part[0];
  if (l.pitch) return part.weights + u * l.pitch + k;
  if (!l.gated) return weightsOf(l, part, u / W4) + k * lanesOf(l, part, u / W4) + u % W4;
  return weightsOf(l, part, u / W) + (k - part.k0) * part.width * W + (g - part.lane) * W + u % W;
}
static ix tablePlaceOf(const Linear &l, ix id, ix u, ix g) {
  const Part &part = l.part[l.parts - 1];
  return l.table + id * l.tableWidth + (l.gated ? u / W * part.width * W + (g - part.lane) * W + u % W : u);
}

namespace { // a member function is shared by all builds of a binary unless its type is each build's own
/** Between a flat array of ours and the host's: layers in order, each weight row-major, gates in blocks of units. */
struct Exchange {
  float *ours, *host;
  bool in;
  ix at;
  void one(ix place) {
    if (in) ours[place] = host[at++];
    else host[at++] = ours[place];
  }
  void matrix(const Layer &layer, const Linear &l, ix k0, ix rows, bool table, bool stateSide) {
    const ix gates = layer.kind == LSTM ? 4 : layer.kind == GRU ? 3 : 1;
    for (ix k = 0; k < rows; k++)
      for (ix g = 0; g < gates; g++)
        for (ix u = 0; u < layer.U; u++) {
          const ix block = layer.kind != GRU ? g : g < 2 ? g + 1 : stateSide ? 0 : 3;
          one(table ? tablePlaceOf(l, k, u, block) : placeOf(l, k0 + k, u, block));
        }
  }
};
} // namespace
static void exchange(const Net &net, float *ours, float *host, bool in) {
  Exchange e{ours, host, in, 0};
  for (int i = 0; i < net.count; i++) {
    const Layer &layer = net.layers[i];
    if (layer.kind == LAYER_NORM) {
      for (ix j = 0; j < layer.F; j++) e.one(layer.gamma + j);
      for (ix j = 0; j < layer.F; j++) e.one(layer.beta + j);
    }
    if (layer.kind == EMBEDDING) e.matrix(layer, layer.linear[0], 0, layer.F, true, false);
    if (!hasRows(layer)) continue;
    for (int d = 0; d < layer.directions; d++) {
      const Linear &l = layer.linear[d];
      e.matrix(layer, l, l.H + l.ones, layer.F, layer.ids, false);
      if (l.H) e.matrix(layer, l, 0, layer.U, false, true);
      e.matrix(layer, l, l.H + l.ones - 1, 1, false, false);
      if (layer.kind == GRU) e.matrix(layer, l, l.H, 1, false, true);
    }
  }
  for (ix f = 0; net.skips && f < net.features; f++)
    for (ix j = 0; j < net.outputs; j++) e.one(net.skip + f * net.outputsPadded + j);
  for (ix c = 0; net.affine && c < net.C; c++) e.one(net.gamma + c);
  for (ix c = 0; net.affine && c < net.C; c++) e.one(net.beta + c);
}
static ix countValues(const Net &net) {
  ix sum = (net.skips ? net.features * net.outputs : 0) + (net.affine ? 2 * net.C : 0);
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
/** Calls `work(begin, end)` for every stretch of from … to of the dense weights that may change; of `sharded`, whose gradients each shard has. */
template <class Work> static void eachStretch(const Net &net, ix from, ix to, bool sharded, Work work) {
  ix begin = from;
  const auto until = [&](ix end) {
    if (begin < least(end, to)) work(begin, least(end, to));
  };
  for (int i = 0; i < net.count; i++) {
    const Layer &layer = net.layers[i];
    if (sharded && isLean(net, layer)) {
      const Part &part = layer.linear[0].part[0];
      until(part.weights);
      begin = most(begin, part.weights + part.K * layer.linear[0].N);
    }
    for (int d = 0; net.asleep && layer.kind >= SIMPLE_RNN && d < layer.directions; d++) {
      const Linear &l = layer.linear[d];
      for (ix p = 0; p < panelsOf(l); p++) { // the rows of the state before, in the first part of two or the only one
        const ix panel = weightsOf(l, l.part[0], p);
        until(panel);
        begin = most(begin, panel + l.H * lanesOf(l, l.part[0], p));
      }
    }
  }
  until(to);
}

// ---- transposed copies for the way back

/** to (columns, padded) = from (rows, columns), whose rows are `row` apart, transposed: four by four where that goes. */
static void turn(const float *from, ix row, ix rows, ix columns, float *to, ix padded) {
  ix r = 0;
  for (; r + 4 <= rows; r += 4, from += 4 * row) {
    ix c = 0;
    for (; c + 4 <= columns; c += 4) turnFour(from + c, row, to + c * padded + r, padded);
    for (; c < columns; c++)
      for (ix i = 0; i < 4; i++) to[c * padded + r + i] = from[i * row + c];
  }
  for (; r < rows; r++, from += row)
    for (ix c = 0; c < columns; c++) to[c * padded + r] = from[c];
}
/** to (used lanes of all panels, `padded` columns in panels) = rows k0 … k0 + count of panel p, transposed. */
static void transpose(const float *w, const Linear &l, const Part &part, ix p, ix k0, ix count, ix padded, float *to) {
  const ix lanes = lanesOf(l, part, p), used = l.gated ? lanes : least(lanes, l.U - p * W4);
  const ix before = p * (l.gated ? lanes : W4), all = l.gated ? panelsOf(l) * lanes : l.U;
  const float *from = w + weightsOf(l, part, p) + k0 * lanes;
  for (ix q = 0; q < padded; q += W4) {
    const ix columns = least(padded - q, W4);
    turn(from + q * lanes, lanes, least(columns, count - q), used, to + q * all + before * columns, columns);
  }
}
/** Calls `work(layer number, linear, panel)` for the panels of all layers that are lean or are not, or for the `only`-th; gives their number. */
template <class Work> static ix eachPanel(const Net &net, bool lean, ix only, Work work) {
  ix count = 0;
  for (int i = 0; i < net.count; i++) {
    const Layer &layer = net.layers[i];
    for (int d = 0; hasRows(layer) && isLean(net, layer) == lean && d < layer.directions; d++) {
      const ix panels = layer.linear[d].pitch ? 0 : panelsOf(layer.linear[d]);
      if (only >= count && only < count + panels) work(i, layer.linear[d], only - count);
      count += panels;
    }
  }
  return count;
}
/** Renews those of a panel at `back` from `w`; of the way back in time only where windows have several steps. */
static void renewPanel(const Net &net, const float *w, float *back, ix k) {
  eachPanel(net, false, k, [&](int i, const Linear &l, ix p) {
    for (int q = 0; q < l.parts; q++) {
      const Part &part = l.part[q];
      const ix x0 = l.H + l.ones - part.k0;
      if (l.H && net.batch.T > 1 && part.k0 == 0) transpose(w, l, part, p, 0, l.H, l.H, back + part.stateBack);
      if (wantsInput(net, i) && l.F && part.K > x0) transpose(w, l, part, p, x0, l.F, net.layers[i].Fp, back + part.inputBack);
    }
  });
}

// ---- buffers of a shard

namespace {
struct Carve { // first counts, in 64 bits, since what there are addresses for is found out here; then hands out
  char *base;
  uint64_t used;
  template <class Type> void take(Type *&pointer, int64_t count) {
    pointer = base ? (Type *)(base + (size_t)used) : nullptr;
    used += ((uint64_t)count * sizeof(Type) + 63) & ~(uint64_t)63;
    if (base) forbid(base + (size_t)used);
    used += FENCE;
  }
};
} // namespace
/** Whether rows are transposed for the gradients of the weights. */
static bool transposesRows(const Linear &l) { return W == 16 && l.stride > WIDE_ROW; }
/** Steps whose sums are worked out at once by a pass forward of n windows. */
static ix stepsAhead(const Linear &l, ix n) { return l.ahead ? most(1, KC / n) : 1; }
static void carve(Shard &shard, Carve &c, int64_t T, int64_t tile, bool training) {
  const Net &net = *shard.net;
  ix widest = 0, states = 0, widestRow = 0;
  for (int i = 0; i < net.count; i++) {
    Layer &layer = shard.layers[i];
    const int64_t rows = (layer.sequence ? T : 1) * tile;
    widest = most(widest, layer.Fp);
    if (wantsInput(net, i) && training) c.take(layer.gradient, rows * layer.Fp);
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
      c.take(l.rows, (T + 1) * tile * l.stride);
      c.take(l.sums, (training ? T * tile : least(T * tile, l.ahead ? most(tile, KC) : tile)) * l.N);
      if (training && transposesRows(l)) widestRow = most(widestRow, l.stride);
      if (layer.kind == LSTM) c.take(l.cells, (training && T > 2 ? T : 2) * tile * 2 * layer.Up); // a pass that only measures keeps two steps
      if (layer.kind == LSTM && net.carry) c.take(l.firstCells, tile * 2 * layer.Up);
      if (net.own) c.take(l.carry, tile * layer.Up);
      if (net.own) c.take(l.carryCell, tile * layer.Up);
    }
  }
  const int64_t rows = T * tile;
  c.take(shard.out, rows * net.outStride);
  if (training) c.take(shard.outGradient, rows * net.outputsPadded);
  c.take(shard.carry, tile * states);
  c.take(shard.carryCell, tile * states);
  c.take(shard.transposed, widestRow * TRANSPOSED_STRIDE);
  if (training) c.take(shard.temporary, most(rows, W4) * widest);
  if (net.skips || net.affine) c.take(shard.left, rows * net.outStride);
  if (net.affine) c.take(shard.normal, rows * net.relative);
  c.take(shard.targets, rows * (net.tokens ? 1 : net.D * net.C));
  c.take(shard.levels, tile * net.C);
  c.take(shard.scales, tile * net.C);
  c.take(shard.bases, tile * net.H * net.C);
  if (net.own) c.take(shard.shifts, (net.own + 1) * tile * net.C);
  c.take(shard.ids, rows);
  c.take(shard.read, rows);
  c.take(shard.kept, rows);
}
/** The ones of every row never change. */
static void writeOnes(Shard &shard, ix T, ix tile) {
  for (int i = 0; i < shard.net->count; i++) {
    const Layer &layer = shard.layers[i];
    for (int d = 0; hasRows(layer) && d < layer.directions; d++) {
      const Linear &l = layer.linear[d];
      const ix rows = l.H ? (T + 1) * tile : (layer.sequence ? T : 1) * tile;
      for (ix r = 0; r < rows; r++)
        for (ix k = 0; k < l.ones; k++) l.rows[r * l.stride + l.H + k] = 1.f;
    }
  }
}
/** Buffers that stand for others where they need not be apart. */
static void shareBuffers(Shard &shard) {
  const Net &net = *shard.net;
  if (!net.skips && !net.affine) shard.left = shard.out;
  for (int i = 0; !net.own && i < net.count; i++) {
    for (Linear &l : shard.layers[i].linear) {
      l.carry = shard.carry;
      l.carryCell = shard.carryCell;
    }
  }
}
static bool makeGradient(Shard &shard, ix touched) {
  const Net &net = *shard.net;
  if (shard.g && touched <= shard.roomTouched) return true;
  release(shard.g);
  release(shard.touchedIds);
  shard.roomTouched = 0;
  shard.g = (float *)allocate((size_t)(net.dense + touched * net.tableWidth) * sizeof(float));
  shard.touchedIds = (int32_t *)allocate((size_t)touched * sizeof(int32_t));
  if (!shard.slots) shard.slots = (int32_t *)allocate((size_t)net.tableRows * sizeof(int32_t));
  shard.roomTouched = touched;
  return shard.g && shard.touchedIds && shard.slots;
}
/** Room for tiles of `tile` windows of T steps, and for `touched` rows of the tables; false where there is no memory. Never shrinks. */
static bool makeRoom(Net &net, Shard &shard, ix T, ix tile, bool training, ix touched) {
  if (!shard.layers) {
    shard.net = &net;
    shard.layers = (Layer *)allocate((size_t)net.count * sizeof(Layer));
    if (!shard.layers) return false;
    memcpy(shard.layers, net.layers, (size_t)net.count * sizeof(Layer));
  }
  if (training && !makeGradient(shard, touched)) return false;
  if (shard.work && T <= shard.roomSteps && tile <= shard.roomWindows && (shard.roomTraining || !training)) return true;
  T = most(T, shard.roomSteps);
  tile = most(tile, shard.roomWindows);
  training = training || shard.roomTraining;
  Carve counted{nullptr, 0};
  carve(shard, counted, T, tile, training);
  if (counted.used > SIZE_MAX / 2) return false;
  release(shard.work);
  shard.roomSteps = shard.roomBytes = 0;
  shard.work = (char *)allocate((size_t)counted.used);
  if (!shard.work) return false;
  shard.roomBytes = (ix)counted.used;
  Carve real{shard.work, 0};
  carve(shard, real, T, tile, training);
  shard.roomSteps = T;
  shard.roomWindows = tile;
  shard.roomTraining = training;
  shareBuffers(shard);
  writeOnes(shard, T, tile);
  return true;
}

/** Moves the streams on, if the batch that was begun last has been done: one that was left in its middle changed nothing. */
static void moveOn(Net &net) {
  if (!net.passed) return;
  float *before = net.carried;
  net.carried = net.next;
  net.next = before;
  net.passed = false;
}
/** Room for where `streams` streams stand; what is there stays. False where there is no memory. */
static bool makeStreams(Net &net, ix streams) {
  if (!net.carry || streams <= net.streams) return true;
  const ix size = streams * net.streamWidth;
  float *longer = (float *)allocate((size_t)(2 * size) * sizeof(float));
  if (!longer) return false;
  if (net.carried) copy(longer, net.carried, net.streams * net.streamWidth);
  release(net.streamRoom);
  net.streamRoom = net.carried = longer;
  net.next = longer + size;
  net.streams = streams;
  return true;
}

// ---- a batch, cut into shards and tiles

/** Shards of a batch of windows of T steps; one where there is too little work to share. */
static ix shardsOf(const Net &net, ix count, ix T) {
  if (count < 16 || (int64_t)count * T * net.dense < WORTH_SHARDS) return 1;
  return least(MOST_SHARDS, most(2, count / TILE));
}
/** Bytes of a window that the way back reads again. */
static int64_t keptOf(const Net &net, int64_t T) {
  int64_t bytes = 0;
  for (int i = 0; i < net.count; i++) {
    const Layer &layer = net.layers[i];
    for (int d = 0; layer.kind >= SIMPLE_RNN && d < layer.directions; d++) bytes += 4 * T * (layer.linear[d].N + layer.linear[d].stride + 2 * layer.Up);
  }
  return bytes;
}
/**
 * Windows of a tile. What the way back reads again has to come from a near cache where there is little arithmetic to each value; many weights
 * are worth more windows each time they are read.
 */
static ix tileOf(const Net &net, ix T, bool training) {
  if (!training || net.dense * 4 > FEW_WEIGHTS) return TILE;
  const int64_t bytes = keptOf(net, T);
  ix tile = TILE;
  while (tile > LEAST_TILE && tile * bytes > NEAR) tile /= 2;
  return tile;
}
/** First window of shard k within its batch. */
static ix shardStart(const Batch &batch, ix k) { return batch.count * k / batch.shards; }
