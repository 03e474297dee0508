// Layers that treat each row by itself: dense, dropout, embedding, layer-norm; forward beside backward. In: rows. Out: rows, and gradients.
// Not here: layers with a state (recurrent.h).
#pragma once
#include "recurrent.h"

/** Four words of Philox 4x32-10 at counter (c0, c1, c2, 0): the draws of core/random.ts. */
static void philox(uint32_t k0, uint32_t k1, uint32_t c0, uint32_t c1, uint32_t c2, uint32_t *out) {
  uint32_t c3 = 0;
  for (int round = 0; round < 10; round++) {
    const uint64_t a = (uint64_t)0xd2511f53u * c0, b = (uint64_t)0xcd9e8d57u * c2;
    c0 = (uint32_t)(b >> 32) ^ c1 ^ k0;
    c1 = (uint32_t)b;
    c2 = (uint32_t)(a >> 32) ^ c3 ^ k1;
    c3 = (uint32_t)a;
    k0 += 0x9e3779b9u;
    k1 += 0xbb67ae85u;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}
/** The order of `shuffle` in core/random.ts: Fisher–Yates, each draw at a counter of its own. */
static void shuffle(uint32_t seed, uint32_t key, uint32_t epoch, int32_t *order, int32_t count) {
  uint32_t words[4];
  for (ix i = 0; i < count; i++) order[i] = (int32_t)i;
  for (ix i = count - 1; i > 0; i--) {
    philox(seed, key, (uint32_t)i, epoch, 0, words);
    const ix j = (ix)(words[0] / 4294967296. * (double)(i + 1));
    const int32_t swapped = order[i];
    order[i] = order[j];
    order[j] = swapped;
  }
}

// ---- dense layers of few units: weights of a unit side by side

/** The first `count` lanes; zeros for those of padding, where anything may stand. */
INLINE vf firstOf(vf x, ix count) {
  vi lane{};
  UNROLL for (int i = 0; i < W; i++) lane[i] = i;
  return lane < (int32_t)count ? x : vf{};
}
static float dot(const float *a, const float *b, ix count) {
  vf sums{};
  ix k = 0;
  for (; k + W <= count; k += W) sums += load(a + k) * load(b + k);
  if (k < count) sums += firstOf(load(a + k), count - k) * load(b + k);
  float sum = 0;
  for (int lane = 0; lane < W; lane++) sum += sums[lane];
  return sum;
}
static void forwardFew(const Shard &shard, const Linear &l, View out, ix first, ix end) {
  const float *w = shard.w + l.part[0].weights, *x = l.rows + first * l.stride;
  const ix K = l.part[0].K, U = l.U, pitch = l.pitch, stride = l.stride;
  float *to = out.p + first * out.row;
  for (ix r = first; r < end; r++, x += stride, to += out.row) {
    store(to, vf{});
    for (ix u = 0; u < U; u++) to[u] = dot(x, w + u * pitch, K);
  }
}
/** g (NV vectors) += rows of x, each times its d. */
template <int NV> INLINE void addWeighted(float *g, const float *x, ix stride, const float *d, ix next, ix rows, ix count) {
  vf sums[NV]{};
  for (; rows > 0; rows--, x += stride, d += next) {
    const vf s = all(*d);
    UNROLL for (int v = 0; v < NV; v++) sums[v] += load(x + v * W) * s;
  }
  UNROLL for (int v = 0; v < NV; v++) store(g + v * W, load(g + v * W) + firstOf(sums[v], count - v * W));
}
/** Gradients of the weights, of `rows` rows. */
static void weightsOfFew(const Shard &shard, const Linear &l, const float *gradient, ix rows) {
  const ix K = l.part[0].K, stride = l.stride, N = l.N;
  for (ix u = 0; u < l.U; u++) {
    float *g = shard.g + l.part[0].weights + u * l.pitch;
    ix k = 0;
    for (; k + W4 <= K; k += W4) addWeighted<4>(g + k, l.rows + k, stride, gradient + u, N, rows, W4);
    for (; k < K; k += W) addWeighted<1>(g + k, l.rows + k, stride, gradient + u, N, rows, K - k);
  }
}
/** Gradients of the input, from row `first` to `end`. */
static void inputOfFew(const Shard &shard, const Linear &l, const float *gradient, ix first, ix end, float *to, ix padded) {
  const float *w = shard.w + l.part[0].weights + l.ones;
  for (ix r = first; r < end; r++)
    for (ix f = 0; f < padded; f += W) {
      vf sum{};
      for (ix u = 0; u < l.U; u++) sum += load(w + u * l.pitch + f) * gradient[r * l.N + u];
      store(to + r * padded + f, sum);
    }
}

static void forwardDense(Shard &shard, int i) {
  const Layer &layer = shard.layers[i];
  const Linear &l = layer.linear[0];
  const View out = inputOf(shard, i + 1);
  const ix first = firstRow(shard, layer), end = endRow(shard, layer);
  if (layer.ids)
    for (ix r = first; r < end; r += shard.n) startWithRows(shard, l, r / shard.n, out.p + r * out.row, out.row, 0, l.N);
  const Part &part = l.part[0];
  if (l.pitch)
    forwardFew(shard, l, out, first, end);
  else
    product<0, 1>(out.p + first * out.row, out.row, end - first, Left{l.rows + first * l.stride, l.stride, 1, 1, 0},
                  shard.w + part.weights, 0, l.N, part.K, layer.ids);
  if (layer.activation == LINEAR) return;
  for (ix r = first; r < end; r++)
    for (ix u = 0; u < l.N; u += W) {
      float *at = out.p + r * out.row + u;
      store(at, activate(layer.activation, load(at)));
    }
}

/** Adds rows of gradients to those of the table's rows their ids name. */
static void rowsGradient(Shard &shard, ix rows, const float *gradient, ix N) {
  for (ix r = 0; r < rows; r++, gradient += N) {
    if (shard.ids[r] < 0) continue;
    float *to = touchedRow(shard, shard.ids[r]);
    for (ix u = 0; u < N; u += W) store(to + u, load(to + u) + load(gradient + u));
  }
}
/** to (rows, padded) = gradients · weights transposed, read as they stand: it is the gradients that are turned, and what comes of them. */
static void backFromWeights(const Shard &shard, const Linear &l, const float *gradient, ix rows, float *to, ix padded) {
  const Part &part = l.part[0];
  alignas(64) float turned[W4 * W4];
  zero(turned, W4 * W4);
  for (; rows > 0; rows -= W4, gradient += W4 * l.N, to += W4 * padded) {
    const ix n = least(rows, W4), row = up(n, W);
    for (ix p = 0; p < panelsOf(l); p++) {
      const ix lanes = lanesOf(l, part, p);
      const Left weights{shard.w + weightsOf(l, part, p) + l.ones * lanes, lanes, 1, 1, 0};
      turn(gradient + p * W4, l.N, n, lanes, turned, row);
      if (lanes == W4) product<W4, 1>(shard.temporary, row, l.F, weights, turned, 0, row, lanes, p > 0);
      else product<0, 1>(shard.temporary, row, l.F, weights, turned, 0, row, lanes, p > 0);
    }
    for (ix f = 0; f < l.F; f++)
      for (ix r = 0; r < n; r++) to[r * padded + f] = shard.temporary[f * row + r];
  }
}
static void backwardDense(Shard &shard, int i) {
  Layer &layer = shard.layers[i];
  const Linear &l = layer.linear[0];
  const View out = inputOf(shard, i + 1);
  const ix rows = rowsIn(shard, layer), first = firstRow(shard, layer), end = endRow(shard, layer);
  float *gradient = gradientAfter(shard, i);
  if (layer.activation != LINEAR) {
    for (ix r = first; r < end; r++)
      for (ix u = 0; u < l.N; u += W) {
        float *at = gradient + r * l.N + u;
        store(at, load(at) * slope(layer.activation, load(out.p + r * out.row + u)));
      }
  }
  const Part &part = l.part[0];
  const bool whole = shard.from == 0; // by now all rows have their gradients
  const bool lean = isLean(*shard.net, layer);
  if (whole && l.pitch) weightsOfFew(shard, l, gradient, rows);
  for (ix r = 0; whole && !lean && !l.pitch && r < rows; r += KC) {
    for (ix p = 0; p < panelsOf(l); p++) {
      const ix lanes = lanesOf(l, part, p);
      product<1, 0>(shard.g + weightsOf(l, part, p), lanes, part.K, Left{l.rows + r * l.stride, 1, l.stride, 1, 0},
                    gradient + r * l.N + p * W4, l.N, lanes, least(KC, rows - r), true);
    }
  }
  if (layer.ids && whole) rowsGradient(shard, rows, gradient, l.N);
  if (layer.ids || !wantsInput(*shard.net, i)) return;
  if (l.pitch)
    inputOfFew(shard, l, gradient, first, end, layer.gradient, layer.Fp);
  else if (lean)
    backFromWeights(shard, l, gradient + first * l.N, end - first, layer.gradient + first * layer.Fp, layer.Fp);
  else
    product<0, 1>(layer.gradient + first * layer.Fp, layer.Fp, end - first, Left{gradient + first * l.N, l.N, 1, 1, 0},
                  shard.back + part.inputBack, 0, layer.Fp, l.U, false);
}

static void forwardEmbedding(Shard &shard, int i) {
  const Layer &layer = shard.layers[i];
  const View out = inputOf(shard, i + 1);
  for (ix t = shard.from; t < shard.to; t++) startWithRows(shard, layer.linear[0], t, out.p + t * shard.n * out.row, out.row, 0, layer.Up);
}
static void backwardEmbedding(Shard &shard, int i) {
  if (shard.from == 0) rowsGradient(shard, shard.T * shard.n, gradientAfter(shard, i), shard.layers[i].Up);
}

/** Factors 0 or 1 / (1 − rate); window b of the batch, step t, feature j is drawn at index (b · T + t) · F + j. */
static void drawFactors(Shard &shard, Layer &layer) {
  const ix T = layer.sequence ? shard.T : 1, F = layer.F;
  const double bar = layer.number * 4294967296.;
  const float kept = (float)(1 / (1 - layer.number));
  uint32_t words[4];
  for (ix b = 0; b < shard.n; b++) {
    int64_t index = (int64_t)(shard.first + b) * T * F;
    if (index % 4) philox(shard.net->seed, layer.key, (uint32_t)(index / 4), shard.net->step, shard.net->epoch, words);
    for (ix t = 0; t < T; t++) {
      float *factors = layer.extra + (t * shard.n + b) * layer.Fp;
      for (ix j = 0; j < F; j++, index++) {
        if (index % 4 == 0) philox(shard.net->seed, layer.key, (uint32_t)(index / 4), shard.net->step, shard.net->epoch, words);
        factors[j] = words[index % 4] >= bar ? kept : 0.f;
      }
    }
  }
}
static void forwardDropout(Shard &shard, int i) {
  Layer &layer = shard.layers[i];
  const View out = inputOf(shard, i + 1);
  if (shard.training && shard.from == 0) drawFactors(shard, layer);
  for (ix r = firstRow(shard, layer); r < endRow(shard, layer); r++) {
    const float *x = layer.x + r * layer.stride, *factors = layer.extra + r * layer.Fp;
    float *to = out.p + r * out.row;
    for (ix j = 0; j < layer.Fp; j += W) store(to + j, shard.training ? load(x + j) * load(factors + j) : load(x + j));
  }
}
static void backwardDropout(Shard &shard, int i) {
  Layer &layer = shard.layers[i];
  if (!wantsInput(*shard.net, i)) return;
  const float *gradient = gradientAfter(shard, i);
  for (ix j = firstRow(shard, layer) * layer.Fp; j < endRow(shard, layer) * layer.Fp; j += W) store(layer.gradient + j, load(gradient + j) * load(layer.extra + j));
}

static void forwardNorm(Shard &shard, int i) {
  Layer &layer = shard.layers[i];
  const View out = inputOf(shard, i + 1);
  const ix F = layer.F;
  const float *gamma = shard.w + layer.gamma, *beta = shard.w + layer.beta;
  for (ix r = firstRow(shard, layer); r < endRow(shard, layer); r++) {
    const float *x = layer.x + r * layer.stride;
    float *normal = layer.extra + r * layer.Fp, *to = out.p + r * out.row;
    double mean = 0, variance = 0;
    for (ix j = 0; j < F; j++) mean += x[j];
    mean /= F;
    for (ix j = 0; j < F; j++) variance += (x[j] - mean) * (x[j] - mean);
    const double scale = 1 / __builtin_sqrt(variance / F + layer.number);
    layer.scales[r] = (float)scale;
    for (ix j = 0; j < F; j++) {
      normal[j] = (float)((x[j] - mean) * scale);
      to[j] = gamma[j] * normal[j] + beta[j];
    }
  }
}
static void backwardNorm(Shard &shard, int i) {
  Layer &layer = shard.layers[i];
  const ix F = layer.F;
  const float *outer = gradientAfter(shard, i), *gamma = shard.w + layer.gamma;
  float *toGamma = shard.g + layer.gamma, *toBeta = shard.g + layer.beta;
  for (ix r = firstRow(shard, layer); r < endRow(shard, layer); r++) {
    const float *dy = outer + r * layer.Fp, *normal = layer.extra + r * layer.Fp;
    double sum = 0, along = 0;
    for (ix j = 0; j < F; j++) {
      const float d = dy[j] * gamma[j];
      toBeta[j] += dy[j];
      toGamma[j] += dy[j] * normal[j];
      sum += d;
      along += (double)d * normal[j];
    }
    if (!wantsInput(*shard.net, i)) continue;
    const float mean = (float)(sum / F), slant = (float)(along / F), scale = layer.scales[r];
    for (ix j = 0; j < F; j++) layer.gradient[r * layer.Fp + j] = scale * (dy[j] * gamma[j] - mean - normal[j] * slant);
  }
}

static void forwardNet(Shard &shard) {
  for (int i = 0; i < shard.net->count; i++) {
    switch (shard.layers[i].kind) {
      case DENSE: forwardDense(shard, i); break;
      case DROPOUT: forwardDropout(shard, i); break;
      case EMBEDDING: forwardEmbedding(shard, i); break;
      case LAYER_NORM: forwardNorm(shard, i); break;
      default: forwardRecurrent(shard, i);
    }
  }
}
static void backwardNet(Shard &shard) {
  for (int i = shard.net->count - 1; i >= 0; i--) {
    switch (shard.layers[i].kind) {
      case DENSE: backwardDense(shard, i); break;
      case DROPOUT: backwardDropout(shard, i); break;
      case EMBEDDING: backwardEmbedding(shard, i); break;
      case LAYER_NORM: backwardNorm(shard, i); break;
      default: backwardRecurrent(shard, i);
    }
  }
}
