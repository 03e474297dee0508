// Which instruction sets this processor has and its system saves, asked with cpuid: not every compiler's runtime library can tell.
// In: nothing. Out: what may be called, and what pays. Not here: the choice among builds (addon.cpp).
#pragma once
#if defined(__x86_64__)
#include <cpuid.h>
#endif

/**
 * Whether fetching what will soon be written pays: stores of AMD's processors wait long for memory that is in no near cache. Those of Intel
 * do not, and steps that fetch take them 2 to 5 % longer.
 */
static bool fetchingPays() {
#if defined(__x86_64__)
  unsigned most, b, c, d;
  return !__get_cpuid(0, &most, &b, &c, &d) || b != 0x756e6547; // "Genu"ineIntel
#else
  return true;
#endif
}

struct Processor {
  bool avx2;   // and FMA
  bool avx512; // F, BW, DQ and VL, and all of AVX2
};

#if defined(__x86_64__)
static Processor processor() {
  unsigned a, b, c, d, saved, high;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return {};
  const unsigned fmaAndAvx = 1u << 12 | 1u << 27 | 1u << 28; // bit 27: the system tells what it saves
  if ((c & fmaAndAvx) != fmaAndAvx) return {};
  asm("xgetbv" : "=a"(saved), "=d"(high) : "c"(0));
  const unsigned halves = 0x06, whole = 0xe6; // of XCR0: SSE and AVX; and masks, upper halves, registers 16 to 31
  if ((saved & halves) != halves || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return {};
  const bool avx2 = b & 1u << 5;
  const unsigned wide = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31;
  return {avx2, avx2 && (saved & whole) == whole && (b & wide) == wide};
}
#endif
