// The kernels of one instruction set as a table, so that one binary can hold several builds and choose when it runs.
#pragma once
#include <stdint.h>

struct Net;

/** Runs `part(context, k)` for k = 0 … parts − 1 in any order, side by side where it can; comes back when all are done. */
struct Team {
  void (*run)(Team *team, int32_t parts, void (*part)(void *context, int32_t k), void *context);
  int32_t helpers; // threads that had nothing else to do when the job began
};

/** Numbers a training tells of each epoch. */
enum { RESULTS = 5 };

struct KernelTable {
  Net *(*create)(const int32_t *ints, const double *reals);
  void (*destroy)(Net *net);
  int32_t (*values)(const Net *net);
  void (*write)(Net *net, int32_t which, float *host);
  void (*read)(Net *net, int32_t which, float *host);
  void (*optimizer)(Net *net, const double *settings);
  int32_t (*save)(Net *net);
  void (*fallBack)(Net *net);
  void (*bind)(Net *net, const double *const *channels, const int32_t *cutoffs, const int32_t *lengths, const int32_t *settings);
  void (*stop)(Net *net, int32_t stop);
  int32_t (*train)(Net *net, Team *team, const int32_t *bounds, int32_t count, int32_t epochs, const double *rates, const double *settings,
                   double *results);
  int32_t (*evaluate)(Net *net, Team *team, int32_t start, int32_t end, double *results);
  int32_t (*predict)(Net *net, Team *team, int32_t start, int32_t end, double *outputs);
  void (*map)(int32_t which, const float *x, float *y, int32_t count);
  double (*bareProducts)(int32_t times);
  void (*rest)(Net *net);
  int64_t (*bytes)(const Net *net);
  void (*shuffle)(uint32_t seed, uint32_t key, uint32_t epoch, int32_t *order, int32_t count);
};
