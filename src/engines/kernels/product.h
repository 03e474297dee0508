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

template <int N> struct Number {
  static constexpr int value = N;
};

/** Floats from one transposed row of up to KC values to the next: columns of such rows share no place of the first cache. */
enum { TRANSPOSED_STRIDE = KC + 16 };

/** A: value (r, k) at p[r · row + k · step]; k may run through `outer` pieces `apart` from each other. */
struct Left {
  const float *p;
  ix row, step, outer, apart;
};

/**
 * `blocks` blocks of MR rows and NV vectors, one below the other. AR, AS: strides of A known at compile time where not 0. A begins at `rows` and
 * has `outer` pieces, whatever `a` says: a changed copy of `a`, written value by value and read whole, would wait for its last store each time.
 */
template <int NV, int MR, int AR, int AS>
static __attribute__((noinline)) void column(ix blocks, float *C, ix ldc, const Left &a, const float *rows, ix outer, const float *panel, ix ldb,
                                             ix K, bool add) {
  const ix row = AR ? AR : a.row, step = AS ? AS : a.step, apart = a.apart;
  for (; blocks > 0; blocks--, rows += MR * row) {
    const float *B = panel;
    vf c[MR][NV];
    if (add) {
      float *from = C;
      UNROLL for (int r = 0; r < MR; r++, from += ldc) {
        HIDE(from);
        UNROLL for (int v = 0; v < NV; v++) c[r][v] = load(from + v * W);
      }
    } else {
      UNROLL for (int r = 0; r < MR; r++) UNROLL for (int v = 0; v < NV; v++) c[r][v] = vf{};
    }
    for (ix o = 0; o < outer; o++) {
      const float *A = rows + o * apart;
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
    UNROLL for (int r = 0; r < MR; r++, C += ldc) {
      HIDE(C);
      UNROLL for (int v = 0; v < NV; v++) store(C + v * W, c[r][v]);
    }
  }
}

template <int NV, int MR, int AR, int AS>
INLINE void columnOf(ix rows, ix blocks, float *C, ix ldc, const Left &a, const float *A, ix outer, const float *B, ix ldb, ix K, bool add) {
  if constexpr (MR > 0) {
    if (rows == MR) column<NV, MR, AR, AS>(blocks, C, ldc, a, A, outer, B, ldb, K, add);
    else columnOf<NV, MR - 1, AR, AS>(rows, blocks, C, ldc, a, A, outer, B, ldb, K, add);
  }
}

/** One panel of NV vectors, any number of rows, dealt out evenly: 7 rows by 3 are 3 2 2. */
template <int NV, int AR, int AS>
static void panel(float *C, ix ldc, ix rows, const Left &a, const float *A, ix outer, const float *B, ix ldb, ix K, bool add) {
  constexpr int four = ROWS_OF_FOUR;
  constexpr int MR = NV == 4 ? four : NV == 3 ? four * 4 / 3 : four * 2;
  const ix groups = (rows + MR - 1) / MR, each = groups > 1 ? rows / groups : rows, extra = rows - each * groups;
  if (extra > 0) {
    columnOf<NV, MR, AR, AS>(each + 1, extra, C, ldc, a, A, outer, B, ldb, K, add);
    C += extra * (each + 1) * ldc;
    A += extra * (each + 1) * (AR ? AR : a.row);
  }
  if (groups > extra) columnOf<NV, MR, AR, AS>(each, groups - extra, C, ldc, a, A, outer, B, ldb, K, add);
}

/**
 * C (rows, N) (+)= A (rows, outer · K) · B. N is a multiple of W. B in packed panels of 4W columns, one after the other, where ldb is 0;
 * else row-major with rows ldb apart. K is cut so that a panel stays in the first cache.
 */
template <int AR, int AS>
static void product(float *C, ix ldc, ix rows, const Left &a, const float *B, ix ldb, ix N, ix K, bool add) {
  const ix total = a.outer * K;
  for (ix j = 0; j < N; j += W4) {
    const ix lanes = least(N - j, W4), vectors = lanes / W, ld = ldb ? ldb : lanes;
    const float *columns = ldb ? B + j : B + j * total;
    const ix pieces = most(1, (total - KC / 8 + KC - 1) / KC), each = (total + pieces - 1) / pieces; // no piece of a few rows
    for (ix done = 0; done < total || (total == 0 && !add);) {
      const bool whole = a.outer > 1; // pieces of A stay whole
      const ix k = whole ? K : least(each, total - done), outer = whole ? least((total - done) / K, KC > K ? KC / K : 1) : a.outer;
      const float *A = a.p + (whole ? done / K * a.apart : done * (AS ? AS : a.step));
      const float *b = columns + done * ld;
      const bool on = add || done > 0;
      if (vectors == 4) panel<4, AR, AS>(C + j, ldc, rows, a, A, outer, b, ld, k, on);
      else if (vectors == 3) panel<3, AR, AS>(C + j, ldc, rows, a, A, outer, b, ld, k, on);
      else if (vectors == 2) panel<2, AR, AS>(C + j, ldc, rows, a, A, outer, b, ld, k, on);
      else panel<1, AR, AS>(C + j, ldc, rows, a, A, outer, b, ld, k, on);
      if (total == 0) break;
      done += outer * k;
    }
  }
}

/**
 * Rows of B up to which two products that meet in the same sums are one block's work. Where 3 × 4 sums are all that fits, 4 × 3 of one after
 * the other are done faster by an eighth, which soon is more than reading the sums again costs.
 */
enum { PAIRED = ROWS_OF_FOUR == 3 ? KC / 2 : 3 * KC / 2 };

/** A and B of one of two products that meet in the same sums. */
struct Half {
  const float *A, *B;
  ix K;
};
/** MR rows of 4 vectors, `first` floats on in both A: x fills the last three, then h is added to the first three. */
template <int MR> static __attribute__((noinline)) void pairBlock(float *C, ix ldc, ix first, ix stride, const Half &x, const Half &h) {
  vf c[MR][4];
  UNROLL for (int r = 0; r < MR; r++) UNROLL for (int v = 0; v < 4; v++) c[r][v] = vf{};
  const auto add = [&](const Half &half, auto lane) __attribute__((always_inline)) {
    const float *A = half.A + first, *B = half.B;
    for (ix k = half.K; k > 0; k--, A++, B += 3 * W) {
      vf b[3];
      UNROLL for (int v = 0; v < 3; v++) {
        b[v] = load(B + v * W);
        KEEP(b[v]);
      }
      UNROLL for (int r = 0; r < MR; r++) {
        vf s = all(A[r * stride]);
        KEEP(s);
        UNROLL for (int v = 0; v < 3; v++) c[r][v + lane.value] += s * b[v];
      }
    }
  };
  add(x, Number<1>{});
  add(h, Number<0>{});
  UNROLL for (int r = 0; r < MR; r++, C += ldc) {
    HIDE(C);
    UNROLL for (int v = 0; v < 4; v++) store(C + v * W, c[r][v]);
  }
}
template <int MR> INLINE void pairBlockOf(ix rows, float *C, ix ldc, ix first, ix stride, const Half &x, const Half &h) {
  if constexpr (MR > 0) {
    if (rows == MR) pairBlock<MR>(C, ldc, first, stride, x, h);
    else pairBlockOf<MR - 1>(rows, C, ldc, first, stride, x, h);
  }
}
/** C (rows, 4W) = A · B of both: sums in the order of a product by x, and one by h added to it. B of both stay in the first cache. */
static void productPair(float *C, ix ldc, ix rows, ix stride, const Half &x, const Half &h) {
  constexpr int MR = ROWS_OF_FOUR;
  const ix groups = (rows + MR - 1) / MR, each = groups > 1 ? rows / groups : rows, extra = rows - each * groups;
  for (ix g = 0, first = 0; g < groups; g++) {
    const ix m = each + (g < extra);
    pairBlockOf<MR>(m, C, ldc, first, stride, x, h);
    C += m * ldc;
    first += m * stride;
  }
}

/** Multiply-adds done by `times` bare blocks on data in the first cache: the limit the rest is measured against, when timed. */
static double bareProducts(int32_t times) {
  constexpr int rows = ROWS_OF_FOUR;
  enum { K = 64 };
  alignas(64) float a[rows * K], b[K * W4], c[rows * W4];
  zero(a, rows * K);
  zero(b, K * W4);
  const auto bare = &column<4, rows, K, 1>;
  for (int32_t i = 0; i < times; i++) {
    bare(1, c, W4, Left{a, K, 1, 1, 0}, a, 1, b, W4, K, false);
    asm volatile("" : : "r"(c), "r"(a), "r"(b) : "memory");
  }
  return (double)times * rows * K * W4;
}
