// LSTM, GRU and SimpleRNN over one tile: forward beside backward. In: input rows of a tile. Out: states, and gradients.
// Not here: data, losses. Gate equations: engines/reference/layers/.
#pragma once
#include "network.h"

/** Starts sums with the table's rows of the step's ids, or −1: zeros. */
static void startWithRows(const Net &net, const Linear &l, ix t, float *sums, ix ld, ix column, ix lanes) {
  for (ix b = 0; b < net.n; b++) {
    const int32_t id = net.ids[t * net.n + b];
    float *to = sums + b * ld;
    if (id < 0) zero(to, lanes);
    else copy(to, net.w + l.table + id * l.N + column, lanes);
  }
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

template <bool RECTIFIED> static void lstmStep(const Step &s) {
  for (ix b = 0; b < s.n; b++) {
    float *z = s.sums + b * W4, *c = s.cells + b * 2 * W;
    const vf before = s.first ? vf{} : load(s.cellsBefore + b * 2 * W);
    if (s.read && !s.read[b]) {
      store(c, before);
      store(s.next + b * s.stride, load(s.states + b * s.stride));
      continue;
    }
    const vf i = sigmoid(load(z)), f = sigmoid(load(z + W)), x = load(z + 2 * W), o = sigmoid(load(z + 3 * W));
    const vf candidate = RECTIFIED ? rectified(x) : hyperbolic(x);
    const vf cell = s.first ? i * candidate : f * before + i * candidate;
    const vf shown = RECTIFIED ? rectified(cell) : hyperbolic(cell);
    store(z, i);
    store(z + W, f);
    store(z + 2 * W, candidate);
    store(z + 3 * W, o);
    store(c, cell);
    store(c + W, shown);
    store(s.next + b * s.stride, o * shown);
  }
}

/** Sums are [z r x-side h-side]; kept as [z r n h-side]. */
static void gruStep(const Step &s) {
  for (ix b = 0; b < s.n; b++) {
    float *sums = s.sums + b * W4;
    const vf before = s.first ? vf{} : load(s.states + b * s.stride);
    if (s.read && !s.read[b]) {
      store(s.next + b * s.stride, before);
      continue;
    }
    const vf z = sigmoid(load(sums)), r = sigmoid(load(sums + W));
    const vf n = hyperbolic(load(sums + 2 * W) + r * load(sums + 3 * W));
    store(sums, z);
    store(sums + W, r);
    store(sums + 2 * W, n);
    store(s.next + b * s.stride, z * before + (1.f - z) * n);
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

static void forwardDirection(Net &net, const Layer &layer, const Linear &l, View out, ix column) {
  const ix T = net.T, n = net.n, Tz = net.training ? T : 1, Tc = net.training ? T : 2;
  for (ix b = 0; b < n; b++) zero(l.rows + b * l.stride, l.H);
  for (ix s = 0; s < T; s++) {
    const ix t = l.reversed ? T - 1 - s : s, k0 = s ? 0 : l.H, zs = net.training ? s : 0, cs = net.training ? s : s & 1;
    const float *rows = l.rows + s * n * l.stride;
    float *next = l.rows + (s + 1) * n * l.stride;
    const uint8_t *read = net.masked ? net.read + t * n : nullptr;
    for (ix p = 0; p < l.N; p += W4) {
      const ix lanes = least(l.N - p, W4), ld = l.gated ? (ix)W4 : l.N;
      float *sums = l.gated ? l.sums + (p / W4 * Tz + zs) * n * W4 : l.sums + zs * n * l.N + p;
      if (layer.ids) startWithRows(net, l, t, sums, ld, p, lanes);
      product<0, 1>(sums, ld, n, Left{rows + k0, l.stride, 1, 1, 0}, net.w + l.weights + p * l.K + k0 * lanes, 0, lanes, l.K - k0,
                    layer.ids);
      if (!l.gated) continue;
      float *cells = layer.kind == LSTM ? l.cells + p / W4 * Tc * n * 2 * W : nullptr;
      const ix u = p / W4 * W, earlier = net.training ? s - 1 : (s & 1) ^ 1;
      Step step{n, l.stride, sums, nullptr, nullptr, rows + u, next + u, read, s == 0};
      if (cells) step.cells = cells + cs * n * 2 * W;
      if (cells && s > 0) step.cellsBefore = cells + earlier * n * 2 * W;
      if (layer.kind == GRU) gruStep(step);
      else if (layer.activation == RELU) lstmStep<true>(step);
      else lstmStep<false>(step);
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
    for (ix b = 0; b < n; b++) {
      float *to = out.p + (layer.every ? t * n + b : b) * out.row + column;
      for (ix u = 0; u < l.H; u += W) store(to + u, load(next + b * l.stride + u));
    }
  }
}

static void forwardRecurrent(Net &net, int i) {
  const Layer &layer = net.layers[i];
  const View out = inputOf(net, i + 1);
  for (int d = 0; d < layer.directions; d++) {
    const Linear &l = layer.linear[d];
    if (d == 1 && l.F) { // the other direction reads copies, in its own order
      const Linear &other = layer.linear[0];
      for (ix s = 0; s < net.T; s++)
        for (ix b = 0; b < net.n; b++)
          copy(l.rows + (s * net.n + b) * l.stride + l.H + l.ones,
               other.rows + ((net.T - 1 - s) * net.n + b) * other.stride + other.H + other.ones, l.F);
    }
    forwardDirection(net, layer, l, out, d * layer.U);
  }
}

/** The same step backward: what stands in `sums` becomes gradients; `carry` (n, H) is the gradient of h, used up or handed on. */
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
  for (ix b = 0; b < s.n; b++) {
    float *z = s.sums + b * W4, *carry = s.carry + b * s.H, *carryCell = s.carryCell + b * W;
    if (s.read && !s.read[b]) {
      none(z);
      continue;
    }
    const vf i = load(z), f = load(z + W), candidate = load(z + 2 * W), o = load(z + 3 * W), shown = load(s.cells + b * 2 * W + W);
    const vf dh = load(carry);
    const vf dc = load(carryCell) + dh * o * (RECTIFIED ? (shown > nothing ? one : nothing) : 1.f - shown * shown);
    store(z, dc * candidate * (i * (1.f - i)));
    store(z + W, s.first ? nothing : dc * load(s.cellsBefore + b * 2 * W) * (f * (1.f - f)));
    store(z + 2 * W, dc * i * (RECTIFIED ? (candidate > nothing ? one : nothing) : 1.f - candidate * candidate));
    store(z + 3 * W, dh * shown * (o * (1.f - o)));
    store(carryCell, dc * f);
    store(carry, nothing);
  }
}
static void gruBack(const StepBack &s) {
  for (ix b = 0; b < s.n; b++) {
    float *sums = s.sums + b * W4, *carry = s.carry + b * s.H;
    if (s.read && !s.read[b]) {
      none(sums);
      continue;
    }
    const vf z = load(sums), r = load(sums + W), n = load(sums + 2 * W), inner = load(sums + 3 * W), dh = load(carry);
    const vf before = s.first ? vf{} : load(s.states + b * s.stride);
    const vf toCandidate = dh * (1.f - z) * (1.f - n * n);
    store(sums, dh * (before - n) * z * (1.f - z));
    store(sums + W, toCandidate * inner * r * (1.f - r));
    store(sums + 2 * W, toCandidate);
    store(sums + 3 * W, toCandidate * r);
    store(carry, dh * z);
  }
}

/** `outer`: gradient of this direction's states, rows `row` apart. */
static void backwardDirection(Net &net, Layer &layer, const Linear &l, const float *outer, ix row, float *input, bool add) {
  const ix T = net.T, n = net.n, all = T * n;
  zero(net.carry, n * l.H);
  zero(net.carryCell, n * l.H);
  for (ix s = T - 1; s >= 0; s--) {
    const ix t = l.reversed ? T - 1 - s : s;
    const uint8_t *read = net.masked ? net.read + t * n : nullptr;
    if (layer.every || s == T - 1) {
      for (ix b = 0; b < n; b++) {
        const float *from = outer + (layer.every ? t * n + b : b) * row;
        float *to = net.carry + b * l.H;
        for (ix u = 0; u < l.H; u += W) store(to + u, load(to + u) + load(from + u));
      }
    }
    const float *states = l.rows + s * n * l.stride, *next = l.rows + (s + 1) * n * l.stride;
    if (l.gated) {
      for (ix p = 0; p < l.N / W4; p++) {
        const float *cells = layer.kind == LSTM ? l.cells + (p * T + s) * n * 2 * W : nullptr;
        const float *cellsBefore = cells && s > 0 ? cells - n * 2 * W : nullptr;
        const StepBack step{n, l.stride, l.H, l.sums + (p * T + s) * n * W4, cells, cellsBefore, states + p * W, net.carry + p * W,
                            net.carryCell + p * n * W, read, s == 0};
        if (layer.kind == GRU) gruBack(step);
        else if (layer.activation == RELU) lstmBack<true>(step);
        else lstmBack<false>(step);
      }
    } else {
      for (ix b = 0; b < n; b++) {
        float *sums = l.sums + (s * n + b) * l.N, *carry = net.carry + b * l.H;
        const bool skipped = read && !read[b];
        for (ix u = 0; u < l.H; u += W) {
          store(sums + u, skipped ? vf{} : load(carry + u) * slope(layer.activation, load(next + b * l.stride + u)));
          if (!skipped) store(carry + u, vf{});
        }
      }
    }
    if (s == 0) continue;
    const float *back = net.back + l.stateBack;
    if (l.gated) product<W4, 1>(net.carry, l.H, n, Left{l.sums + s * n * W4, W4, 1, l.N / W4, all * W4}, back, 0, l.H, W4, true);
    else product<0, 1>(net.carry, l.H, n, Left{l.sums + s * n * l.N, l.N, 1, 1, 0}, back, 0, l.H, l.N, true);
  }

  const ix k0 = T > 1 ? 0 : l.H; // one step: the state before is zero
  for (ix r = 0; r < all; r += KC) {
    for (ix p = 0; p < l.N; p += W4) {
      const ix lanes = least(l.N - p, W4), ld = l.gated ? (ix)W4 : l.N;
      const float *sums = l.gated ? l.sums + (p / W4 * all + r) * W4 : l.sums + r * l.N + p;
      product<1, 0>(net.g + l.weights + p * l.K + k0 * lanes, lanes, l.K - k0, Left{l.rows + r * l.stride + k0, 1, l.stride, 1, 0},
                    sums, ld, lanes, least(KC, all - r), true);
    }
  }
  if (layer.ids) {
    const ix used = layer.kind == GRU ? 3 * W : W4; // the state side of a GRU's candidate has no input
    for (ix s = 0; s < T; s++)
      for (ix b = 0; b < n; b++) {
        const int32_t id = net.ids[(l.reversed ? T - 1 - s : s) * n + b];
        if (id < 0) continue;
        float *to = net.g + l.table + id * l.N;
        for (ix p = 0; p < l.N; p += W4) {
          const float *from = l.gated ? l.sums + ((p / W4 * T + s) * n + b) * W4 : l.sums + (s * n + b) * l.N + p;
          for (ix j = 0; j < least(used, l.N - p); j += W) store(to + p + j, load(to + p + j) + load(from + j));
        }
      }
  }
  if (!input) return;
  float *to = l.reversed ? net.temporary : input;
  if (l.gated) product<W4, 1>(to, layer.Fp, all, Left{l.sums, W4, 1, l.N / W4, all * W4}, net.back + l.inputBack, 0, layer.Fp, W4, false);
  else product<0, 1>(to, layer.Fp, all, Left{l.sums, l.N, 1, 1, 0}, net.back + l.inputBack, 0, layer.Fp, l.N, false);
  if (!add) return;
  for (ix s = 0; s < T; s++)
    for (ix j = 0; j < n * layer.Fp; j += W) {
      float *at = input + (T - 1 - s) * n * layer.Fp + j;
      store(at, load(at) + load(net.temporary + s * n * layer.Fp + j));
    }
}

static void backwardRecurrent(Net &net, int i) {
  Layer &layer = net.layers[i];
  const float *outer = gradientAfter(net, i);
  float *input = i > 0 ? layer.gradient : nullptr;
  const ix row = paddedAfter(net, i);
  if (layer.directions == 1) {
    backwardDirection(net, layer, layer.linear[0], outer, row, input, false);
    return;
  }
  const ix rows = layer.every ? net.T * net.n : net.n;
  for (int d = 0; d < 2; d++) {
    for (ix r = 0; r < rows; r++) {
      for (ix u = 0; u < layer.U; u++) layer.split[r * layer.Up + u] = outer[r * row + d * layer.U + u];
      for (ix u = layer.U; u < layer.Up; u++) layer.split[r * layer.Up + u] = 0;
    }
    backwardDirection(net, layer, layer.linear[d], layer.split, layer.Up, input, d == 1);
  }
}

/** Gradients of weights that are no weights: padded states, and the blocks a GRU leaves empty. */
static void clearEmptyBlocks(Net &net, const Layer &layer, const Linear &l) {
  for (ix p = 0; p < l.N; p += W4) {
    const ix lanes = least(l.N - p, W4);
    float *g = net.g + l.weights + p * l.K;
    for (ix k = layer.U; k < l.H; k++) zero(g + k * lanes, lanes);
    if (layer.kind != GRU) continue;
    for (ix k = 0; k < l.K; k++) {
      const bool ofState = k < l.H || k == l.H + 1;
      store(g + k * W4 + (ofState ? 2 : 3) * W, vf{});
    }
  }
}
