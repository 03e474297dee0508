// Vectors of W floats by compiler types, and exp, sigmoid, tanh, log on them. The same text is AVX-512, AVX2, SSE, NEON or WebAssembly.
// In: floats. Out: floats. Not here: memory, products. Errors measured over the whole range: exp 1 ulp, sigmoid 2.5 ulp, tanh 3 ulp; a
// sigmoid of less than −43 may be that of −43, 2e-19.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifndef W
#if defined(__AVX512F__)
#define W 16
#elif defined(__AVX__)
#define W 8
#else
#define W 4 // SSE, NEON, WebAssembly
#endif
#endif

#define INLINE static inline __attribute__((always_inline))
// Not part of who calls it: V8 makes one function after the other fast while they run, and a large one long after those it is made of.
#if defined(__wasm__)
#define APART static __attribute__((noinline))
#else
#define APART static
#endif
// Called where something rare is asked for: what it needs is not worked out before.
#define ALONE static __attribute__((noinline))
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif
// A value the compiler must hold in a register: else it loads it again for every row, and loads become the limit.
#if defined(__AVX512F__)
#define KEEP(x) asm("" : "+v"(x))
#elif defined(__x86_64__)
#define KEEP(x) asm("" : "+x"(x))
#elif defined(__aarch64__)
#define KEEP(x) asm("" : "+w"(x))
#else
#define KEEP(x)
#endif

// An address the compiler must not work out ahead: else it keeps one for every row, and registers run out before the loop begins.
#if defined(__wasm__)
#define HIDE(p)
#else
#define HIDE(p) asm("" : "+r"(p))
#endif

typedef ptrdiff_t ix;
typedef float vf __attribute__((vector_size(4 * W)));
typedef float vu __attribute__((vector_size(4 * W), aligned(4), may_alias)); // in memory, at any address
typedef int32_t vi __attribute__((vector_size(4 * W)));
typedef double vd __attribute__((vector_size(4 * W)));                           // of half as many lanes
typedef float vh __attribute__((vector_size(2 * W), aligned(4), may_alias));     // in memory, at any address
enum { W4 = 4 * W };

INLINE vf load(const float *p) { return *(const vu *)p; }
INLINE void store(float *p, vf x) { *(vu *)p = x; }
/** Fetches what will soon be written, or written over: a store waits long for memory that is in no near cache. */
INLINE void soon(const float *p, ix count) {
#if !defined(__wasm__) // has no such instruction, and would be left with the loop
  for (ix i = 0; i < count; i += 16) __builtin_prefetch(p + i, 1, 3);
#endif
}

/** Fetches, to be written, what stands 2 KiB further on: a line that another processor has read is long in coming. */
INLINE void fetchToWrite(const float *p) {
#if defined(__x86_64__)
  asm volatile("prefetchw %0" : : "m"(p[512]));
#endif
}

typedef float four __attribute__((vector_size(16)));
typedef float fourAnywhere __attribute__((vector_size(16), aligned(4), may_alias));
#ifdef __clang__
#define CHOSEN(x, y, a, b, c, d) __builtin_shufflevector(x, y, a, b, c, d)
#else
typedef int32_t fourPlaces __attribute__((vector_size(16)));
#define CHOSEN(x, y, a, b, c, d) __builtin_shuffle(x, y, fourPlaces{a, b, c, d})
#endif
/** Four rows of four values, `row` apart, transposed to rows `toRow` apart. */
INLINE void turnFour(const float *from, ix row, float *to, ix toRow) {
  const four a = *(const fourAnywhere *)from, b = *(const fourAnywhere *)(from + row);
  const four c = *(const fourAnywhere *)(from + 2 * row), d = *(const fourAnywhere *)(from + 3 * row);
  const four ab = CHOSEN(a, b, 0, 4, 1, 5), cd = CHOSEN(c, d, 0, 4, 1, 5), abHigh = CHOSEN(a, b, 2, 6, 3, 7), cdHigh = CHOSEN(c, d, 2, 6, 3, 7);
  *(fourAnywhere *)to = CHOSEN(ab, cd, 0, 1, 4, 5);
  *(fourAnywhere *)(to + toRow) = CHOSEN(ab, cd, 2, 3, 6, 7);
  *(fourAnywhere *)(to + 2 * toRow) = CHOSEN(abHigh, cdHigh, 0, 1, 4, 5);
  *(fourAnywhere *)(to + 3 * toRow) = CHOSEN(abHigh, cdHigh, 2, 3, 6, 7);
}

INLINE vf all(float x) { return x - vf{}; }
/** W values in float64, in two vectors of the machine's own width: g++ takes one of twice that apart in memory. */
struct Wide {
  vd low, high;
};
INLINE Wide wide(const float *p) {
  return {__builtin_convertvector(*(const vh *)p, vd), __builtin_convertvector(*(const vh *)(p + W / 2), vd)};
}
/** In the order of the lanes. */
INLINE double total(Wide sums) {
  double sum = 0;
  for (int lane = 0; lane < W / 2; lane++) sum += sums.low[lane];
  for (int lane = 0; lane < W / 2; lane++) sum += sums.high[lane];
  return sum;
}
INLINE ix up(ix a, ix b) { return (a + b - 1) / b * b; }
INLINE ix least(ix a, ix b) { return a < b ? a : b; }
INLINE ix most(ix a, ix b) { return a > b ? a : b; }

/** x held within a … b; NaN stays NaN. The builtins are the same, where g++ would compare and choose. */
INLINE vf held(vf x, float a, float b) {
  const vf A = all(a), B = all(b);
#if !defined(__clang__) && defined(__AVX512F__) && W == 16
  x = __builtin_ia32_minps512_mask(B, x, x, (unsigned short)-1, 4);
  return __builtin_ia32_maxps512_mask(A, x, x, (unsigned short)-1, 4);
#else
  x = B < x ? B : x;
  return x < A ? A : x;
#endif
}

/** e^x = s · (1 + p). x = n ln 2 + r: n is read off the low bits of x / ln 2 + 1.5 · 2^23, e^r is a polynomial of degree 6. */
struct Power {
  vf p, s;
};
INLINE Power power(vf x) {
  const float magic = 12582912.f;
  const vf m = x * 1.44269504f + magic;
  const vf n = m - magic;
  vf r = x - n * 0.693359375f; // ln 2 in two parts, the first of few bits
  r = r + n * 2.12194440e-4f;
  const vi exponent = ((vi)m << 23) + 0x3f800000;
  vf q = r * 0.0013814551f + 0.00836874f;
  q = q * r + 0.04166839f;
  q = q * r + 0.16666521f;
  q = q * r + 0.49999994f;
  return {r * r * q + r, (vf)exponent};
}

INLINE vf exponential(vf x) {
  const Power e = power(held(x, -87.f, 88.f));
  return e.s + e.s * e.p;
}

// Sigmoids and hyperbolic tangents of several vectors end where a division is left, so that two can be one.

#if defined(__FMA__) || defined(__aarch64__)
// They are worked out side by side: each step waits for the one before, and a processor looks no further ahead than a few such chains.
#define SIDE_BY_SIDE(statement, kept) \
  UNROLL for (int j = 0; j < N; j++) { \
    statement; \
    KEEP(kept); \
  }

/** Sigmoids beyond are those of it: the product of two divisors has to stay finite, and its inverse of full precision. */
#define MOST_SIGMOID 43.f

/** x become 1 + e^−x: 1 is to be divided by them. e^r is a polynomial, n is added to its exponent. */
template <int N> INLINE void underSigmoids(vf (&x)[N]) {
  const float magic = 12582912.f;
  vf m[N], n[N], q[N];
  SIDE_BY_SIDE(x[j] = held(x[j], -MOST_SIGMOID, MOST_SIGMOID), x[j])
  SIDE_BY_SIDE(m[j] = magic - x[j] * 1.44269504f, m[j])
  SIDE_BY_SIDE(n[j] = m[j] - magic, n[j])
  SIDE_BY_SIDE(x[j] = -x[j] - n[j] * 0.693359375f, x[j]) // ln 2 in two parts, the first of few bits
  SIDE_BY_SIDE(x[j] = x[j] + n[j] * 2.12194440e-4f, x[j])
  SIDE_BY_SIDE(q[j] = x[j] * 0.0013814551f + 0.00836874f, q[j])
  SIDE_BY_SIDE(q[j] = q[j] * x[j] + 0.04166839f, q[j])
  SIDE_BY_SIDE(q[j] = q[j] * x[j] + 0.16666521f, q[j])
  SIDE_BY_SIDE(q[j] = q[j] * x[j] + 0.49999994f, q[j])
  SIDE_BY_SIDE(q[j] = q[j] * x[j] + 1.f, q[j])
  SIDE_BY_SIDE(q[j] = q[j] * x[j] + 1.f, q[j])
  SIDE_BY_SIDE(x[j] = 1.f + (vf)((vi)q[j] + ((vi)m[j] << 23)), x[j])
}
/** x become (e^2x − 1) / 2: they are to be divided by 1 more. r is half of what it is for e^2x, so the coefficients hold powers of 2. */
template <int N> INLINE void overHyperbolics(vf (&x)[N]) {
  const float magic = 12582912.f;
  vf m[N], n[N], q[N], s[N];
  SIDE_BY_SIDE(x[j] = held(x[j], -10.f, 10.f), x[j])
  SIDE_BY_SIDE(m[j] = x[j] * 2.88539008f + magic, m[j])
  SIDE_BY_SIDE(n[j] = m[j] - magic, n[j])
  SIDE_BY_SIDE(x[j] = x[j] - n[j] * (0.693359375f / 2), x[j])
  SIDE_BY_SIDE(x[j] = x[j] + n[j] * (2.12194440e-4f / 2), x[j])
  SIDE_BY_SIDE(q[j] = x[j] * (64 * 0.0013814551f) + 32 * 0.00836874f, q[j])
  SIDE_BY_SIDE(q[j] = q[j] * x[j] + 16 * 0.04166839f, q[j])
  SIDE_BY_SIDE(q[j] = q[j] * x[j] + 8 * 0.16666521f, q[j])
  SIDE_BY_SIDE(q[j] = q[j] * x[j] + 4 * 0.49999994f, q[j])
  SIDE_BY_SIDE(q[j] = q[j] * x[j] + 2.f, q[j])
  SIDE_BY_SIDE(q[j] = q[j] * x[j], q[j])
  SIDE_BY_SIDE(s[j] = (vf)(((vi)m[j] << 23) + 0x3f000000), s[j])
  SIDE_BY_SIDE(x[j] = s[j] * q[j] + (s[j] - .5f), x[j])
}
INLINE vf underHyperbolic(vf over) { return over + 1.f; }
#else
template <int N> INLINE void underSigmoids(vf (&x)[N]) {
  for (vf &each : x) {
    const Power e = power(held(0.f - each, -87.f, 87.f));
    each = 1.f + (e.s + e.s * e.p);
  }
}
/** x become e^2x − 1, as s p + (s − 1), so that small x keep their digits: they are to be divided by 2 more. */
template <int N> INLINE void overHyperbolics(vf (&x)[N]) {
  for (vf &each : x) {
    const Power e = power(held(each + each, -20.f, 20.f));
    each = e.s * e.p + (e.s - 1.f);
  }
}
INLINE vf underHyperbolic(vf over) { return over + 2.f; }
#endif

/** x becomes x / under, and y 1 / y: by one division where it takes as long as twenty products. */
INLINE void divide(vf &x, vf under, vf &y) {
#if defined(__AVX512F__)
  const vf both = 1.f / (under * y);
  x *= both * y;
  y = both * under;
#else
  x = x / under;
  y = 1.f / y;
#endif
}
/** x and y become 1 / x and 1 / y. */
INLINE void invert(vf &x, vf &y) {
  const vf under = x;
  x = all(1.f);
  divide(x, under, y);
}
INLINE vf sigmoid(vf x) {
  vf under[] = {x};
  underSigmoids(under);
  return 1.f / under[0];
}
INLINE vf hyperbolic(vf x) {
  vf over[] = {x};
  overHyperbolics(over);
  return over[0] / underHyperbolic(over[0]);
}
/**
 * 0 in the place of what is below 2^-100, where no processor can be told to flush: gradients fade on their way through many steps, and products of
 * numbers below full precision take some of them a hundred times as long.
 */
INLINE vf flushed(vf x) {
#if defined(__wasm__)
  return (vf)((vi)x & (((vi)x & 0x7fffffff) > 27 << 23));
#else
  return x;
#endif
}
/** max(0, x); NaN stays NaN. */
INLINE vf rectified(vf x) {
  const vf zero{};
  return x < zero ? zero : x;
}
INLINE vf root(vf x) {
#ifdef __clang__
  return __builtin_elementwise_sqrt(x);
#elif defined(__AVX512F__) && W == 16
  return __builtin_ia32_sqrtps512_mask(x, vf{}, (unsigned short)-1, 4);
#elif defined(__AVX__) && W == 8
  return __builtin_ia32_sqrtps256(x);
#elif defined(__SSE__) && W == 4
  return __builtin_ia32_sqrtps(x);
#else
  vf y;
  for (int i = 0; i < W; i++) y[i] = __builtin_sqrtf(x[i]);
  return y;
#endif
}

/** log x for 1 ≤ x < 2^60, to 1e-15: halved until below 1.5, then the series of artanh. */
static double logarithm(double x) {
  int halved = 0;
  while (x > 1.5) {
    x *= 0.5;
    halved++;
  }
  const double s = (x - 1) / (x + 1), square = s * s;
  double sum = 0;
  for (int i = 25; i > 0; i -= 2) sum = sum * square + 1. / i;
  return 2 * s * sum + halved * 0.6931471805599453;
}

INLINE bool finite(double x) { return x - x == 0; }
