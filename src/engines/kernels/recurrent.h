// LSTM, GRU and SimpleRNN over one tile: forward beside backward. In: input rows of a tile. Out: states, and gradients.
// Not here: data, losses. Gate equations: engines/reference/layers/.
#pragma once
#include "network.h"

/** Starts sums with columns of the table's rows of the step's ids, or −1: zeros. */
static void startWithRows(const Shard &shard, const Linear &l, ix t, float *sums, ix ld, ix column, ix lanes) {
  const float *table = shard.w + l.table + column;
  for (ix b = 0; b < shard.n; b++) {
    const int32_t id = shard.ids[t * shard.n + b];
    float *to = sums + b * ld;
    if (id < 0) zero(to, lanes);
    else copy(to, table + id * l.tableWidth, lanes);
  }
}
/** Gradients of row `id` of all tables; a row touched for the first time gets its place, filled with zeros. */
static float *touchedRow(Shard &shard, int32_t id) {
  const ix width = shard.net->tableWidth;
  float *rows = shard.g + shard.net->dense;
  int32_t &slot = shard.slots[id];
  if (slot < 0) {
    slot = (int32_t)shard.touched++;
    shard.touchedIds[slot] = id;
    zero(rows + slot * width, width);
  }
  return rows + slot * width;
}

/** One step of a panel of W units. `before` null at the first step read. */
struct Step {
  ix n, stride;
  float *sums, *cells;             // (n, 4W), (n, 2W)
  const float *cellsBefore, *states; // states: h before, rows `stride` apart
  float *next;                     // h after
  const uint8_t *read;             // (n) null: all
  bool first;
};

/** At the FIRST step there is nothing yet to forget. A divisor that others are inverted with is worked out nevertheless: their bits hang on it. */
template <bool RECTIFIED, bool FIRST> INLINE void lstmGates(const Step &s, ix b) {
  float *sums = s.sums + b * W4, *cell = s.cells + b * 2 * W;
  vf gates[FIRST && RECTIFIED ? 2 : 3] = {load(sums), load(sums + 3 * W)};
  if constexpr (!FIRST || !RECTIFIED) gates[2] = load(sums + W);
  underSigmoids(gates);
  vf candidate[] = {load(sums + 2 * W)};
  if constexpr (RECTIFIED) {
    candidate[0] = rectified(candidate[0]);
    if constexpr (!FIRST) gates[2] = 1.f / gates[2];
  } else {
    overHyperbolics(candidate);
    divide(candidate[0], underHyperbolic(candidate[0]), gates[2]);
  }
  invert(gates[0], gates[1]);
  vf f{}, kept = gates[0] * candidate[0];
  if constexpr (!FIRST) {
    f = gates[2];
    kept = f * load(s.cellsBefore + b * 2 * W) + kept;
  }
  store(sums, gates[0]);
  store(sums + W, f);
  store(sums + 2 * W, candidate[0]);
  store(sums + 3 * W, gates[1]);
  store(cell, kept);
}
/** States of N rows from b on. */
template <int N, bool RECTIFIED> INLINE void lstmStates(const Step &s, ix b) {
  vf shown[N];
  UNROLL for (int j = 0; j < N; j++) shown[j] = load(s.cells + (b + j) * 2 * W);
  if constexpr (RECTIFIED) {
    UNROLL for (int j = 0; j < N; j++) shown[j] = rectified(shown[j]);
  } else {
    overHyperbolics(shown);
    UNROLL for (int j = 0; j < N; j++) shown[j] = shown[j] / underHyperbolic(shown[j]);
  }
  UNROLL for (int j = 0; j < N; j++) {
    store(s.cells + (b + j) * 2 * W + W, shown[j]);
    store(s.next + (b + j) * s.stride, load(s.sums + (b + j) * W4 + 3 * W) * shown[j]);
  }
}
template <bool RECTIFIED, bool FIRST> static void lstmStep(const Step &given) {
  const Step s = given; // values of its own, so that no store can have changed them
  for (ix b = 0; b < s.n; b++) {
    if (!s.read || s.read[b]) {
      lstmGates<RECTIFIED, FIRST>(s, b);
      continue;
    }
    store(s.cells + b * 2 * W, FIRST ? vf{} : load(s.cellsBefore + b * 2 * W));
    store(s.next + b * s.stride, load(s.states + b * s.stride));
  }
  ix b = 0;
  for (; !s.read && b + 4 <= s.n; b += 4) lstmStates<4, RECTIFIED>(s, b);
  for (; b < s.n; b++)
    if (!s.read || s.read[b]) lstmStates<1, RECTIFIED>(s, b);
}

/** z and r of N rows from b on; and what the candidate is made of. */
template <int N> INLINE void gruGates(const Step &s, ix b) {
  float *sums = s.sums + b * W4;
  vf gates[2 * N];
  UNROLL for (int j = 0; j < 2 * N; j++) gates[j] = load(sums + j / 2 * W4 + (1 + j % 2) * W);
  underSigmoids(gates);
  UNROLL for (int j = 0; j < N; j++) invert(gates[2 * j], gates[2 * j + 1]);
  UNROLL for (int j = 0; j < N; j++) {
    float *at = sums + j * W4;
    store(at + W, gates[2 * j]);
    store(at + 2 * W, gates[2 * j + 1]);
    store(at + 3 * W, load(at + 3 * W) + gates[2 * j + 1] * load(at));
  }
}
template <int N> INLINE void gruStates(const Step &s, ix b) {
  vf candidates[N];
  UNROLL for (int j = 0; j < N; j++) candidates[j] = load(s.sums + (b + j) * W4 + 3 * W);
  overHyperbolics(candidates);
  UNROLL for (int j = 0; j < N; j++) {
    const vf n = candidates[j] / underHyperbolic(candidates[j]), z = load(s.sums + (b + j) * W4 + W);
    const vf before = s.first ? vf{} : load(s.states + (b + j) * s.stride);
    store(s.sums + (b + j) * W4 + 3 * W, n);
    store(s.next + (b + j) * s.stride, z * before + (1.f - z) * n);
  }
}
/** Sums are [h-side z r x-side]; kept as [h-side z r n]. */
static void gruStep(const Step &given) {
  const Step s = given;
  ix b = 0;
  for (; b + 2 <= s.n; b += 2) gruGates<2>(s, b);
  for (; b < s.n; b++) gruGates<1>(s, b);
  b = 0;
  for (; !s.read && b + 4 <= s.n; b += 4) gruStates<4>(s, b);
  for (; b < s.n; b++) {
    if (!s.read || s.read[b]) gruStates<1>(s, b);
    else store(s.next + b * s.stride, s.first ? vf{} : load(s.states + b * s.stride));
  }
}

INLINE vf activate(Activation kind, vf x) {
  return kind == RELU ? rectified(x) : kind == TANH ? hyperbolic(x) : kind == SIGMOID ? sigmoid(x) : x;
}
/** From what the activation gave. */
INLINE vf slope(Activation kind, vf y) {
  const vf zero{}, one = all(1.f);
  return kind == RELU ? (y > zero ? one : zero) : kind == TANH ? 1.f - y * y : kind == SIGMOID ? y * (1.f - y) : one;
}

/** Sums of `n` rows (+)= their columns k0 … k1 · a panel's weights, into the blocks of their part. */
INLINE void sumColumns(const Shard &shard, const Linear &l, const Part &part, ix p, const float *rows, ix n, ix k0, ix k1, float *sums, bool add) {
  const ix lanes = lanesOf(l, part, p);
  product<0, 1>(sums + part.lane * W, l.gated ? (ix)W4 : l.N, n, Left{rows + k0, l.stride, 1, 1, 0},
                shard.w + weightsOf(l, part, p) + (k0 - part.k0) * lanes, 0, lanes, k1 - k0, add);
}
/** The sums of `n` rows of several steps begun, with what their inputs add; those of a panel are `apart` from the next one's. */
static void sumInputs(const Shard &shard, const Linear &l, const float *rows, ix n, float *sums, ix apart) {
  const Part &part = l.part[l.parts - 1];
  for (ix p = 0; p < panelsOf(l); p++, sums += apart)
    sumColumns(shard, l, part, p, rows, n, most(l.H, part.k0), part.k0 + part.K, sums, false);
}
/** Sums of a panel at step s: [h 1 x] · weights, each part into its blocks; where inputs were ahead, their part is there. */
static void sumPanel(const Shard &shard, const Layer &layer, const Linear &l, ix s, ix p, const float *rows, float *sums) {
  const Part &h = l.part[0], &x = l.part[l.parts - 1];
  const ix ld = l.gated ? (ix)W4 : l.N, n = shard.n, lanes = lanesOf(l, x, p);
  const ix k0 = s == 0 && !shard.net->carry ? l.H : 0; // the state before the first step is zero
  if (l.parts > 1 && !layer.ids && l.H + l.ones + l.F <= PAIRED) {
    const float *w = shard.w;
    productPair(sums, ld, n, l.stride, {rows + x.k0, w + weightsOf(l, x, p), x.K},
                {rows + k0, w + weightsOf(l, h, p) + k0 * 3 * W, h.K - k0});
    return;
  }
  if (layer.ids) startWithRows(shard, l, l.reversed ? shard.T - 1 - s : s, sums + x.lane * W, ld, p * (l.gated ? lanes : W4), lanes);
  if (l.parts > 1) {
    if (!l.ahead) sumColumns(shard, l, x, p, rows, n, x.k0, x.k0 + x.K, sums, layer.ids);
    for (ix b = 0; b < n; b++) store(sums + b * ld, vf{}); // a GRU's first block, which the input does not feed
  }
  sumColumns(shard, l, h, p, rows, n, k0, l.parts == 1 && l.ahead ? l.H : h.K, sums, l.parts > 1 || l.ahead || layer.ids);
}

/** What stands before the first step: zero, or where the window's stream stands. */
static void beginStates(Shard &shard, const Layer &layer, const Linear &l) {
  const Net &net = *shard.net;
  const ix n = shard.n;
  if (shard.T == 1 && !net.carry) return; // nobody reads it
  for (ix b = 0; b < n; b++) {
    const bool on = net.data.continues && net.data.continues[net.batch.start + shard.first + b];
    const float *from = on ? net.carried + (shard.first + b) * net.streamWidth + layer.carried : nullptr;
    float *h = l.rows + b * l.stride;
    if (on) copy(h, from, l.H);
    else zero(h, l.H);
    for (ix p = 0; net.carry && layer.kind == LSTM && p < panelsOf(l); p++)
      store(l.firstCells + (p * n + b) * 2 * W, on ? load(from + l.H + p * W) : vf{});
  }
}
/** Where the streams stand after the last step. */
static void keepStates(const Shard &shard, const Layer &layer, const Linear &l) {
  const Net &net = *shard.net;
  const ix T = shard.T, n = shard.n, Tc = shard.training ? T : 2, last = shard.training ? T - 1 : (T - 1) & 1;
  for (ix b = 0; b < n; b++) {
    float *to = net.next + (shard.first + b) * net.streamWidth + layer.carried;
    copy(to, l.rows + (T * n + b) * l.stride, l.H);
    for (ix p = 0; layer.kind == LSTM && p < panelsOf(l); p++)
      store(to + l.H + p * W, load(l.cells + ((p * Tc + last) * n + b) * 2 * W));
  }
}

/** What panel p of the next step writes. */
INLINE void fetchNext(const Layer &layer, const Linear &l, ix p, const float *sums, ix row, ix n, const float *next) {
  soon(sums + n * W4, n * W4);
  if (layer.kind == LSTM) soon(l.cells + (row + n) * 2 * W, n * 2 * W);
  if (p == 0) soon(next + n * l.stride, n * l.stride);
}

/** to (rows, width) = from, or += from. Every argument a value of its own: a store may have changed what stands in memory. */
template <bool ADD> static void addRows(float *to, ix toRow, const float *from, ix fromRow, ix rows, ix width) {
  for (; rows > 0; rows--, to += toRow, from += fromRow)
    for (ix u = 0; u < width; u += W) store(to + u, ADD ? load(to + u) + load(from + u) : load(from + u));
}

APART void forwardDirection(Shard &shard, const Layer &layer, const Linear &l, View out, ix column) {
  const ix T = shard.T, n = shard.n, Tc = shard.training ? T : 2, ahead = stepsAhead(l, n), Tz = shard.training ? T : least(T, ahead);
  const bool carry = shard.net->carry;
  if (shard.from == 0) beginStates(shard, layer, l);
  for (ix s = shard.from; s < shard.to && !stopped(*shard.net); s++) {
    const ix t = l.reversed ? T - 1 - s : s, early = (s - shard.from) % ahead, zs = shard.training ? s : early, cs = shard.training ? s : s & 1;
    const float *rows = l.rows + s * n * l.stride;
    float *next = l.rows + (s + 1) * n * l.stride;
    const uint8_t *read = shard.masked ? shard.read + t * n : nullptr;
    if (l.ahead && early == 0) sumInputs(shard, l, rows, least(ahead, shard.to - s) * n, l.sums + zs * n * W4, Tz * n * W4);
    for (ix p = 0; p < panelsOf(l); p++) {
      float *sums = l.gated ? l.sums + (p * Tz + zs) * n * W4 : l.sums + zs * n * l.N + p * W4;
      if (shard.net->batch.far && l.gated) fetchNext(layer, l, p, sums, (p * Tc + cs) * n, n, next);
      sumPanel(shard, layer, l, s, p, rows, sums);
      if (!l.gated) continue;
      float *cells = layer.kind == LSTM ? l.cells + p * Tc * n * 2 * W : nullptr;
      const ix u = p * W, earlier = shard.training ? s - 1 : (s & 1) ^ 1;
      Step step{n, l.stride, sums, nullptr, nullptr, rows + u, next + u, read, s == 0 && !carry};
      if (cells) step.cells = cells + cs * n * 2 * W;
      if (cells && s > 0) step.cellsBefore = cells + earlier * n * 2 * W;
      if (cells && s == 0 && carry) step.cellsBefore = l.firstCells + p * n * 2 * W;
      if (layer.kind == GRU) gruStep(step);
      else if (layer.activation == RELU) step.first ? lstmStep<true, true>(step) : lstmStep<true, false>(step);
      else step.first ? lstmStep<false, true>(step) : lstmStep<false, false>(step);
    }
    if (!l.gated) {
      for (ix b = 0; b < n; b++) {
        const float *sums = l.sums + (zs * n + b) * l.N;
        const bool skipped = read && !read[b];
        for (ix u = 0; u < l.H; u += W)
          store(next + b * l.stride + u, skipped ? load(rows + b * l.stride + u) : activate(layer.activation, load(sums + u)));
      }
    }
    if (!layer.every && s < T - 1) continue;
    addRows<false>(out.p + (layer.every ? t * n : 0) * out.row + column, out.row, next, l.stride, n, l.H);
  }
  if (carry && shard.to == T) keepStates(shard, layer, l);
}

static void forwardRecurrent(Shard &shard, int i) {
  const Layer &layer = shard.layers[i];
  const View out = inputOf(shard, i + 1);
  for (int d = 0; d < layer.directions; d++) {
    const Linear &l = layer.linear[d];
    if (d == 1 && l.F) { // the other direction reads copies, in its own order
      const Linear &other = layer.linear[0];
      for (ix s = 0; s < shard.T; s++)
        for (ix b = 0; b < shard.n; b++)
          copy(l.rows + (s * shard.n + b) * l.stride + l.H + l.ones,
               other.rows + ((shard.T - 1 - s) * shard.n + b) * other.stride + other.H + other.ones, l.F);
    }
    forwardDirection(shard, layer, l, out, d * layer.U);
  }
}

/**
 * The same step backward: what stands in `sums` becomes gradients; `carry` (n, H) is the gradient of h, used up or handed on. The last row comes
 * first: so all that is read of a panel runs backwards through memory, and processors fetch ahead.
 */
struct StepBack {
  ix n, stride, H;
  float *sums;
  const float *cells, *cellsBefore, *states;
  float *carry, *carryCell;
  const uint8_t *read;
  bool first;
};
INLINE void none(float *sums) {
  for (int g = 0; g < 4; g++) store(sums + g * W, vf{});
}
template <bool RECTIFIED> static void lstmBack(const StepBack &s) {
  const vf nothing{}, one = all(1.f);
  for (ix b = s.n; b-- > 0;) {
    float *z = s.sums + b * W4, *carry = s.carry + b * s.H, *carryCell = s.carryCell + b * W;
    if (s.read && !s.read[b]) {
      none(z);
      continue;
    }
    const vf i = load(z), f = load(z + W), candidate = load(z + 2 * W), o = load(z + 3 * W), shown = load(s.cells + b * 2 * W + W);
    const vf dh = flushed(load(carry));
    const vf dc = flushed(load(carryCell) + dh * o * (RECTIFIED ? (shown > nothing ? one : nothing) : 1.f - shown * shown));
    store(z, dc * candidate * (i * (1.f - i)));
    store(z + W, s.first ? nothing : dc * load(s.cellsBefore + b * 2 * W) * (f * (1.f - f)));
    store(z + 2 * W, dc * i * (RECTIFIED ? (candidate > nothing ? one : nothing) : 1.f - candidate * candidate));
    store(z + 3 * W, dh * shown * (o * (1.f - o)));
    store(carryCell, dc * f);
    store(carry, nothing);
  }
}
static void gruBack(const StepBack &s) {
  for (ix b = s.n; b-- > 0;) {
    float *sums = s.sums + b * W4, *carry = s.carry + b * s.H;
    if (s.read && !s.read[b]) {
      none(sums);
      continue;
    }
    const vf inner = load(sums), z = load(sums + W), r = load(sums + 2 * W), n = load(sums + 3 * W), dh = flushed(load(carry));
    const vf before = s.first ? vf{} : load(s.states + b * s.stride);
    const vf toCandidate = dh * (1.f - z) * (1.f - n * n);
    store(sums, toCandidate * r);
    store(sums + W, dh * (before - n) * z * (1.f - z));
    store(sums + 2 * W, toCandidate * inner * r * (1.f - r));
    store(sums + 3 * W, toCandidate);
    store(carry, dh * z);
  }
}

/** A of a product over gradients of gates: all panels of a part, from step s on. */
static Left gatesOf(const Linear &l, const Part &part, ix row, ix all) {
  if (!l.gated) return {l.sums + row * l.N, l.N, 1, 1, 0};
  return {l.sums + row * W4 + part.lane * W, W4, 1, l.N / W4, all * W4};
}
/** to (rows, padded) (+)= gradients of gates · the transposed weights at `back`. */
static void backProduct(const Linear &l, const Part &part, const float *back, ix row, ix rows, ix all, float *to, ix padded, bool add) {
  if (l.gated) product<W4, 1>(to, padded, rows, gatesOf(l, part, row, all), back, 0, padded, part.width * W, add);
  else product<0, 1>(to, padded, rows, gatesOf(l, part, row, all), back, 0, padded, l.U, add);
}

/**
 * Gradients of the weights: rows of [h 1 x], transposed, times gradients of gates. One step: the state before is zero, if none is carried. Where
 * a panel takes most of the first cache, wide rows are transposed first: the product would fetch a line of each row for every few columns.
 */
static void weightGradient(Shard &shard, const Linear &l, ix from, ix to) {
  const ix all = shard.T * shard.n;
  const bool wide = transposesRows(l);
  for (ix r = from; r < to; r += KC) {
    const ix count = least(KC, to - r);
    for (int q = 0; q < l.parts; q++) {
      const Part &part = l.part[q];
      const ix k0 = shard.T == 1 && part.k0 < l.H && !shard.net->carry ? l.H : part.k0, K = part.k0 + part.K - k0;
      const float *rows = l.rows + r * l.stride + k0;
      if (wide) turn(rows, l.stride, count, K, shard.transposed, TRANSPOSED_STRIDE);
      for (ix p = 0; p < panelsOf(l); p++) {
        const ix lanes = lanesOf(l, part, p), ld = l.gated ? (ix)W4 : l.N;
        const float *sums = l.gated ? l.sums + (p * all + r) * W4 + part.lane * W : l.sums + r * l.N + p * W4;
        float *g = shard.g + weightsOf(l, part, p) + (k0 - part.k0) * lanes;
        if (wide) product<TRANSPOSED_STRIDE, 1>(g, lanes, K, Left{shard.transposed, TRANSPOSED_STRIDE, 1, 1, 0}, sums, ld, lanes, count, true);
        else product<1, 0>(g, lanes, K, Left{rows, 1, l.stride, 1, 0}, sums, ld, lanes, count, true);
      }
    }
  }
}

static void tableGradient(Shard &shard, const Linear &l) {
  const Part &part = l.part[l.parts - 1];
  const ix T = shard.T, n = shard.n;
  for (ix s = 0; s < T; s++)
    for (ix b = 0; b < n; b++) {
      const int32_t id = shard.ids[(l.reversed ? T - 1 - s : s) * n + b];
      if (id < 0) continue;
      float *to = touchedRow(shard, id) + l.tableColumn;
      for (ix p = 0; p < panelsOf(l); p++) {
        const ix lanes = lanesOf(l, part, p);
        const float *from = l.gated ? l.sums + ((p * T + s) * n + b) * W4 + part.lane * W : l.sums + (s * n + b) * l.N + p * W4;
        for (ix j = 0; j < lanes; j += W, to += W) store(to, load(to) + load(from + j));
      }
    }
}

/** `outer`: gradient of this direction's states, rows `row` apart. */
static void backwardDirection(Shard &shard, Layer &layer, const Linear &l, const float *outer, ix row, float *input, bool add) {
  const Net &net = *shard.net;
  const ix T = shard.T, n = shard.n, all = T * n;
  ix taken = all; // rows from here on have their part in the gradients of the weights, and of the input
  const Part &part = l.part[l.parts - 1];
  float *inputs = l.reversed ? shard.temporary : input;
  if (shard.to == T) zero(l.carryCell, n * l.H);
  for (ix s = shard.to - 1; s >= shard.from; s--) {
    if (stopped(net)) return;
    const ix t = l.reversed ? T - 1 - s : s;
    const uint8_t *read = shard.masked ? shard.read + t * n : nullptr;
    const float *given = outer + (layer.every ? t * n : 0) * row;
    if (s == T - 1) addRows<false>(l.carry, l.H, given, row, n, l.H);
    else if (layer.every) addRows<true>(l.carry, l.H, given, row, n, l.H);
    const float *states = l.rows + s * n * l.stride, *next = l.rows + (s + 1) * n * l.stride;
    if (l.gated) {
      for (ix p = 0; p < l.N / W4; p++) {
        const float *cells = layer.kind == LSTM ? l.cells + (p * T + s) * n * 2 * W : nullptr;
        const float *cellsBefore = cells && s > 0 ? cells - n * 2 * W : net.carry ? l.firstCells + p * n * 2 * W : nullptr;
        const StepBack step{n, l.stride, l.H, l.sums + (p * T + s) * n * W4, cells, cellsBefore, states + p * W, l.carry + p * W,
                            l.carryCell + p * n * W, read, s == 0 && !net.carry};
        if (net.batch.far && s > 0) soon(step.sums - n * W4, n * W4);
        if (net.batch.far && cells && s > 1) soon(cells - 2 * n * 2 * W, n * 2 * W);
        if (layer.kind == GRU) gruBack(step);
        else if (layer.activation == RELU) lstmBack<true>(step);
        else lstmBack<false>(step);
      }
    } else {
      for (ix b = 0; b < n; b++) {
        float *sums = l.sums + (s * n + b) * l.N, *carry = l.carry + b * l.H;
        const bool skipped = read && !read[b];
        for (ix u = 0; u < l.H; u += W) {
          store(sums + u, skipped ? vf{} : flushed(load(carry + u)) * slope(layer.activation, load(next + b * l.stride + u)));
          if (!skipped) store(carry + u, vf{});
        }
      }
    }
    if (s > 0) backProduct(l, l.part[0], shard.back + l.part[0].stateBack, s * n, n, all, l.carry, l.H, true);
    if (s > shard.from && taken - (s - 1) * n <= KC) continue;
    // while what they are made of is in a near cache
    if (shard.from == 0) weightGradient(shard, l, s * n, taken);
    const ix end = least(taken, shard.to * n); // own steps before have theirs
    if (input) backProduct(l, part, shard.back + part.inputBack, s * n, end - s * n, all, inputs + s * n * layer.Fp, layer.Fp, false);
    taken = s * n;
  }
  if (shard.from == 0 && layer.ids) tableGradient(shard, l);
  if (!input || !add) return;
  for (ix s = 0; s < T; s++)
    for (ix j = 0; j < n * layer.Fp; j += W) {
      float *at = input + (T - 1 - s) * n * layer.Fp + j;
      store(at, load(at) + load(shard.temporary + s * n * layer.Fp + j));
    }
}

static void backwardRecurrent(Shard &shard, int i) {
  Layer &layer = shard.layers[i];
  const float *outer = gradientAfter(shard, i);
  float *input = wantsInput(*shard.net, i) ? layer.gradient : nullptr;
  const ix row = paddedAfter(shard, i);
  if (layer.directions == 1) {
    backwardDirection(shard, layer, layer.linear[0], outer, row, input, false);
    return;
  }
  const ix rows = layer.every ? shard.T * shard.n : shard.n;
  for (int d = 0; d < 2; d++) {
    for (ix r = 0; r < rows; r++) {
      for (ix u = 0; u < layer.U; u++) layer.split[r * layer.Up + u] = outer[r * row + d * layer.U + u];
      for (ix u = layer.U; u < layer.Up; u++) layer.split[r * layer.Up + u] = 0;
    }
    backwardDirection(shard, layer, layer.linear[d], layer.split, layer.Up, input, d == 1);
  }
}

/** Gradients of weights that are no weights: rows of padded states, which a sigmoid lifts from zero. */
static void clearPaddedStates(Shard &shard, const Layer &layer, const Linear &l) {
  const Part &part = l.part[0];
  for (ix p = 0; p < panelsOf(l); p++) {
    const ix lanes = lanesOf(l, part, p);
    zero(shard.g + weightsOf(l, part, p) + layer.U * lanes, (l.H - layer.U) * lanes);
  }
}
