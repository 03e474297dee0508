// The two ends of the layers: a learnable affine of normalised values, a skip from inputs to outputs, and own outputs as inputs of later steps.
// In: rows of inputs and of the last layer. Out: rows, and gradients, forward beside backward. Not here: layers, data, losses.
#pragma once
#include "rows.h"

/** Values of target channels among the inputs of the steps at work, times gamma plus beta. */
static void enter(Shard &shard) {
  const Net &net = *shard.net;
  if (!net.affine) return;
  const View in = inputOf(shard, 0);
  const float *gamma = shard.w + net.gamma, *beta = shard.w + net.beta;
  for (ix r = shard.from * shard.n; r < shard.to * shard.n; r++) {
    float *x = in.p + r * in.row, *normal = shard.normal + r * net.relative;
    for (ix f = 0; f < net.relative; f++) {
      normal[f] = x[f];
      x[f] = gamma[f % net.C] * x[f] + beta[f % net.C];
    }
  }
}

/** Rows of outputs of the steps at work: the last layer's, plus the skip's part, minus beta over gamma. */
static void leave(Shard &shard) {
  const Net &net = *shard.net;
  if (!net.skips && !net.affine) return;
  const bool every = net.layers[net.count - 1].every;
  const ix n = shard.n, first = every ? shard.from * n : 0, rows = every ? shard.to * n - first : n;
  float *left = shard.left + first * net.outStride;
  for (ix r = 0; r < rows; r++) copy(left + r * net.outStride, shard.out + (first + r) * net.outStride, net.outputsPadded);
  if (net.skips) {
    const View in = inputOf(shard, 0);
    const ix read = every ? first : (shard.T - 1) * n;
    product<0, 1>(left, net.outStride, rows, Left{in.p + read * in.row, in.row, 1, 1, 0}, shard.w + net.skip, net.outputsPadded,
                  net.outputsPadded, net.features, true);
  }
  if (!net.affine) return;
  for (ix r = 0; r < rows; r++) {
    float *row = left + r * net.outStride;
    for (ix j = 0; j < net.outputs; j++) {
      const ix c = j / net.Q % net.C;
      row[j] = (row[j] - shard.w[net.beta + c]) / shard.w[net.gamma + c];
    }
  }
}

/** The gradient of what leaves, in place, to that of the last layer; once all rows have theirs, the skip's weights get theirs too. */
static void leaveBack(Shard &shard) {
  const Net &net = *shard.net;
  const bool every = net.layers[net.count - 1].every;
  const ix n = shard.n, first = every ? shard.from * n : 0, end = every ? shard.to * n : n;
  for (ix r = first; net.affine && r < end; r++) {
    float *gradient = shard.outGradient + r * net.outputsPadded;
    const float *left = shard.left + r * net.outStride;
    for (ix j = 0; j < net.outputs; j++) {
      const ix c = j / net.Q % net.C;
      const float before = gradient[j] / shard.w[net.gamma + c];
      shard.g[net.gamma + c] -= before * left[j];
      shard.g[net.beta + c] -= before;
      gradient[j] = before;
    }
  }
  if (!net.skips || shard.from > 0) return;
  const View in = inputOf(shard, 0);
  const ix rows = every ? shard.T * n : n, read = every ? 0 : (shard.T - 1) * n;
  product<1, 0>(shard.g + net.skip, net.outputsPadded, net.features, Left{in.p + read * in.row, 1, in.row, 1, 0}, shard.outGradient,
                net.outputsPadded, net.outputsPadded, rows, true);
}

/** Adds the skip's part to the gradient of what the first layer read, and turns that of the target channels' values into theirs. */
static void enterBack(Shard &shard) {
  const Net &net = *shard.net;
  if (!net.feedsBack) return;
  const Layer &layer = shard.layers[0];
  const bool every = net.layers[net.count - 1].every;
  const ix n = shard.n, skipped = every ? 0 : (shard.T - 1) * n; // rows before have no part in the skip
  for (ix r = shard.from * n; r < shard.to * n; r++) {
    float *gradient = layer.gradient + r * layer.Fp;
    for (ix f = 0; f < net.relative; f++) {
      if (net.skips && r >= skipped) {
        const float *outer = shard.outGradient + (r - skipped) * net.outputsPadded, *w = shard.w + net.skip + f * net.outputsPadded;
        float sum = 0;
        for (ix j = 0; j < net.outputs; j++) sum += outer[j] * w[j];
        gradient[f] += sum;
      }
      if (!net.affine) continue;
      const ix c = f % net.C;
      shard.g[net.gamma + c] += gradient[f] * shard.normal[r * net.relative + f];
      shard.g[net.beta + c] += gradient[f];
      gradient[f] *= shard.w[net.gamma + c];
    }
  }
}

/** Calls `work(row of an own output, channel, feature)` for every value of step t, of window b, that is one. */
template <class Work> static void eachFed(const Shard &shard, ix t, ix b, Work work) {
  const Net &net = *shard.net;
  for (int l = 0; l < net.lagCount; l++) {
    const ix before = t - net.lags[l]; // the step whose output it is
    if (before < shard.known - 1) continue;
    for (ix c = 0; c < net.C; c++) work(before * shard.n + b, c, l * net.C + c);
  }
}
/** Fills the values of step t that are own outputs. */
static void feed(Shard &shard, ix t) {
  const Net &net = *shard.net;
  const View in = inputOf(shard, 0);
  for (ix b = 0; b < shard.n; b++) {
    float *x = in.p + (t * shard.n + b) * in.row;
    eachFed(shard, t, b, [&](ix row, ix c, ix f) {
      const double shift = net.base == SEASON ? shard.shifts[(row - (shard.known - 1) * shard.n) * net.C + c] : 0;
      const double value = shard.left[row * net.outStride + c * net.Q + net.central] + shift;
      x[f] = (float)(value > net.most ? net.most : value < -net.most ? -net.most : value);
    });
  }
}
/** Adds their gradients to those of the outputs. */
static void feedBack(Shard &shard, ix t) {
  const Net &net = *shard.net;
  const Layer &layer = shard.layers[0];
  const View in = inputOf(shard, 0);
  for (ix b = 0; b < shard.n; b++) {
    const ix at = t * shard.n + b;
    const float *x = net.affine ? shard.normal + at * net.relative : in.p + at * in.row;
    eachFed(shard, t, b, [&](ix row, ix c, ix f) {
      if (x[f] >= (float)net.most || x[f] <= -(float)net.most) return; // held at the clip
      shard.outGradient[row * net.outputsPadded + c * net.Q + net.central] += layer.gradient[at * layer.Fp + f];
    });
  }
}

static void workOn(Shard &shard, ix from, ix to) {
  shard.from = from;
  shard.to = to;
}
/** The known steps at once, then own ones one by one. */
static void forwardAll(Shard &shard) {
  for (ix t = shard.known - 1; t < shard.T && !stopped(*shard.net); t++) {
    const bool own = t >= shard.known;
    if (own) feed(shard, t);
    workOn(shard, own ? t : 0, t + 1);
    enter(shard);
    forwardNet(shard);
    leave(shard);
  }
}
/** Back from the last own step to the first, then through the known ones at once. */
static void backwardAll(Shard &shard) {
  for (ix t = shard.T - 1; t >= shard.known - 1 && !stopped(*shard.net); t--) {
    const bool own = t >= shard.known;
    workOn(shard, own ? t : 0, t + 1);
    leaveBack(shard);
    backwardNet(shard);
    enterBack(shard);
    if (own) feedBack(shard, t);
  }
}
