// Threads kept alive for all networks: each leads a job of its own, or helps another's with parts of the phase at work.
// In: jobs. Out: the same, done. Not here: what a job computes, how its end reaches JavaScript (addon.cpp).
#pragma once
#include <atomic>
#include <condition_variable>
#include <mutex>

#include "table.h"

#if defined(_WIN32)
#include <process.h>
#include <windows.h>
#else
#include <pthread.h>
#include <sched.h>
#endif

enum { MOST_THREADS = 16 };

#if defined(__x86_64__)
static inline void relax() { __builtin_ia32_pause(); }
#elif defined(__aarch64__)
static inline void relax() { asm volatile("yield"); }
#else
static inline void relax() {}
#endif
static inline void giveWay() {
#if defined(_WIN32)
  SwitchToThread();
#else
  sched_yield();
#endif
}

/**
 * While it lives, this thread's results too small for full precision are zero: arithmetic on such numbers takes a hundred times as long, and
 * what has learnt all it can is full of them.
 */
class Flushing {
#if defined(__x86_64__)
  enum { FLUSH = 1 << 15 };
  const uint32_t before = __builtin_ia32_stmxcsr();

 public:
  Flushing() { __builtin_ia32_ldmxcsr(before | FLUSH); }
  ~Flushing() { __builtin_ia32_ldmxcsr(before); }
#elif defined(__aarch64__)
  enum { FLUSH = 1 << 24 };
  uint64_t before;
  static void set(uint64_t to) { asm volatile("msr fpcr, %0" : : "r"(to)); }

 public:
  Flushing() {
    asm volatile("mrs %0, fpcr" : "=r"(before));
    set(before | FLUSH);
  }
  ~Flushing() { set(before); }
#else
 public:
  Flushing() {}
  ~Flushing() {}
#endif
  Flushing(const Flushing &) = delete;
};

/** Something to do, off the caller's thread. */
struct Job {
  Job *next = nullptr;
  virtual void work(Team *team) = 0;
  /** Called last, on the same thread: the job may be gone afterwards. */
  virtual void done() = 0;

 protected:
  ~Job() = default;
};

/**
 * The phase a thread leads. Parts are claimed one by one, by whoever is free: a thread that lost its processor holds one part up, not a
 * share of all. It claims from the first on, helpers from the last on: so most parts find what they left in a near cache the step before.
 * `open` holds the phase's number and the first and the end of the parts left in one word, so that nobody claims of a phase that is over.
 */
struct alignas(64) Lead : Team {
  class Pool *pool = nullptr;
  std::atomic<uint64_t> open{0};
  void (*part)(void *, int32_t) = nullptr;
  void *context = nullptr;
  uint64_t phase = 0;
  alignas(64) std::atomic<int32_t> finished{0}; // in a line of its own, which the thread that leads looks at while it waits

  /** One part, if there is one to claim. */
  bool claim(bool first) {
    uint64_t seen = open.load(std::memory_order_acquire);
    for (;;) {
      const uint32_t next = (uint32_t)(seen & 0xffff), end = (uint32_t)(seen >> 16 & 0xffff);
      if (next >= end) return false;
      const uint64_t left = first ? seen + 1 : seen - (1 << 16);
      if (open.compare_exchange_weak(seen, left, std::memory_order_acq_rel, std::memory_order_acquire)) {
        part(context, (int32_t)(first ? next : end - 1));
        finished.fetch_add(1, std::memory_order_release);
        return true;
      }
    }
  }
};

class Pool {
 public:
  /** As many threads at work as this, from now on. */
  void limit(int threads) {
    std::lock_guard<std::mutex> lock(mutex);
    allowed = threads < 1 ? 1 : threads > MOST_THREADS ? MOST_THREADS : threads;
    wake.notify_all();
  }
  int limit() const { return allowed; }

  /** False where no thread can be started: the caller has to work itself. */
  bool add(Job *job) {
    std::lock_guard<std::mutex> lock(mutex);
    while (started < allowed && start(started)) started++;
    if (started == 0) return false;
    Job **end = &queue;
    while (*end) end = &(*end)->next;
    *end = job;
    waiting.fetch_add(1);
    wake.notify_all();
    return true;
  }
  /** Takes a job back that nobody began. */
  bool remove(Job *job) {
    std::lock_guard<std::mutex> lock(mutex);
    for (Job **at = &queue; *at; at = &(*at)->next) {
      if (*at != job) continue;
      *at = job->next;
      waiting.fetch_sub(1);
      return true;
    }
    return false;
  }
  /** Ends all threads, once nobody uses them; they start again when somebody does. */
  void end() {
    {
      std::lock_guard<std::mutex> lock(mutex);
      ending = true;
      wake.notify_all();
    }
    for (int i = 0; i < started; i++) join(i);
    started = 0;
    ending = false;
  }

 private:
  struct Place {
    Pool *pool;
    int index;
  };
  std::mutex mutex;
  std::condition_variable wake;
  Job *queue = nullptr;
  std::atomic<int> waiting{0}, sleeping{0}, leading{0};
  std::atomic<int> allowed{1};
  int started = 0;
  bool ending = false;
  Lead leads[MOST_THREADS];
  Place places[MOST_THREADS];

#if defined(_WIN32)
  HANDLE handles[MOST_THREADS];
  static unsigned __stdcall enter(void *place) {
    ((Place *)place)->pool->live(((Place *)place)->index);
    return 0;
  }
  bool start(int i) {
    places[i] = {this, i};
    handles[i] = (HANDLE)_beginthreadex(nullptr, 1 << 20, enter, &places[i], 0, nullptr);
    return handles[i] != nullptr;
  }
  void join(int i) {
    WaitForSingleObject(handles[i], INFINITE);
    CloseHandle(handles[i]);
  }
#else
  pthread_t handles[MOST_THREADS];
  static void *enter(void *place) {
    ((Place *)place)->pool->live(((Place *)place)->index);
    return nullptr;
  }
  bool start(int i) {
    places[i] = {this, i};
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 1 << 20);
    const bool done = pthread_create(&handles[i], &attributes, enter, &places[i]) == 0;
    pthread_attr_destroy(&attributes);
    return done;
  }
  void join(int i) { pthread_join(handles[i], nullptr); }
#endif

  /** Looks around this often before lying down: some 50 µs while others are at work, some 300 after a job. */
  enum { LOOKS = 1000 };

  void live(int index) {
    const Flushing flushing;
    Lead &own = leads[index];
    own.run = lead;
    own.pool = this;
    for (int looks = 0;;) {
      if (index < allowed && waiting.load(std::memory_order_acquire) > 0) {
        if (Job *job = take()) {
          own.helpers = allowed - leading.fetch_add(1) - 1;
          job->work(&own);
          leading.fetch_sub(1);
          job->done();
          looks = 0;
          continue;
        }
      }
      if (index < allowed && help(index)) {
        looks = 0;
        continue;
      }
      if (++looks < LOOKS) { // of a short epoch, the next comes in less time than it takes to be woken
        if (leading.load(std::memory_order_relaxed) > 0) relax();
        else giveWay();
        continue;
      }
      looks = 0;
      if (!sleep(index)) return;
    }
  }
  Job *take() {
    std::lock_guard<std::mutex> lock(mutex);
    Job *job = queue;
    if (!job) return nullptr;
    queue = job->next;
    job->next = nullptr;
    waiting.fetch_sub(1);
    return job;
  }
  bool help(int index) {
    for (int i = 0; i < MOST_THREADS; i++)
      if (i != index && leads[i].claim(false)) return true;
    return false;
  }
  bool anythingOpen() const {
    for (const Lead &lead : leads) {
      const uint64_t open = lead.open.load(std::memory_order_seq_cst);
      if ((open & 0xffff) < (open >> 16 & 0xffff)) return true;
    }
    return false;
  }
  /** False where the thread has to end. */
  bool sleep(int index) {
    std::unique_lock<std::mutex> lock(mutex);
    sleeping.fetch_add(1);
    wake.wait(lock, [&] { return ending || (index < allowed && (queue || anythingOpen())); });
    sleeping.fetch_sub(1);
    return !ending;
  }

  /** The parts of a phase: shared out, and waited for. */
  static void lead(Team *team, int32_t parts, void (*part)(void *, int32_t), void *context) {
    Lead &own = *(Lead *)team;
    Pool &pool = *own.pool;
    own.part = part;
    own.context = context;
    for (int32_t begin = 0; begin < parts;) { // 16 bits for their number
      const int32_t count = parts - begin < 0xffff ? parts - begin : 0xffff;
      struct Shifted {
        void (*part)(void *, int32_t);
        void *context;
        int32_t begin;
      } shifted{part, context, begin};
      if (begin > 0) {
        own.part = [](void *c, int32_t k) { ((Shifted *)c)->part(((Shifted *)c)->context, ((Shifted *)c)->begin + k); };
        own.context = &shifted;
      }
      own.finished.store(0, std::memory_order_relaxed);
      own.phase++;
      own.open.store(own.phase << 32 | (uint64_t)count << 16, std::memory_order_seq_cst);
      if (pool.sleeping.load(std::memory_order_seq_cst) > 0 && pool.allowed > 1) {
        { std::lock_guard<std::mutex> lock(pool.mutex); }
        pool.wake.notify_all();
      }
      while (own.claim(true)) continue;
      for (int looks = 0; own.finished.load(std::memory_order_acquire) < count; looks++) {
        if (looks < LOOKS) relax();
        else giveWay();
      }
      begin += count;
    }
  }
};
