// Windows to the rows of a tile, and outputs against targets: the two ends of the network.
// In: channels and windows of the host. Out: filled rows; sums and gradients of the loss. Not here: layers.
#pragma once
#include "ends.h"

static int32_t idAt(const Net &net, ix position) {
  const double id = net.data.channels[0][position];
  return id >= 0 && id < (double)net.V ? (int32_t)id : -1;
}

ALONE double meanOf(const double *channel, double last, ix cutoff, ix values) {
  double sum = 0; // of differences, so that a large level costs no digits
  for (ix p = cutoff - values; p < cutoff; p++) sum += channel[p] - last;
  return last + sum / values;
}
/** What stands for 0 in a channel of the window [cutoff − length, cutoff). */
INLINE double levelOf(const Net &net, const double *channel, ix cutoff, ix length) {
  if (net.base == NONE) return 0;
  const double last = channel[cutoff - 1];
  return net.base == MEAN ? meanOf(channel, last, cutoff, least(net.number, length)) : last;
}
ALONE double spreadOf(const Net &net, const double *channel, ix cutoff, ix length) {
  const double last = channel[cutoff - 1];
  double sum = 0, spread = 0, size = 0;
  for (ix p = cutoff - length; p < cutoff; p++) sum += channel[p] - last;
  const double mean = sum / length; // of the differences to the last value
  for (ix p = cutoff - length; p < cutoff; p++) {
    const double away = channel[p] - last - mean;
    spread += net.scale == DEVIATION ? __builtin_fabs(away) : away * away;
    size += __builtin_fabs(channel[p]);
  }
  const double deviation = spread / length, floor = net.scaleNumber * size / length;
  const double found = net.scale == STANDARD ? __builtin_sqrt(deviation + net.scaleNumber) : deviation < floor ? floor : deviation;
  return found == 0 ? 1 : found;
}
/** What stands for 1. */
INLINE double scaleOf(const Net &net, const double *channel, ix cutoff, ix length) {
  return net.scale == UNSCALED ? 1 : spreadOf(net, channel, cutoff, length);
}
/** A value in the units of the window. */
INLINE double normal(const Net &net, double value, double base, double scale) {
  const double x = net.scale == UNSCALED ? value - base : (value - base) / scale; // a division takes as long as all else
  return x > net.most ? net.most : x < -net.most ? -net.most : x;
}
/** Where the value stands that a target at `position` is relative to, for a step that knows positions below `known`. */
static ix seasonBefore(const Net &net, ix position, ix known) {
  const ix seasons = (position - known + net.number) / net.number; // ⌈(position − known + 1) / season⌉
  return position - net.number * most(1, seasons);
}
static ix lengthOf(const Net &net, ix window) { return net.data.length ? net.data.length : net.data.lengths[window]; }
static ix beforeOf(const Net &net, ix window) { return net.data.befores ? net.data.befores[window] : lengthOf(net, window); }

/** Values of channel c, lag by lag: those of own steps, and those before what may be read, are 0. */
static void gatherTarget(const Shard &shard, ix b, ix c, ix start, ix cutoff, ix before, float *row, ix stride) {
  const Net &net = *shard.net;
  const double *channel = net.data.channels[c], level = shard.levels[b * net.C + c], scale = shard.scales[b * net.C + c];
  const ix steps = cutoff - start + net.own;
  for (int l = 0; l < net.lagCount; l++) {
    float *to = row + l * net.C + c;
    const ix from = start + 1 - net.lags[l]; // where the first step's value stands
    const ix first = least(steps, most(0, cutoff - before - from)), end = most(first, least(steps, cutoff - from));
    const double *values = channel + from;
    for (ix i = 0; i < first; i++) to[i * stride] = 0;
    if (net.scale == UNSCALED && !finite(net.most))
      for (ix i = first; i < end; i++) to[i * stride] = (float)(values[i] - level);
    else
      for (ix i = first; i < end; i++) to[i * stride] = (float)normal(net, values[i], level, scale);
    for (ix i = end; i < steps; i++) to[i * stride] = 0;
  }
}
/** What the values predicted are relative to, and what an own output lacks of an input, which is relative to the level. */
static void gatherBases(Shard &shard, ix b, ix c, ix cutoff) {
  const Net &net = *shard.net;
  const double level = shard.levels[b * net.C + c];
  for (ix h = 0; h < net.H; h++) {
    const double base = net.base == SEASON ? net.data.channels[c][seasonBefore(net, cutoff + net.data.lead + h, cutoff)] : level;
    shard.bases[(b * net.H + h) * net.C + c] = base;
    if (net.own) shard.shifts[(h * shard.n + b) * net.C + c] = (base - level) / shard.scales[b * net.C + c];
  }
}
/** Channels beside the target's: what was known then, and what was known in advance. */
ALONE void gatherOthers(const Net &net, ix start, ix length, float *row, ix stride) {
  const Data &data = net.data;
  const ix C = net.C, P = net.P, relative = net.relative, steps = length + net.own;
  for (ix i = 0; i < (P ? length : 0); i++) { // step by step: a row is in one place
    float *to = row + i * stride + relative;
    for (ix j = 0; j < P; j++) to[j] = (float)data.channels[C + j][start + i];
  }
  for (ix h = 0; h < (net.Fu ? net.D : 0); h++)
    for (ix k = 0; k < net.Fu; k++) {
      const double *channel = data.channels[C + P + k] + start + 1 + data.lead + h;
      for (ix i = 0; i < steps; i++) row[i * stride + relative + P + h * net.Fu + k] = (float)channel[i];
    }
}
static void gatherNumbers(Shard &shard, ix b, ix cutoff, ix length, ix before) {
  const Net &net = *shard.net;
  const View in = inputOf(shard, 0);
  const ix start = cutoff - length, skipped = shard.known - length, stride = shard.n * in.row, C = net.C;
  float *row = in.p + b * in.row;
  for (ix t = 0; t < skipped; t++, row += stride) zero(row, net.features);
  for (ix c = 0; c < C; c++) {
    const double *channel = net.data.channels[c];
    shard.levels[b * C + c] = levelOf(net, channel, cutoff, length);
    shard.scales[b * C + c] = scaleOf(net, channel, cutoff, length);
    gatherTarget(shard, b, c, start, cutoff, before, row, stride);
    gatherBases(shard, b, c, cutoff);
  }
  if (net.P + net.Fu > 0) gatherOthers(net, start, length, row, stride);
}

/** Inputs of the host's windows [start, start + n). */
static void gather(Shard &shard, ix start, ix n, ix T) {
  const Net &net = *shard.net;
  shard.n = n;
  shard.T = T;
  shard.known = T - net.own;
  bool padded = false;
  for (ix b = 0; b < n; b++) {
    const ix cutoff = net.data.cutoffs[start + b], length = lengthOf(net, start + b), skipped = shard.known - length;
    padded = padded || skipped > 0;
    for (ix t = 0; net.data.mask && t < T; t++) shard.read[t * n + b] = t >= skipped;
    if (!net.tokens) {
      gatherNumbers(shard, b, cutoff, length, beforeOf(net, start + b));
      continue;
    }
    for (ix t = 0; t < skipped; t++) shard.ids[t * n + b] = net.padding ? 0 : -1;
    for (ix t = skipped; t < T; t++) shard.ids[t * n + b] = idAt(net, cutoff - T + t);
  }
  shard.masked = net.data.mask && padded;
}

/** First step of a window that is measured: the forecast itself always is; of a network that runs free, outside training, it alone. */
static ix firstMeasured(const Net &net, ix known, ix length, bool training) {
  return least(known - 1, net.free && !training ? known : known - length + net.warmup);
}
/** Whether what a row's targets are relative to may be read. */
static bool hasBases(const Net &net, ix position, ix known, ix first) {
  for (ix h = 0; net.base == SEASON && h < net.D; h++)
    if (seasonBefore(net, position + h, known) < first) return false;
  return true;
}

/** Targets of the tile's windows. */
static void gatherTargets(Shard &shard, ix start) {
  const Net &net = *shard.net;
  const ix T = shard.T, n = shard.n, D = net.D, C = net.C;
  const bool every = everyStep(net);
  for (ix b = 0; b < n; b++) {
    const ix cutoff = net.data.cutoffs[start + b], measured = firstMeasured(net, shard.known, lengthOf(net, start + b), shard.training);
    for (ix t = every ? 0 : T - 1; t < T; t++) {
      const ix row = every ? t * n + b : b, next = cutoff - shard.known + t + 1, known = least(next, cutoff), position = next + net.data.lead;
      shard.kept[row] = every ? t >= measured : 1;
      if (!shard.kept[row]) continue;
      if (net.tokens) {
        const int32_t id = idAt(net, position);
        shard.targets[row] = id;
        shard.kept[row] = id >= 0;
        continue;
      }
      shard.kept[row] = hasBases(net, position, known, cutoff - beforeOf(net, start + b));
      for (ix h = 0; shard.kept[row] && h < D; h++)
        for (ix c = 0; c < C; c++) {
          const double *channel = net.data.channels[c];
          const double base = net.base == SEASON ? channel[seasonBefore(net, position + h, known)] : shard.levels[b * C + c];
          shard.targets[(row * D + h) * C + c] = normal(net, channel[position + h], base, shard.scales[b * C + c]);
        }
    }
  }
}

/** Rows with a target among windows [start, end) of a training, which read `known` steps. */
static ix countTargets(const Net &net, ix start, ix end, ix known) {
  const bool every = everyStep(net);
  if (!net.tokens && !every) return end - start;
  ix count = 0;
  for (ix w = start; w < end; w++) {
    const ix cutoff = net.data.cutoffs[w], first = cutoff - beforeOf(net, w);
    for (ix t = every ? firstMeasured(net, known, lengthOf(net, w), true) : known - 1; t < known + net.own; t++) {
      const ix next = cutoff - known + t + 1, position = next + net.data.lead;
      count += net.tokens ? idAt(net, position) >= 0 : hasBases(net, position, least(next, cutoff), first);
    }
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
  return width == 1 ? sum : sum / width;
}

/** The greatest of `count` values; where the first is no number, that. */
static float greatest(const float *values, ix count) {
  float top = values[0];
  ix j = 0;
  if (count >= W) {
    vf tops = load(values);
    for (j = W; j + W <= count; j += W) {
      const vf x = load(values + j);
      tops = x > tops ? x : tops;
    }
    for (int lane = 0; lane < W; lane++)
      if (tops[lane] > top) top = tops[lane];
  }
  for (; j < count; j++)
    if (values[j] > top) top = values[j];
  return top;
}
/** log Σ exp(logit) − logit of the truth; `logits` are used up. */
static double tokenLoss(const Net &net, float *logits, ix truth, float *gradient, double scale, bool &right) {
  const ix V = net.outputs, whole = V / W * W; // whole vectors; a rest is gone through one by one
  const float largest = greatest(logits, V);
  right = logits[truth] == largest;
  for (ix j = 0; right && j < truth; j++) right = logits[j] != largest; // the first of several
  const double distance = (double)largest - logits[truth];
  Wide sums{};
  for (ix j = 0; j < net.outputsPadded; j += W) {
    store(logits + j, exponential(load(logits + j) - largest));
    if (j == whole) break;
    const Wide e = wide(logits + j);
    sums.low += e.low;
    sums.high += e.high;
  }
  double sum = total(sums);
  for (ix j = whole; j < V; j++) sum += logits[j];
  if (gradient) {
    const float k = (float)(scale / sum);
    for (ix j = 0; j < whole; j += W) store(gradient + j, load(logits + j) * k);
    for (ix j = whole; j < V; j++) gradient[j] = logits[j] * k;
    gradient[truth] -= (float)scale;
  }
  return (finite(sum) ? logarithm(sum) : sum) + distance;
}

/** Outputs of the tile against its targets; writes their gradient where training. */
static void measure(Shard &shard, Tally &tally) {
  const Net &net = *shard.net;
  const bool every = everyStep(net), sequence = net.layers[net.count - 1].every;
  const ix rows = every ? shard.T * shard.n : shard.n, from = !every && sequence ? (shard.T - 1) * shard.n : 0;
  const ix values = net.D * net.C;
  const double scale = 1. / ((double)net.batch.counted * (net.tokens ? 1 : net.outputs));
  if (shard.training) zero(shard.outGradient, (sequence ? shard.T * shard.n : shard.n) * net.outputsPadded);
  for (ix r = 0; r < rows; r++) {
    if (!shard.kept[r]) continue;
    float *output = shard.left + (from + r) * net.outStride;
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
