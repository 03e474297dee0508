// Windows to the rows of a tile, and outputs against targets: the two ends of the network.
// In: channels and windows of the host. Out: filled rows; sums and gradients of the loss. Not here: layers.
#pragma once
#include "rows.h"

static int32_t idAt(const Net &net, ix position) {
  const double id = net.data.channels[0][position];
  return id >= 0 && id < (double)net.V ? (int32_t)id : -1;
}

/** What normalisation takes off a channel of the window [cutoff − length, cutoff). */
static double takenOff(const Net &net, const double *channel, ix cutoff, ix length) {
  if (net.normalise == NONE) return 0;
  const double last = channel[cutoff - 1];
  if (net.normalise == LAST) return last;
  const ix values = least(net.mean, length);
  double sum = 0; // of differences, so that a large level costs no digits
  for (ix p = cutoff - values; p < cutoff; p++) sum += channel[p] - last;
  return last + sum / values;
}

static void gatherNumbers(Shard &shard, ix b, ix cutoff, ix length) {
  const Net &net = *shard.net;
  const Data &data = net.data;
  const View in = inputOf(shard, 0);
  const ix start = cutoff - length, skipped = shard.T - length, stride = shard.n * in.row, C = net.C, P = net.P;
  float *row = in.p + b * in.row;
  for (ix t = 0; t < skipped; t++, row += stride)
    for (ix f = 0; f < net.features; f++) row[f] = 0;
  for (ix c = 0; c < C; c++) {
    const double *channel = data.channels[c], taken = takenOff(net, channel, cutoff, length);
    shard.offsets[b * C + c] = taken;
    for (ix i = 0; i < length; i++) row[i * stride + c] = (float)(channel[start + i] - taken);
  }
  for (ix j = 0; j < P; j++)
    for (ix i = 0; i < length; i++) row[i * stride + C + j] = (float)data.channels[C + j][start + i];
  for (ix h = 0; h < (net.Fu ? net.H : 0); h++)
    for (ix k = 0; k < net.Fu; k++) {
      const double *channel = data.channels[C + P + k] + start + 1 + data.lead + h;
      for (ix i = 0; i < length; i++) row[i * stride + C + P + h * net.Fu + k] = (float)channel[i];
    }
}

/** Inputs of the host's windows [start, start + n). */
static void gather(Shard &shard, ix start, ix n, ix T) {
  const Net &net = *shard.net;
  shard.n = n;
  shard.T = T;
  bool padded = false;
  for (ix b = 0; b < n; b++) {
    const ix cutoff = net.data.cutoffs[start + b], length = net.data.lengths[start + b], skipped = T - length;
    padded = padded || skipped > 0;
    for (ix t = 0; t < T; t++) shard.read[t * n + b] = t >= skipped;
    if (!net.tokens) {
      gatherNumbers(shard, b, cutoff, length);
      continue;
    }
    for (ix t = 0; t < skipped; t++) shard.ids[t * n + b] = net.padding ? 0 : -1;
    for (ix t = skipped; t < T; t++) shard.ids[t * n + b] = idAt(net, cutoff - T + t);
  }
  shard.masked = net.data.mask && padded;
}

/** Targets of the tile's windows. */
static void gatherTargets(Shard &shard, ix start) {
  const Net &net = *shard.net;
  const ix T = shard.T, n = shard.n, H = net.H, C = net.C;
  for (ix b = 0; b < n; b++) {
    const ix cutoff = net.data.cutoffs[start + b];
    for (ix t = net.data.every ? 0 : T - 1; t < T; t++) {
      const ix row = net.data.every ? t * n + b : b, position = cutoff - T + t + 1 + net.data.lead;
      shard.kept[row] = shard.read[t * n + b];
      if (!shard.kept[row]) continue;
      if (net.tokens) {
        const int32_t id = idAt(net, position);
        shard.targets[row] = id;
        shard.kept[row] = id >= 0;
        continue;
      }
      for (ix h = 0; h < H; h++)
        for (ix c = 0; c < C; c++) shard.targets[(row * H + h) * C + c] = net.data.channels[c][position + h] - shard.offsets[b * C + c];
    }
  }
}

/** Rows with a target among windows [start, end). */
static ix countTargets(const Net &net, ix start, ix end) {
  if (!net.tokens && !net.data.every) return end - start;
  ix count = 0;
  for (ix w = start; w < end; w++) {
    const ix cutoff = net.data.cutoffs[w], length = net.data.lengths[w];
    if (!net.tokens) {
      count += length;
      continue;
    }
    for (ix p = net.data.every ? cutoff - length : cutoff - 1; p < cutoff; p++) count += idAt(net, p + 1 + net.data.lead) >= 0;
  }
  return count;
}

static double numberLoss(const Net &net, const float *output, const double *target, float *gradient, double scale) {
  const ix width = net.outputs;
  double sum = 0;
  for (ix j = 0; j < width; j++) {
    const double error = net.loss == PINBALL ? target[j / net.Q] - output[j] : output[j] - target[j];
    const double size = error < 0 ? -error : error;
    double slope;
    if (net.loss == MSE) {
      sum += error * error;
      slope = 2 * error;
    } else if (net.loss == MAE) {
      sum += size;
      slope = error > 0 ? 1 : error < 0 ? -1 : error;
    } else if (net.loss == HUBER) {
      sum += size <= net.delta ? error * error / 2 : net.delta * size - net.delta * net.delta / 2;
      slope = size <= net.delta ? error : error < 0 ? -net.delta : net.delta;
    } else {
      const double q = net.quantiles[j % net.Q];
      sum += error > 0 ? q * error : (q - 1) * error;
      slope = error > 0 ? -q : error < 0 ? 1 - q : error;
    }
    if (gradient) gradient[j] = (float)(slope * scale);
  }
  return sum / width;
}

/** log Σ exp(logit) − logit of the truth; `logits` are used up. */
static double tokenLoss(const Net &net, float *logits, ix truth, float *gradient, double scale, bool &right) {
  const ix V = net.outputs;
  float largest = logits[0];
  ix likeliest = 0;
  for (ix j = 1; j < V; j++) {
    if (logits[j] > largest) {
      largest = logits[j];
      likeliest = j;
    }
  }
  right = likeliest == truth;
  const double distance = (double)largest - logits[truth];
  double sum = 0;
  for (ix j = 0; j < net.outputsPadded; j += W) store(logits + j, exponential(load(logits + j) - largest));
  for (ix j = 0; j < V; j++) sum += logits[j];
  if (gradient) {
    const float k = (float)(scale / sum);
    for (ix j = 0; j < V; j++) gradient[j] = logits[j] * k;
    gradient[truth] -= (float)scale;
  }
  return (finite(sum) ? logarithm(sum) : sum) + distance;
}

/** Outputs of the tile against its targets; writes their gradient where training. */
static void measure(Shard &shard, Tally &tally) {
  const Net &net = *shard.net;
  const bool every = net.data.every, sequence = net.layers[net.count - 1].every;
  const ix rows = every ? shard.T * shard.n : shard.n, from = !every && sequence ? (shard.T - 1) * shard.n : 0;
  const ix values = net.H * net.C;
  const double scale = 1. / ((double)net.batch.counted * (net.tokens ? 1 : net.outputs));
  if (shard.training) zero(shard.outGradient, (sequence ? shard.T * shard.n : shard.n) * net.outputsPadded);
  for (ix r = 0; r < rows; r++) {
    if (!shard.kept[r]) continue;
    float *output = shard.out + (from + r) * net.outStride;
    float *gradient = shard.training ? shard.outGradient + (from + r) * net.outputsPadded : nullptr;
    tally.weight++;
    if (!net.tokens) {
      tally.loss += numberLoss(net, output, shard.targets + r * values, gradient, scale);
      continue;
    }
    bool right = false;
    tally.loss += tokenLoss(net, output, (ix)shard.targets[r], gradient, scale, right);
    tally.correct += right;
  }
}
