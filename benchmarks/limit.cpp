// The limit: a bare matrix product in registers and first cache, the fastest of several shapes, on as many threads as asked.
// In: a line with a number of threads. Out: a line {"ok":true,"rate":GFLOP/s of all threads together}. Compiled once per instruction set
// with the flags of the addon (limit.ts). Not here: anything of the engines' own kernels.

#include <stdio.h>
#include <stdlib.h>
#include <atomic>
#include <chrono>
#include <thread>

#if defined(__AVX512F__)
enum { W = 16 };
#elif defined(__AVX__)
enum { W = 8 };
#else
enum { W = 4 };
#endif
#if defined(__x86_64__)
#define KEEP(x) asm("" : "+x"(x))
#define KEEP_WIDE(x) asm("" : "+v"(x))
#else
#define KEEP(x)
#define KEEP_WIDE(x)
#endif
#if defined(__AVX512F__)
#define HOLD KEEP_WIDE
#else
#define HOLD KEEP
#endif

typedef float vf __attribute__((vector_size(4 * W)));
typedef float vu __attribute__((vector_size(4 * W), aligned(4), may_alias));

enum { K = 128, ROWS = 48 }; // a panel of K rows and the rows of A stay in the first cache

struct Data {
  alignas(64) float a[ROWS * K], b[K * 4 * W], c[ROWS * 4 * W];
};

/** C (ROWS, NV vectors) += A (ROWS, K) · B (K, NV vectors), MR rows at a time. */
template <int NV, int MR>
static __attribute__((noinline)) void product(Data &d) {
  for (int row = 0; row + MR <= ROWS; row += MR) {
    const float *a = d.a + row * K, *b = d.b;
    vf c[MR][NV];
    for (int r = 0; r < MR; r++)
      for (int v = 0; v < NV; v++) c[r][v] = *(const vu *)(d.c + (row + r) * 4 * W + v * W);
    for (int k = 0; k < K; k++, b += NV * W) {
      if constexpr (NV < MR) {
        vf s[NV];
#pragma GCC unroll 16
        for (int v = 0; v < NV; v++) {
          s[v] = *(const vu *)(b + v * W);
          HOLD(s[v]);
        }
#pragma GCC unroll 16
        for (int r = 0; r < MR; r++) {
          vf x = a[r * K + k] - vf{};
          HOLD(x);
#pragma GCC unroll 16
          for (int v = 0; v < NV; v++) c[r][v] += x * s[v];
        }
      } else {
        vf s[MR];
#pragma GCC unroll 16
        for (int r = 0; r < MR; r++) {
          s[r] = a[r * K + k] - vf{};
          HOLD(s[r]);
        }
#pragma GCC unroll 16
        for (int v = 0; v < NV; v++) {
          vf x = *(const vu *)(b + v * W);
          HOLD(x);
#pragma GCC unroll 16
          for (int r = 0; r < MR; r++) c[r][v] += s[r] * x;
        }
      }
    }
    for (int r = 0; r < MR; r++)
      for (int v = 0; v < NV; v++) *(vu *)(d.c + (row + r) * 4 * W + v * W) = c[r][v] * 1e-3f;
  }
}

typedef void (*Kernel)(Data &);
struct Shape {
  Kernel run;
  double work; // of one call
};
template <int NV, int MR>
static Shape shape() {
  return {product<NV, MR>, 2. * (ROWS / MR * MR) * K * NV * W};
}

static double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

static Data *data() {
  Data *d = new (std::align_val_t(64)) Data;
  for (float &x : d->a) x = rand() / (float)RAND_MAX - 0.5f;
  for (float &x : d->b) x = rand() / (float)RAND_MAX - 0.5f;
  for (float &x : d->c) x = 0;
  return d;
}

/** GFLOP/s of all threads together over about `seconds`: the sum of what each did in its own time. */
static double rate(const Shape &s, int threads, double seconds) {
  std::atomic<int> ready{0};
  double rates[64];
  auto work = [&](int t) {
    Data *d = data();
    for (int i = 0; i < 200; i++) s.run(*d);
    ready++;
    while (ready < threads) std::this_thread::yield();
    const double start = now();
    double spent = 0;
    long calls = 0;
    for (; spent < seconds; spent = now() - start, calls += 100)
      for (int i = 0; i < 100; i++) s.run(*d);
    rates[t] = calls * s.work / spent / 1e9;
    operator delete(d, std::align_val_t(64));
  };
  std::thread pool[64];
  for (int t = 1; t < threads; t++) pool[t] = std::thread(work, t);
  work(0);
  double sum = rates[0];
  for (int t = 1; t < threads; t++) {
    pool[t].join();
    sum += rates[t];
  }
  return sum;
}

int main() {
  const Shape shapes[] = {shape<4, 3>(), shape<4, 2>(), shape<2, 6>(), shape<3, 4>(), shape<2, 4>(),
#if defined(__AVX512F__) || defined(__ARM_NEON)
                          shape<4, 6>(), shape<2, 12>(), shape<3, 8>(),
#endif
                          shape<1, 8>()};
  const Shape *best = shapes;
  double most = 0;
  for (int round = 0; round < 3; round++)
    for (const Shape &s : shapes) {
      const double found = rate(s, 1, 0.01);
      if (found > most) most = found, best = &s;
    }
  printf("{\"ok\":true,\"rate\":%.2f}\n", most);
  fflush(stdout);
  char line[64];
  while (fgets(line, sizeof line, stdin)) {
    const int asked = atoi(line), threads = asked < 1 ? 1 : asked > 64 ? 64 : asked;
    printf("{\"ok\":true,\"rate\":%.2f}\n", rate(*best, threads, 0.03));
    fflush(stdout);
  }
}
