// The one matrix product: C (+)= A · B with rows of C held in registers, A broadcast, B read in panels of up to 4 vectors.
// In: pointers and strides. Out: C. Not here: what the matrices mean. Each value is summed over k in order, however rows are grouped.
#pragma once
#include "memory.h"

#ifndef KC
#define KC 128 // rows of a panel that stay in the first cache: KC · 4W floats are 16 KB for W 8
#endif

// Rows of a block of 4 vectors. 32 registers: 6 × 4 sums, 6 rows, 1 vector of B; 16: 3 × 4, 3, 1; without FMA a product needs its own.
#if defined(__AVX512F__) || defined(__aarch64__)
#define ROWS_OF_FOUR 6
#elif defined(__FMA__)
#define ROWS_OF_FOUR 3
#else
#define ROWS_OF_FOUR 2
#endif

/** A: value (r, k) at p[r · row + k · step]; k may run through `outer` pieces `apart` from each other. */
struct Left {
  const float *p;
  ix row, step, outer, apart;
};

/** One block of MR rows and NV vectors. AR, AS: strides of A known at compile time where not 0. */
template <int NV, int MR, int AR, int AS>
static __attribute__((noinline)) void block(float *C, ix ldc, const Left &a, const float *B, ix ldb, ix K, bool add) {
  const ix row = AR ? AR : a.row, step = AS ? AS : a.step;
  vf c[MR][NV];
  if (add) {
    UNROLL for (int r = 0; r < MR; r++) UNROLL for (int v = 0; v < NV; v++) c[r][v] = load(C + r * ldc + v * W);
  } else {
    UNROLL for (int r = 0; r < MR; r++) UNROLL for (int v = 0; v < NV; v++) c[r][v] = vf{};
  }
  for (ix o = 0; o < a.outer; o++) {
    const float *A = a.p + o * a.apart;
    for (ix k = K; k > 0; k--, A += step, B += ldb) {
      if constexpr (NV < MR) { // few vectors of B: they stay, A comes one by one
        vf b[NV];
        UNROLL for (int v = 0; v < NV; v++) {
          b[v] = load(B + v * W);
          KEEP(b[v]);
        }
        UNROLL for (int r = 0; r < MR; r++) {
          vf s = all(A[r * row]);
          KEEP(s);
          UNROLL for (int v = 0; v < NV; v++) c[r][v] += s * b[v];
        }
      } else { // few rows: their values stay, B comes one by one
        vf s[MR];
        UNROLL for (int r = 0; r < MR; r++) {
          s[r] = all(A[r * row]);
          KEEP(s[r]);
        }
        UNROLL for (int v = 0; v < NV; v++) {
          vf b = load(B + v * W);
          KEEP(b);
          UNROLL for (int r = 0; r < MR; r++) c[r][v] += s[r] * b;
        }
      }
    }
  }
  UNROLL for (int r = 0; r < MR; r++) UNROLL for (int v = 0; v < NV; v++) store(C + r * ldc + v * W, c[r][v]);
}

template <int NV, int MR, int AR, int AS>
INLINE void blockOf(ix rows, float *C, ix ldc, const Left &a, const float *B, ix ldb, ix K, bool add) {
  if constexpr (MR > 0) {
    if (rows == MR) block<NV, MR, AR, AS>(C, ldc, a, B, ldb, K, add);
    else blockOf<NV, MR - 1, AR, AS>(rows, C, ldc, a, B, ldb, K, add);
  }
}

/** One panel of NV vectors, any number of rows, dealt out evenly: 7 rows by 3 are 3 2 2. */
template <int NV, int AR, int AS>
static void panel(float *C, ix ldc, ix rows, Left a, const float *B, ix ldb, ix K, bool add) {
  constexpr int four = ROWS_OF_FOUR;
  constexpr int MR = NV == 4 ? four : NV == 3 ? four * 4 / 3 : four * 2;
  const ix groups = (rows + MR - 1) / MR, each = groups ? rows / groups : 0, extra = groups ? rows % groups : 0;
  for (ix g = 0; g < groups; g++) {
    const ix m = each + (g < extra);
    blockOf<NV, MR, AR, AS>(m, C, ldc, a, B, ldb, K, add);
    C += m * ldc;
    a.p += m * (AR ? AR : a.row);
  }
}

/**
 * C (rows, N) (+)= A (rows, outer · K) · B. N is a multiple of W. B in packed panels of 4W columns, one after the other, where ldb is 0;
 * else row-major with rows ldb apart. K is cut so that a panel stays in the first cache.
 */
template <int AR, int AS>
static void product(float *C, ix ldc, ix rows, Left a, const float *B, ix ldb, ix N, ix K, bool add) {
  const ix total = a.outer * K;
  for (ix j = 0; j < N; j += W4) {
    const ix lanes = least(N - j, W4), vectors = lanes / W, ld = ldb ? ldb : lanes;
    const float *columns = ldb ? B + j : B + j * total;
    Left part = a;
    for (ix done = 0; done < total || (total == 0 && !add);) {
      ix k = K;
      if (a.outer > 1) {
        part.outer = least((total - done) / K, KC > K ? KC / K : 1);
        part.p = a.p + done / K * a.apart;
      } else {
        k = least(KC, total - done);
        part.p = a.p + done * (AS ? AS : a.step);
      }
      const float *b = columns + done * ld;
      const bool on = add || done > 0;
      if (vectors == 4) panel<4, AR, AS>(C + j, ldc, rows, part, b, ld, k, on);
      else if (vectors == 3) panel<3, AR, AS>(C + j, ldc, rows, part, b, ld, k, on);
      else if (vectors == 2) panel<2, AR, AS>(C + j, ldc, rows, part, b, ld, k, on);
      else panel<1, AR, AS>(C + j, ldc, rows, part, b, ld, k, on);
      if (total == 0) break;
      done += part.outer * k;
    }
  }
}

/** Multiply-adds done by `times` bare blocks on data in the first cache: the limit the rest is measured against, when timed. */
static double bareProducts(int32_t times) {
  constexpr int rows = ROWS_OF_FOUR;
  enum { K = 64 };
  alignas(64) float a[rows * K], b[K * W4], c[rows * W4];
  zero(a, rows * K);
  zero(b, K * W4);
  const auto bare = &block<4, rows, K, 1>;
  for (int32_t i = 0; i < times; i++) {
    bare(c, W4, Left{a, K, 1, 1, 0}, b, W4, K, false);
    asm volatile("" : : "r"(c), "r"(a), "r"(b) : "memory");
  }
  return (double)times * rows * K * W4;
}
