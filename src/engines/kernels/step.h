// One training step in phases that one or several threads can do: gradients by shard, their sum and norm, the update; and passes forward.
// In: a network with data bound. Out: changed weights, sums. Not here: which batches, at which rate (kernels.cpp, the host).
#pragma once
#include "batch.h"

// ---- making ready

/** Copies what a training falls back to; where nothing was stirred, only what a network asleep may have changed. */
static void copySaved(Net &net) {
  net.asleep = !net.written && !net.stirred;
  eachStretch(net, 0, net.size, false, [&](ix begin, ix end) {
    copy(net.savedW + begin, net.w + begin, end - begin);
    copy(net.savedM + begin, net.m + begin, end - begin);
    copy(net.savedV + begin, net.v + begin, end - begin);
  });
  net.standing = net.written = net.stirred = net.asleep = false;
}
static void change(float *&a, float *&b) {
  float *before = a;
  a = b;
  b = before;
}
/** What is saved stays where it is, and the update writes beside it: nothing has to be copied, since it writes whatever one before it wrote. */
static void changePlaces(Net &net) {
  change(net.w, net.savedW);
  change(net.m, net.savedM);
  change(net.v, net.savedV);
  net.standing = false;
  net.moved = true;
}

static void beginTraining(Net &net, ix start, ix end, const double *settings) {
  net.seed = (uint32_t)settings[0];
  net.epoch = (uint32_t)settings[1];
  for (ix i = start; i < end && !net.awake; i++) net.awake = lengthOf(net, i) > 1;
  if (net.own || net.carry || (net.data.padLeft && net.data.context > 1)) net.awake = true;
  const bool asleep = !net.awake && net.optimizer != ADAMW;
  if (asleep && net.standing) copySaved(net);
  net.asleep = asleep;
  net.stirred = net.stirred || !net.asleep;
}
/** Steps of a batch that begins with window `start`: those that are read, and the network's own. */
static ix stepsOf(const Net &net, ix start) { return (net.data.padLeft ? net.data.context : lengthOf(net, start)) + net.own; }
/** Makes ready for windows [start, start + count); false where there is no memory. */
static bool prepare(Net &net, ix start, ix count, bool training) {
  Batch &batch = net.batch;
  net.moved = false;
  batch.start = start;
  batch.count = most(0, count);
  batch.shards = 0;
  if (count < 1) return !training;
  batch.T = stepsOf(net, start);
  const ix known = batch.T - net.own;
  batch.shards = shardsOf(net, count, batch.T);
  batch.tile = tileOf(net, batch.T, training);
  batch.training = training;
  batch.far = net.fetches && training && batch.tile * keptOf(net, batch.T) > NEAR;
  batch.counted = training ? countTargets(net, start, start + count, known) : 0;
  moveOn(net);
  if (!makeStreams(net, count)) return false;
  net.passed = net.carry && !training;
  for (ix k = 0; k < batch.shards; k++) {
    const ix windows = shardStart(batch, k + 1) - shardStart(batch, k);
    const ix reading = k == 0 ? count : windows; // shard 0 takes the others' rows up
    const ix touched = reading > net.tableRows / batch.T ? net.tableRows : reading * batch.T;
    if (!makeRoom(net, net.shards[k], batch.T, least(batch.tile, windows), training, touched)) return false;
    net.shards[k].w = net.w;
    net.shards[k].back = net.back;
  }
  return true;
}
static bool prepareStep(Net &net, ix step, ix start, ix end) {
  net.step = (uint32_t)step;
  return prepare(net, start, end - start, true);
}
static bool preparePass(Net &net, ix start, ix end) { return prepare(net, start, end - start, false); }

// ---- a shard's windows, tile by tile

/** Calls `work` for the tiles of a shard, gathered and gone through forward. */
template <class Work> static void eachTile(const Net &net, Shard &shard, ix k, Work work) {
  const Batch &batch = net.batch;
  const ix start = shardStart(batch, k), count = shardStart(batch, k + 1) - start, tiles = (count + batch.tile - 1) / batch.tile;
  shard.training = batch.training;
  shard.tally = {0, 0, 0};
  for (ix tile = 0; tile < tiles && !stopped(net); tile++) {
    shard.first = start + count * tile / tiles;
    gather(shard, batch.start + shard.first, start + count * (tile + 1) / tiles - shard.first, batch.T);
    forwardAll(shard);
    work();
  }
}

/** Forward, loss and backward: gradients and tally are those of the shard's windows. */
APART void learn(const Net &net, Shard &shard, ix k) {
  eachStretch(net, 0, net.dense, true, [&](ix begin, ix end) { zero(shard.g + begin, end - begin); });
  shard.touched = 0;
  memset(shard.slots, -1, (size_t)net.tableRows * sizeof(int32_t));
  eachTile(net, shard, k, [&] {
    gatherTargets(shard, net.batch.start + shard.first);
    measure(shard, shard.tally);
    backwardAll(shard);
  });
  for (int i = 0; i < net.count; i++) {
    const Layer &layer = shard.layers[i];
    for (int d = 0; layer.kind >= SIMPLE_RNN && d < layer.directions; d++) clearPaddedStates(shard, layer, layer.linear[d]);
  }
}

APART void measureShard(const Net &net, Shard &shard, ix k) {
  eachTile(net, shard, k, [&] {
    gatherTargets(shard, net.batch.start + shard.first);
    measure(shard, shard.tally);
  });
}

/** Outputs of the shard's windows, at their places among the batch's. */
APART void predictShard(const Net &net, Shard &shard, ix k) {
  eachTile(net, shard, k, [&] {
    const ix from = !net.layers[net.count - 1].every ? 0 : net.data.rows ? 0 : shard.known - 1;
    const ix rows = net.data.rows ? shard.T : net.own + 1;
    double *to = net.predicted + shard.first * rows * net.outputs;
    for (ix b = 0; b < shard.n; b++)
      for (ix s = 0; s < rows; s++) {
        const float *row = shard.left + ((from + s) * shard.n + b) * net.outStride;
        for (ix j = 0; j < net.outputs; j++) {
          const ix c = j / net.Q % net.C, h = s + j / (net.Q * net.C);
          *to++ = net.tokens ? row[j] : shard.bases[(b * net.H + h) * net.C + c] + shard.scales[b * net.C + c] * row[j];
        }
      }
  });
}

/** Adds loss, correct and weight of the batch, in the order of its shards. */
static void addTally(const Net &net, double *results) {
  Tally sum{0, 0, 0};
  for (ix k = 0; k < net.batch.shards; k++) {
    const Tally &part = net.shards[k].tally;
    sum.loss += part.loss;
    sum.correct += part.correct;
    sum.weight += part.weight;
  }
  net.passed = net.carry;
  results[0] += sum.loss;
  results[1] += sum.correct;
  results[2] += sum.weight;
}

// ---- the sum of all shards' gradients, in the order of the shards, in stretches of fixed length or panels; mostly, shard 0 takes it up

enum { STRETCH = 16384 };

/** Stretches of the dense gradients; panels of all layers that are lean, or are not. */
static ix denseStretches(const Net &net) { return (net.dense + STRETCH - 1) / STRETCH; }
static ix panelsOf(const Net &net, bool lean) { return eachPanel(net, lean, -1, [](int, const Linear &, ix) {}); }
/** Parts of the sum: stretches, panels of lean layers, touched rows of tables. */
static ix sumsOf(const Net &net) { return denseStretches(net) + panelsOf(net, true) + 1; }

INLINE void addSquares(Wide &sum, const float *p) {
  const Wide g = wide(p);
  sum.low += g.low * g.low;
  sum.high += g.high * g.high;
}

/** Sums stretch k to where `to` begins; gives the sum of squares. */
static double addStretch(const Net &net, ix k, float *to) {
  Wide squares{};
  eachStretch(net, k * STRETCH, least(net.dense, (k + 1) * STRETCH), true, [&](ix begin, ix end) {
    const float *g = net.shards[0].g;
    for (ix i = begin; i < end; i += W) {
      vf sum = load(g + i);
      for (ix s = 1; s < net.batch.shards; s++) sum += load(net.shards[s].g + i);
      store(to + i, sum);
      addSquares(squares, to + i);
    }
  });
  return total(squares);
}

/** Makes the gradients of panel k of the lean layers, a piece that stays in the first cache at a time; gives the sum of squares. */
static double makePanel(const Net &net, ix k) {
  Wide squares{};
  eachPanel(net, true, k, [&](int i, const Linear &l, ix p) {
    const Part &part = l.part[0];
    const ix lanes = lanesOf(l, part, p), pieces = (part.K + KC - 1) / KC;
    for (ix piece = 0; piece < pieces; piece++) {
      const ix from = part.K * piece / pieces, rows = part.K * (piece + 1) / pieces - from;
      float *g = net.shards[0].g + weightsOf(l, part, p) + from * lanes;
      for (ix s = 0; s < net.batch.shards; s++) {
        const Shard &shard = net.shards[s];
        const float *x = shard.layers[i].linear[0].rows + from, *gradient = gradientAfter(shard, i) + p * W4;
        product<1, 0>(g, lanes, rows, Left{x, 1, l.stride, 1, 0}, gradient, l.N, lanes, rowsIn(shard, net.layers[i]), s > 0);
      }
      for (ix j = 0; j < rows * lanes; j += W) addSquares(squares, g + j);
    }
  });
  return total(squares);
}

/** Rows of tables touched in any shard become shard 0's; gives the sum of squares. */
static double addTouched(Net &net) {
  Shard &first = net.shards[0];
  const ix width = net.tableWidth;
  for (ix s = 1; s < net.batch.shards; s++) {
    const Shard &shard = net.shards[s];
    for (ix i = 0; i < shard.touched; i++) {
      const float *from = shard.g + net.dense + i * width;
      float *to = touchedRow(first, shard.touchedIds[i]);
      for (ix j = 0; j < width; j += W) store(to + j, load(to + j) + load(from + j));
    }
  }
  for (ix i = 0; i < first.touched; i++) net.warm[first.touchedIds[i]] = 1;
  Wide squares{};
  const float *rows = first.g + net.dense;
  for (ix j = 0; j < first.touched * width; j += W) addSquares(squares, rows + j);
  return total(squares);
}

/** Part k of the sum; gives the sum of squares. */
static double sumPart(Net &net, ix k) {
  const ix stretches = denseStretches(net);
  return k < stretches ? addStretch(net, k, net.shards[0].g) : k < sumsOf(net) - 1 ? makePanel(net, k - stretches) : addTouched(net);
}

// ---- the optimizers: flat memory, and rows of tables, with gradients at `g` or of zero

/** Running products, so that a resumed training has the same bits. */
static void raisePowers(Net &net) {
  net.power1 *= net.option1;
  net.power2 *= net.option2;
  net.raised++;
}
static Update updateOf(const Net &net, double rate, double scale) {
  Update u{};
  u.scale = (float)scale;
  u.rate = (float)rate;
  u.epsilon = (float)net.epsilon;
  u.keep = (float)net.option1;
  u.mean = (float)(1 - net.option1);
  if (net.optimizer > ADAMW) return u;
  u.size = (float)(rate * __builtin_sqrt(1 - net.power2) / (1 - net.power1));
  u.square = (float)(1 - net.option2);
  u.shrink = net.optimizer == ADAMW ? (float)(rate * net.decay) : 0.f;
  return u;
}
/** What an update reads, and where it writes. */
struct Places {
  const float *w, *m, *v;
  float *toW, *toM, *toV;
};
static Places placesOf(const Net &net) {
  return {net.moved ? net.savedW : net.w, net.moved ? net.savedM : net.m, net.moved ? net.savedV : net.v, net.w, net.m, net.v};
}
template <OptimizerKind KIND> INLINE void updateVector(const Places &p, const Update &u, ix i, vf g) {
  const vf weight = load(p.w + i), mean = load(p.m + i);
  if constexpr (KIND <= ADAMW) {
    const vf square = load(p.v + i);
    const vf newMean = mean + u.mean * (g - mean);
    const vf newSquare = square + u.square * (g * g - square);
    const vf decayed = KIND == ADAMW && u.shrink != 0.f ? weight - u.shrink * weight : weight;
    store(p.toM + i, newMean);
    store(p.toV + i, newSquare);
    store(p.toW + i, decayed - u.size * newMean / (root(newSquare) + u.epsilon));
  } else if constexpr (KIND == RMSPROP) {
    const vf square = u.keep * mean + u.mean * g * g;
    store(p.toM + i, square);
    store(p.toW + i, weight - u.rate * g / root(square + u.epsilon));
  } else {
    const vf move = u.keep * mean - u.rate * g;
    store(p.toM + i, move);
    store(p.toW + i, weight + move);
  }
}
template <OptimizerKind KIND> static void updateRange(const Places &all, const Update &given, ix at, const float *g, ix count) {
  const Update u = given; // values of its own, so that no store can have changed them
  const Places p{all.w + at, all.m + at, all.v + at, all.toW + at, all.toM + at, all.toV + at};
  if (!g)
    for (ix i = 0; i < count; i += W) updateVector<KIND>(p, u, i, vf{});
  else if (u.scale == 1.f)
    for (ix i = 0; i < count; i += W) {
      fetchToWrite(p.toW + i);
      updateVector<KIND>(p, u, i, load(g + i));
    }
  else
    for (ix i = 0; i < count; i += W) updateVector<KIND>(p, u, i, u.scale * load(g + i));
}
typedef void (*UpdateRange)(const Places &all, const Update &u, ix at, const float *g, ix count);
static const UpdateRange UPDATES[] = {updateRange<ADAM>, updateRange<ADAMW>, updateRange<RMSPROP>, updateRange<SGD>};

/** Rows of the tables; those that never had a gradient stay as they are, except where weights decay by themselves. */
static void updateTables(const Net &net, const Update &u, ix from, ix to) {
  const Shard &first = net.shards[0];
  const ix width = net.tableWidth;
  const UpdateRange update = UPDATES[net.optimizer];
  const Places places = placesOf(net);
  const Layer &layer = net.layers[0];
  for (ix id = from; id < to; id++) {
    if (!net.warm[id] && net.optimizer != ADAMW) continue;
    const float *g = first.slots[id] < 0 ? nullptr : first.g + net.dense + first.slots[id] * width;
    for (int d = 0; d < layer.directions; d++) {
      const Linear &l = layer.linear[d];
      update(places, u, l.table + id * l.tableWidth, g ? g + l.tableColumn : nullptr, l.tableWidth);
    }
  }
}

/** Rows of the tables that are updated as one part. */
static ix tableStretch(const Net &net) { return most(1, STRETCH / net.tableWidth); }

static void updatePart(Net &net, ix k) {
  const ix stretches = denseStretches(net);
  if (k >= stretches) {
    const ix rows = tableStretch(net);
    return updateTables(net, net.update, (k - stretches) * rows, least(net.tableRows, (k - stretches + 1) * rows));
  }
  const Places places = placesOf(net);
  eachStretch(net, k * STRETCH, least(net.dense, (k + 1) * STRETCH), false, [&](ix begin, ix end) {
    UPDATES[net.optimizer](places, net.update, begin, net.shards[0].g + begin, end - begin);
  });
}

static bool lossFinite(const Net &net) {
  double loss = 0;
  for (ix k = 0; k < net.batch.shards; k++) loss += net.shards[k].tally.loss;
  return finite(loss);
}
/** What gradients of norm `norm` are multiplied by. */
static double clipped(double norm, double clip) { return clip >= 0 && norm > clip ? clip / norm : 1; }
/** After the sum: whether loss and norm are finite; if so the update is made ready, clipped. results[3]: the norm. */
static bool decide(Net &net, double rate, double clip, double *results) {
  double squares = 0;
  for (ix k = 0; k < sumsOf(net); k++) squares += net.squares[k];
  const double norm = __builtin_sqrt(squares);
  results[3] = norm;
  if (!lossFinite(net) || !finite(norm)) return false;
  if (net.optimizer <= ADAMW) raisePowers(net);
  net.update = updateOf(net, rate, clipped(norm, clip));
  if (net.standing) changePlaces(net);
  return true;
}

// ---- phases

static ix partsOf(const Net &net, int phase) {
  if (phase == RENEW) return panelsOf(net, false);
  if (phase == SUM) return sumsOf(net);
  if (phase == UPDATE) return denseStretches(net) + (net.tableRows ? (net.tableRows + tableStretch(net) - 1) / tableStretch(net) : 0);
  return net.batch.shards;
}
static void runPart(Net &net, int phase, ix k) {
  switch (phase) {
    case RENEW: renewPanel(net, net.w, net.back, k); break;
    case GRADIENTS: learn(net, net.shards[k], k); break;
    case SUM: net.squares[k] = sumPart(net, k); break;
    case UPDATE: updatePart(net, k); break;
    case MEASURE: measureShard(net, net.shards[k], k); break;
    default: predictShard(net, net.shards[k], k);
  }
}
static void run(Net &net, Team *team, int phase) {
  inParts(team, partsOf(net, phase), [&](ix k) { runPart(net, phase, k); });
}

static bool weightsFinite(const Net &net) {
  vf sum{}; // x − x is 0, and NaN where x is not finite
  eachStretch(net, 0, net.size, false, [&](ix begin, ix end) {
    for (ix i = begin; i < end; i += W) sum += load(net.w + i) - load(net.w + i);
  });
  for (int lane = 0; lane < W; lane++)
    if (sum[lane] != 0) return false;
  return true;
}
