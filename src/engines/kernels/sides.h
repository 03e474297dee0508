// Two shards as two sides, where two threads are at work: each has what it can of its own. What one writes and the other reads has to travel
// between their caches, which takes longer than to transpose weights, or to sum a small network's gradients and update its weights, twice.
// In: a network and a team. Out: a step taken, with the bytes it has without sides. Not here: what a step is made of (step.h).
#pragma once
#include "step.h"

/** What the sides have of their own. */
enum Sides { NOTHING, TRANSPOSED, EVERYTHING };

static void endSides(Net &net) {
  release(net.secondBack);
  if (net.twin) release(net.twin->room);
  release(net.twin);
  net.secondBack = nullptr;
  net.twin = nullptr;
}
static bool makeSecondBack(Net &net) {
  if (!net.secondBack) net.secondBack = (float *)allocate((size_t)net.backSize * sizeof(float));
  return net.secondBack;
}
static bool makeTwin(Net &net) {
  if (net.twin) return true;
  Twin *twin = (Twin *)allocate(sizeof(Twin));
  if (!twin) return false;
  const auto carve = [&](Carve c) {
    float **const arrays[] = {&twin->w, &twin->m, &twin->v, &twin->sums[0], &twin->sums[1]};
    for (float **array : arrays) c.take(*array, net.size);
    return c.used;
  };
  twin->bytes = (ix)carve(Carve{nullptr, 0});
  twin->room = (char *)allocate((size_t)twin->bytes);
  carve(Carve{twin->room, 0});
  if (twin->room) net.twin = twin;
  else release(twin);
  return net.twin;
}
/** Whether a layer may be lean in a batch of `count` windows. */
static bool mayBeLean(const Net &net, ix count) {
  bool may = false;
  for (int i = 0; i < net.count; i++) {
    may = may || areFew(net.layers[i], count);
  }
  return may;
}
/**
 * Sides of a training that begins, with memory for them. Batches differ in windows, and in the length of those: none may have more shards than
 * two, and a twin needs gradients that each shard has all of.
 */
static Sides sidesOf(Net &net, const Team *team, const int32_t *bounds, ix batches) {
  if (!team || team->helpers < 1 || net.backSize > SECOND_BACK) return NOTHING;
  ix shards = 0, fewest = bounds[batches] - bounds[0];
  for (ix k = 0; k < batches; k++) {
    const ix count = bounds[k + 1] - bounds[k];
    shards = most(shards, shardsOf(net, count, stepsOf(net, bounds[k])));
    fewest = least(fewest, count);
  }
  if (shards != 2 || !makeSecondBack(net)) return NOTHING;
  const bool small = net.dense <= TWIN_WEIGHTS && !net.tableRows && !net.asleep && !mayBeLean(net, fewest);
  if (!small || !makeTwin(net)) return TRANSPOSED;
  copy(net.twin->w, net.w, net.size);
  copy(net.twin->m, net.m, net.size);
  copy(net.twin->v, net.v, net.size);
  return EVERYTHING;
}

/** Side k's part in gradients: its weights transposed as they are now, and its shard. */
static void learnSide(Net &net, Sides sides, ix k) {
  if (k >= net.batch.shards) return;
  Shard &shard = net.shards[k];
  float *back = k == 0 ? net.back : net.secondBack;
  if (k == 1 && sides == EVERYTHING) shard.w = net.twin->w;
  shard.back = back;
  for (ix p = 0; p < panelsOf(net, false); p++) renewPanel(net, shard.w, back, p);
  learn(net, shard, k);
}
/** Side k's sum, decision and update: as those of sumPart, decide and updatePart, in their order. */
static void followSide(Net &net, ix k, double rate, double clip) {
  Twin &twin = *net.twin;
  double squares = 0;
  for (ix s = 0; s < denseStretches(net); s++) squares += addStretch(net, s, twin.sums[k]);
  twin.norm[k] = __builtin_sqrt(squares);
  if (!lossFinite(net) || !finite(twin.norm[k])) return;
  const Update update = updateOf(net, rate, clipped(twin.norm[k], clip));
  if (k == 0 && net.standing) changePlaces(net);
  const Places places = k == 0 ? placesOf(net) : Places{twin.w, twin.m, twin.v, twin.w, twin.m, twin.v};
  UPDATES[net.optimizer](places, update, 0, twin.sums[k], net.dense);
}
static bool followBoth(Net &net, Team *team, double rate, double clip, double *results) {
  const double power1 = net.power1, power2 = net.power2, raised = net.raised;
  if (net.optimizer <= ADAMW) raisePowers(net);
  inParts(team, 2, [&](ix k) { followSide(net, k, rate, clip); });
  results[3] = net.twin->norm[0];
  if (lossFinite(net) && finite(results[3])) return true;
  net.power1 = power1;
  net.power2 = power2;
  net.raised = raised;
  return false;
}

/** A training step, made ready. False where it changed nothing: asked to stop, or not finite. */
static bool takeStep(Net &net, Team *team, Sides sides, double rate, double clip, double *results) {
  if (sides == NOTHING) {
    run(net, team, RENEW);
    run(net, team, GRADIENTS);
  } else {
    inParts(team, 2, [&](ix k) { learnSide(net, sides, k); });
  }
  if (stopped(net)) return false;
  if (sides == EVERYTHING) return followBoth(net, team, rate, clip, results);
  run(net, team, SUM);
  if (stopped(net) || !decide(net, rate, clip, results)) return false;
  run(net, team, UPDATE);
  return true;
}
