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

static void forwardDense(Net &net, int i) {
  const Layer &layer = net.layers[i];
  const Linear &l = layer.linear[0];
  const View out = inputOf(net, i + 1);
  const ix rows = rowsIn(net, layer);
  if (layer.ids)
    for (ix r = 0; r < rows; r += net.n) startWithRows(net, l, r / net.n, out.p + r * out.row, out.row, 0, l.N);
  product<0, 1>(out.p, out.row, rows, Left{l.rows, l.stride, 1, 1, 0}, net.w + l.weights, 0, l.N, l.K, layer.ids);
  if (layer.activation == LINEAR) return;
  for (ix r = 0; r < rows; r++)
    for (ix u = 0; u < l.N; u += W) {
      float *at = out.p + r * out.row + u;
      store(at, activate(layer.activation, load(at)));
    }
}

static void backwardDense(Net &net, int i) {
  Layer &layer = net.layers[i];
  const Linear &l = layer.linear[0];
  const View out = inputOf(net, i + 1);
  const ix rows = rowsIn(net, layer);
  float *gradient = (float *)gradientAfter(net, i);
  if (layer.activation != LINEAR) {
    for (ix r = 0; r < rows; r++)
      for (ix u = 0; u < l.N; u += W) {
        float *at = gradient + r * l.N + u;
        store(at, load(at) * slope(layer.activation, load(out.p + r * out.row + u)));
      }
  }
  for (ix r = 0; r < rows; r += KC) {
    for (ix p = 0; p < l.N; p += W4) {
      const ix lanes = least(l.N - p, W4);
      product<1, 0>(net.g + l.weights + p * l.K, lanes, l.K, Left{l.rows + r * l.stride, 1, l.stride, 1, 0}, gradient + r * l.N + p, l.N,
                    lanes, least(KC, rows - r), true);
    }
  }
  if (layer.ids) {
    for (ix r = 0; r < rows; r++) {
      if (net.ids[r] < 0) continue;
      float *to = net.g + l.table + net.ids[r] * l.N;
      for (ix u = 0; u < l.N; u += W) store(to + u, load(to + u) + load(gradient + r * l.N + u));
    }
    return;
  }
  if (i > 0) product<0, 1>(layer.gradient, layer.Fp, rows, Left{gradient, l.N, 1, 1, 0}, net.back + l.inputBack, 0, layer.Fp, l.N, false);
}

static void forwardEmbedding(Net &net, int i) {
  const Layer &layer = net.layers[i];
  const View out = inputOf(net, i + 1);
  for (ix t = 0; t < net.T; t++) startWithRows(net, layer.linear[0], t, out.p + t * net.n * out.row, out.row, 0, layer.Up);
}
static void backwardEmbedding(Net &net, int i) {
  const Layer &layer = net.layers[i];
  const float *gradient = gradientAfter(net, i);
  for (ix r = 0; r < net.T * net.n; r++) {
    if (net.ids[r] < 0) continue;
    float *to = net.g + layer.linear[0].table + net.ids[r] * layer.Up;
    for (ix u = 0; u < layer.Up; u += W) store(to + u, load(to + u) + load(gradient + r * layer.Up + u));
  }
}

/** Factors 0 or 1 / (1 − rate); window b of the batch, step t, feature j is drawn at index (b · T + t) · F + j. */
static void drawFactors(Net &net, Layer &layer) {
  const ix T = layer.sequence ? net.T : 1, F = layer.F;
  const double bar = layer.number * 4294967296.;
  const float kept = (float)(1 / (1 - layer.number));
  uint32_t words[4];
  for (ix b = 0; b < net.n; b++) {
    int64_t index = (int64_t)(net.first + b) * T * F;
    if (index % 4) philox(net.seed, layer.key, (uint32_t)(index / 4), net.step, net.epoch, words);
    for (ix t = 0; t < T; t++) {
      float *factors = layer.extra + (t * net.n + b) * layer.Fp;
      for (ix j = 0; j < F; j++, index++) {
        if (index % 4 == 0) philox(net.seed, layer.key, (uint32_t)(index / 4), net.step, net.epoch, words);
        factors[j] = words[index % 4] >= bar ? kept : 0.f;
      }
    }
  }
}
static void forwardDropout(Net &net, int i) {
  Layer &layer = net.layers[i];
  const View out = inputOf(net, i + 1);
  const ix rows = rowsIn(net, layer);
  if (net.training) drawFactors(net, layer);
  for (ix r = 0; r < rows; r++) {
    const float *x = layer.x + r * layer.stride, *factors = layer.extra + r * layer.Fp;
    float *to = out.p + r * out.row;
    for (ix j = 0; j < layer.Fp; j += W) store(to + j, net.training ? load(x + j) * load(factors + j) : load(x + j));
  }
}
static void backwardDropout(Net &net, int i) {
  Layer &layer = net.layers[i];
  if (i == 0) return;
  const float *gradient = gradientAfter(net, i);
  for (ix j = 0; j < rowsIn(net, layer) * layer.Fp; j += W) store(layer.gradient + j, load(gradient + j) * load(layer.extra + j));
}

static void forwardNorm(Net &net, int i) {
  Layer &layer = net.layers[i];
  const View out = inputOf(net, i + 1);
  const ix F = layer.F;
  const float *gamma = net.w + layer.gamma, *beta = net.w + layer.beta;
  for (ix r = 0; r < rowsIn(net, layer); r++) {
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
static void backwardNorm(Net &net, int i) {
  Layer &layer = net.layers[i];
  const ix F = layer.F;
  const float *outer = gradientAfter(net, i), *gamma = net.w + layer.gamma;
  float *toGamma = net.g + layer.gamma, *toBeta = net.g + layer.beta;
  for (ix r = 0; r < rowsIn(net, layer); r++) {
    const float *dy = outer + r * layer.Fp, *normal = layer.extra + r * layer.Fp;
    double sum = 0, along = 0;
    for (ix j = 0; j < F; j++) {
      const float d = dy[j] * gamma[j];
      toBeta[j] += dy[j];
      toGamma[j] += dy[j] * normal[j];
      sum += d;
      along += (double)d * normal[j];
    }
    if (i == 0) continue;
    const float mean = (float)(sum / F), slant = (float)(along / F), scale = layer.scales[r];
    for (ix j = 0; j < F; j++) layer.gradient[r * layer.Fp + j] = scale * (dy[j] * gamma[j] - mean - normal[j] * slant);
  }
}

static void forwardNet(Net &net) {
  for (int i = 0; i < net.count; i++) {
    switch (net.layers[i].kind) {
      case DENSE: forwardDense(net, i); break;
      case DROPOUT: forwardDropout(net, i); break;
      case EMBEDDING: forwardEmbedding(net, i); break;
      case LAYER_NORM: forwardNorm(net, i); break;
      default: forwardRecurrent(net, i);
    }
  }
}
static void backwardNet(Net &net) {
  renewBack(net);
  for (int i = net.count - 1; i >= 0; i--) {
    switch (net.layers[i].kind) {
      case DENSE: backwardDense(net, i); break;
      case DROPOUT: backwardDropout(net, i); break;
      case EMBEDDING: backwardEmbedding(net, i); break;
      case LAYER_NORM: backwardNorm(net, i); break;
      default: backwardRecurrent(net, i);
    }
  }
}
