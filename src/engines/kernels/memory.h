// Memory from the host: malloc where there is a C library, a list of free blocks in linear memory where there is none.
// In: bytes. Out: a block at a multiple of 64, filled with zeros, or null. Not here: what is kept in it.
#pragma once
#include "simd.h"

#if defined(__wasm__)
extern "C" unsigned char __heap_base;

/** Bytes of which the machine's own instruction is the faster way: it is a call out of the module. */
enum { MANY_BYTES = 1 << 11 };
extern "C" void *memset(void *to, int byte, size_t count) {
  if (count >= MANY_BYTES) return __builtin_memset(to, byte, count);
  unsigned char *p = (unsigned char *)to;
  for (size_t i = 0; i < count; i++) p[i] = (unsigned char)byte;
  return to;
}
extern "C" void *memcpy(void *to, const void *from, size_t count) {
  if (count >= MANY_BYTES) return __builtin_memcpy(to, from, count);
  unsigned char *p = (unsigned char *)to;
  const unsigned char *q = (const unsigned char *)from;
  for (size_t i = 0; i < count; i++) p[i] = q[i];
  return to;
}

/** Stands before every block; free ones are linked in the order of their addresses. */
struct Block {
  size_t bytes; // without this header
  Block *next;
  char fill[64 - sizeof(size_t) - sizeof(Block *)];
};
/** What the heap knows of itself, at its beginning: an instance of another thread begins with static variables of its own. */
struct Heap {
  Block *free;
  size_t end;
};
static Heap &heapOf() { return *(Heap *)(((size_t)&__heap_base + 63) & ~(size_t)63); }

static void *allocateBytes(size_t bytes) {
  bytes = (bytes + 63) & ~(size_t)63;
  Heap &heap = heapOf();
  for (Block **at = &heap.free; *at; at = &(*at)->next) {
    Block *block = *at;
    if (block->bytes < bytes) continue;
    if (block->bytes >= bytes + 2 * sizeof(Block)) { // the rest stays free
      Block *rest = (Block *)((char *)(block + 1) + bytes);
      rest->bytes = block->bytes - bytes - sizeof(Block);
      rest->next = block->next;
      block->bytes = bytes;
      *at = rest;
    } else {
      *at = block->next;
    }
    return block + 1;
  }
  if (heap.end == 0) heap.end = (size_t)&heap + 64;
  const size_t end = heap.end + sizeof(Block) + bytes;
  if (end < heap.end) return nullptr;
  const size_t have = (size_t)__builtin_wasm_memory_size(0) << 16;
  if (end > have && __builtin_wasm_memory_grow(0, (end - have + 65535) >> 16) == (size_t)-1) return nullptr;
  Block *block = (Block *)heap.end;
  block->bytes = bytes;
  heap.end = end;
  return block + 1;
}

/** Nothing is kept at this address or above. */
static size_t memoryEnd() { return heapOf().end; }

static void release(void *memory) {
  if (!memory) return;
  Block *block = (Block *)memory - 1;
  Block **at = &heapOf().free;
  while (*at && *at < block) at = &(*at)->next;
  block->next = *at;
  *at = block;
  for (Block *b = heapOf().free; b && b->next;) { // neighbours become one
    if ((char *)(b + 1) + b->bytes == (char *)b->next) {
      b->bytes += sizeof(Block) + b->next->bytes;
      b->next = b->next->next;
    } else {
      b = b->next;
    }
  }
}
#else
#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif
#if defined(_WIN32)
#include <malloc.h>
static void *allocateBytes(size_t bytes) { return _aligned_malloc((bytes + 63) & ~(size_t)63, 64); }
static void release(void *memory) { _aligned_free(memory); }
#else
/** Large blocks lie in large pages, where the system has some: looking addresses up in small ones takes some hundredths of the time. */
static void *allocateBytes(size_t bytes) {
  bytes = (bytes + 63) & ~(size_t)63;
#if defined(__linux__)
  enum { LARGE_PAGE = 1 << 21 };
  if (bytes >= LARGE_PAGE) {
    void *memory;
    if (posix_memalign(&memory, LARGE_PAGE, bytes)) return nullptr;
    madvise(memory, bytes, MADV_HUGEPAGE);
    return memory;
  }
#endif
  return aligned_alloc(64, bytes);
}
static void release(void *memory) { free(memory); }
#endif
#endif

static void *allocate(size_t bytes) {
  void *memory = allocateBytes(bytes ? bytes : 64);
  if (memory) memset(memory, 0, bytes ? bytes : 64);
  return memory;
}

/** Bytes after each array of a block that nobody may touch, and a sanitizer of memory watches: it sees blocks, not what they are cut into. */
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
enum { FENCE = 64 };
static void forbid(void *fence) { __asan_poison_memory_region(fence, FENCE); }
#else
enum { FENCE = 0 };
static void forbid(void *) {}
#endif

static void zero(float *p, ix count) { memset(p, 0, (size_t)count * sizeof(float)); }
static void copy(float *to, const float *from, ix count) { memcpy(to, from, (size_t)count * sizeof(float)); }
