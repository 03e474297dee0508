// Vectors of W floats by compiler types, and exp, sigmoid, tanh, log on them. The same text is AVX-512, AVX2, SSE, NEON or WebAssembly.
// In: floats. Out: floats. Not here: memory, products. Errors measured over the whole range: exp 1 ulp, sigmoid and tanh 2.5 ulp.
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
/** The way to a function of e^x in two halves: r and s, with which a loop can end and another begin. */
struct Halfway {
  vf r, s;
};
INLINE Halfway halfway(vf x) {
  const float magic = 12582912.f;
  const vf m = x * 1.44269504f + magic;
  const vf n = m - magic;
  vf r = x - n * 0.693359375f; // ln 2 in two parts, the first of few bits
  r = r + n * 2.12194440e-4f;
  const vi exponent = ((vi)m << 23) + 0x3f800000;
  return {r, (vf)exponent};
}
INLINE Power power(Halfway h) {
  const vf r = h.r;
  vf q = r * 0.0013814551f + 0.00836874f;
  q = q * r + 0.04166839f;
  q = q * r + 0.16666521f;
  q = q * r + 0.49999994f;
  return {r * r * q + r, h.s};
}

INLINE vf exponential(vf x) {
  const Power e = power(halfway(held(x, -87.f, 88.f)));
  return e.s + e.s * e.p;
}
INLINE Halfway toSigmoid(vf x) { return halfway(held(0.f - x, -87.f, 87.f)); }
INLINE vf sigmoidOf(Halfway h) {
  const Power e = power(h);
  return 1.f / (1.f + (e.s + e.s * e.p));
}
INLINE vf sigmoid(vf x) { return sigmoidOf(toSigmoid(x)); }
INLINE Halfway toHyperbolic(vf x) { return halfway(held(x + x, -20.f, 20.f)); }
/** (e^2x − 1) / (e^2x + 1), the numerator as s p + (s − 1), so that small x keep their digits. */
INLINE vf hyperbolicOf(Halfway h) {
  const Power e = power(h);
  const vf d = e.s * e.p + (e.s - 1.f);
  return d / (d + 2.f);
}
INLINE vf hyperbolic(vf x) { return hyperbolicOf(toHyperbolic(x)); }
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
