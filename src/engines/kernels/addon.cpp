// The kernels as a Node-API addon: typed arrays in, calls out, the fastest build this processor can run.
// In: typed arrays of JavaScript, read during the call or until its promise settles. Out: numbers. Not here: arithmetic, checks of what the driver checked.
#include <node_api.h>
#include <stdlib.h>
#include <string.h>

#include <chrono>
#include <new>

#include "processor.h"
#include "threads.h"

#define INTERFACE 7 // native/addon.ts refuses another number

extern const KernelTable KERNELS_BASE;
#ifdef WITH_AVX2
extern const KernelTable KERNELS_AVX2;
#endif
#ifdef WITH_AVX512
extern const KernelTable KERNELS_AVX512;
#endif

#if defined(__aarch64__)
#define BASE "NEON"
#elif defined(__x86_64__)
#define BASE "SSE2"
#else
#define BASE "generic vectors"
#endif

static const KernelTable *kernels = &KERNELS_BASE;
static const char *instructions = BASE;

/** The widest build this processor can run, but none wider than `most` (null: any). Once per process: networks live in one build. */
static void choose(const char *most) {
  (void)most;
#ifdef WITH_AVX2
  const bool base = most && strcmp(most, BASE) == 0, avx2 = base || (most && strcmp(most, "AVX2") == 0);
  if (processor().avx2 && !base) {
    kernels = &KERNELS_AVX2;
    instructions = "AVX2 with FMA";
  }
#ifdef WITH_AVX512
  if (processor().avx512 && !avx2) {
    kernels = &KERNELS_AVX512;
    instructions = "AVX-512";
  }
#endif
#endif
}

/** Never destroyed: a process may exit while its threads are at work, and a condition must not go while they wait for it. */
static Pool &pool = *new (std::nothrow) Pool;

/** What one JavaScript thread's copy of the addon keeps. */
struct Host {
  napi_threadsafe_function settle;
  std::mutex mutex;
  std::condition_variable ended;
  struct Task *tasks; // at work or waiting to be
  bool closing;
};

static std::mutex hostsMutex;
static int hosts = 0;

/** A network and the pointers of its channels, alive until JavaScript drops or destroys it. */
struct Handle {
  Net *net;
  const double **channels;
  uint32_t room;
  int64_t told; // bytes the collector of garbage was told of
  Task *task; // at work on it
};

enum Kind { TRAIN, EVALUATE, PREDICT };

/** A call off the JavaScript thread. `held` keeps every array it reads or writes. */
struct Task final : Job {
  Host *host;
  Handle *handle;
  Task *nextOfHost;
  napi_ref held;
  napi_deferred promise;
  Kind kind;
  bool together; // whether several threads are worth it
  bool over;
  const int32_t *bounds;
  const double *rates, *settings;
  double *results;
  int32_t begin, end, epochs, outcome;

  void work(Team *team) override { outcome = compute(together ? team : nullptr); }
  int32_t compute(Team *team) const {
    const Flushing flushing; // this may be JavaScript's thread
    Net *net = handle->net;
    if (kind == TRAIN) return kernels->train(net, team, bounds, end, epochs, rates, settings, results);
    if (kind == EVALUATE) return kernels->evaluate(net, team, begin, end, results);
    return kernels->predict(net, team, begin, end, results);
  }
  void done() override {
    Host &of = *host;
    std::lock_guard<std::mutex> lock(of.mutex);
    over = true;
    if (!of.closing) napi_call_threadsafe_function(of.settle, this, napi_tsfn_nonblocking);
    of.ended.notify_all();
  }
};

/** Waits until nobody works on the network. */
static void waitFor(Host &host, Handle &handle) {
  if (!handle.task) return;
  std::unique_lock<std::mutex> lock(host.mutex);
  host.ended.wait(lock, [&] { return handle.task->over; });
}

/** Tells the collector of garbage how much is held now: it cannot see it, and would wait for too long. */
static void tell(napi_env env, Handle &handle, int64_t bytes) {
  int64_t all;
  if (bytes != handle.told) napi_adjust_external_memory(env, bytes - handle.told, &all);
  handle.told = bytes;
}

/** On the JavaScript thread: a task's promise is settled, what it held is let go. */
static void settled(napi_env env, napi_value, void *, void *data) {
  Task *task = (Task *)data;
  if (!env) return; // the thread is ending: leave() has taken care
  Host &host = *task->host;
  {
    std::lock_guard<std::mutex> lock(host.mutex);
    Task **at = &host.tasks;
    while (*at != task) at = &(*at)->nextOfHost;
    *at = task->nextOfHost;
    if (!host.tasks) napi_unref_threadsafe_function(env, host.settle);
  }
  if (task->handle->task == task) task->handle->task = nullptr;
  if (task->handle->net) tell(env, *task->handle, kernels->bytes(task->handle->net));
  napi_value value;
  napi_create_int32(env, task->outcome, &value);
  napi_resolve_deferred(env, task->promise, value);
  napi_delete_reference(env, task->held);
  delete task;
}

/** This JavaScript thread ends, maybe in the middle of a training: its tasks are stopped and waited for. */
static void leave(void *data) {
  Host *host = (Host *)data;
  {
    std::unique_lock<std::mutex> lock(host->mutex);
    host->closing = true;
    for (Task *task = host->tasks; task; task = task->nextOfHost) {
      if (pool.remove(task)) task->over = true;
      else kernels->stop(task->handle->net, 1);
    }
    for (Task *task = host->tasks; task; task = task->nextOfHost) host->ended.wait(lock, [&] { return task->over; });
  }
  while (Task *task = host->tasks) {
    host->tasks = task->nextOfHost;
    task->handle->task = nullptr;
    delete task;
  }
  napi_release_threadsafe_function(host->settle, napi_tsfn_abort);
  delete host;
  std::lock_guard<std::mutex> lock(hostsMutex);
  if (--hosts == 0) pool.end();
}

static void empty(napi_env env, Handle *handle) {
  if (!handle->net) return;
  kernels->destroy(handle->net);
  tell(env, *handle, 0);
  free(handle->channels);
  handle->net = nullptr;
  handle->channels = nullptr;
}
static void dropped(napi_env env, void *data, void *) {
  empty(env, (Handle *)data); // no task holds it any more
  free(data);
}

enum { MOST_ARGUMENTS = 8 };
/** Arguments of a call, the first a handle. */
struct Call {
  napi_env env;
  napi_value values[MOST_ARGUMENTS];
  Handle *handle;
  Host *host;

  Call(napi_env given, napi_callback_info info) : env(given), values{}, handle(nullptr), host(nullptr) {
    size_t count = MOST_ARGUMENTS;
    napi_get_cb_info(env, info, &count, values, nullptr, (void **)&host);
  }
  /** False, with an exception pending, where the first argument is no living network. Waits for a task at work on it. */
  bool open(bool wait = true) {
    void *data = nullptr;
    if (napi_get_value_external(env, values[0], &data) == napi_ok) handle = (Handle *)data;
    if (handle && handle->net) {
      if (wait) waitFor(*host, *handle);
      return true;
    }
    napi_throw_error(env, nullptr, "not a living network");
    return false;
  }
  template <class Type> Type *array(int i, size_t *length = nullptr) const {
    void *data = nullptr;
    napi_get_typedarray_info(env, values[i], nullptr, length, &data, nullptr, nullptr);
    return (Type *)data;
  }
  int32_t integer(int i) const {
    int32_t n = 0;
    napi_get_value_int32(env, values[i], &n);
    return n;
  }
  uint32_t natural(int i) const {
    uint32_t n = 0;
    napi_get_value_uint32(env, values[i], &n);
    return n;
  }
  napi_value number(double n) const {
    napi_value value;
    napi_create_double(env, n, &value);
    return value;
  }
  napi_value number(int32_t n) const {
    napi_value value;
    napi_create_int32(env, n, &value);
    return value;
  }
};

static napi_value create(napi_env env, napi_callback_info info) {
  Call call(env, info);
  Handle *handle = (Handle *)calloc(1, sizeof(Handle));
  Net *net = handle ? kernels->create(call.array<int32_t>(0), call.array<double>(1)) : nullptr;
  napi_value result = nullptr;
  if (!net) {
    free(handle);
    napi_get_null(env, &result);
    return result;
  }
  handle->net = net;
  tell(env, *handle, kernels->bytes(net));
  napi_create_external(env, handle, dropped, nullptr, &result);
  return result;
}
static napi_value destroy(napi_env env, napi_callback_info info) {
  Call call(env, info);
  if (!call.open(false)) return nullptr;
  if (call.handle->task) kernels->stop(call.handle->net, 1);
  waitFor(*call.host, *call.handle);
  empty(env, call.handle);
  return nullptr;
}
/** Lets go of what is not kept from call to call; nothing of a network at work, or gone. */
static napi_value rest(napi_env env, napi_callback_info info) {
  Call call(env, info);
  void *data = nullptr;
  napi_get_value_external(env, call.values[0], &data);
  Handle *handle = (Handle *)data;
  if (!handle || !handle->net || handle->task) return nullptr;
  kernels->rest(handle->net);
  tell(env, *handle, kernels->bytes(handle->net));
  return nullptr;
}
static napi_value values(napi_env env, napi_callback_info info) {
  Call call(env, info);
  return call.open(false) ? call.number(kernels->values(call.handle->net)) : nullptr;
}
static napi_value write(napi_env env, napi_callback_info info) {
  Call call(env, info);
  if (call.open()) kernels->write(call.handle->net, call.integer(1), call.array<float>(2));
  return nullptr;
}
static napi_value read(napi_env env, napi_callback_info info) {
  Call call(env, info);
  if (call.open()) kernels->read(call.handle->net, call.integer(1), call.array<float>(2));
  return nullptr;
}
static napi_value optimizer(napi_env env, napi_callback_info info) {
  Call call(env, info);
  if (call.open()) kernels->optimizer(call.handle->net, call.array<double>(1));
  return nullptr;
}
static napi_value save(napi_env env, napi_callback_info info) {
  Call call(env, info);
  return call.open() ? call.number(kernels->save(call.handle->net)) : nullptr;
}
static napi_value fallBack(napi_env env, napi_callback_info info) {
  Call call(env, info);
  if (call.open()) kernels->fallBack(call.handle->net);
  return nullptr;
}
static napi_value bind(napi_env env, napi_callback_info info) {
  Call call(env, info);
  if (!call.open()) return nullptr;
  Handle &handle = *call.handle;
  uint32_t count = 0;
  napi_get_array_length(env, call.values[1], &count);
  if (count > handle.room) {
    const double **grown = (const double **)realloc(handle.channels, count * sizeof(double *));
    if (!grown) return call.number(0);
    handle.channels = grown;
    handle.room = count;
  }
  for (uint32_t i = 0; i < count; i++) {
    napi_value channel;
    void *data = nullptr;
    napi_get_element(env, call.values[1], i, &channel);
    napi_get_typedarray_info(env, channel, nullptr, nullptr, &data, nullptr, nullptr);
    handle.channels[i] = (const double *)data;
  }
  kernels->bind(handle.net, handle.channels, call.array<int32_t>(2), call.array<int32_t>(3), call.array<int32_t>(4));
  return call.number(1);
}

/** Does the task at once where `later` is 0, else on another thread (2: on several); gives its outcome, or a promise of it. */
static napi_value perform(Call &call, Task &given, int32_t later, int held) {
  given.handle = call.handle;
  kernels->stop(call.handle->net, 0);
  Task *task = later ? new (std::nothrow) Task(given) : nullptr;
  if (!task) {
    const int32_t outcome = given.compute(nullptr);
    tell(call.env, *call.handle, kernels->bytes(call.handle->net));
    return call.number(outcome);
  }
  Host &host = *call.host;
  napi_value promise;
  task->host = &host;
  task->together = later > 1;
  napi_create_promise(call.env, &task->promise, &promise);
  napi_create_reference(call.env, call.values[held], 1, &task->held);
  {
    std::lock_guard<std::mutex> lock(host.mutex);
    if (!host.tasks) napi_ref_threadsafe_function(call.env, host.settle);
    task->nextOfHost = host.tasks;
    host.tasks = task;
    call.handle->task = task;
  }
  if (!pool.add(task)) { // no thread can be had: here, then
    task->work(nullptr);
    task->done();
  }
  return promise;
}
// The last two arguments: whether later, and an array of all arrays the call reads or writes.
static napi_value train(napi_env env, napi_callback_info info) {
  Call call(env, info);
  if (!call.open()) return nullptr;
  size_t steps = 0, results = 0;
  Task task{};
  task.kind = TRAIN;
  task.bounds = call.array<int32_t>(1);
  task.rates = call.array<double>(2, &steps);
  task.settings = call.array<double>(3);
  task.results = call.array<double>(4, &results);
  task.end = (int32_t)steps;
  task.epochs = (int32_t)results / RESULTS;
  return perform(call, task, call.integer(5), 6);
}
static napi_value evaluate(napi_env env, napi_callback_info info) {
  Call call(env, info);
  if (!call.open()) return nullptr;
  Task task{};
  task.kind = EVALUATE;
  task.begin = call.integer(1);
  task.end = call.integer(2);
  task.results = call.array<double>(3);
  return perform(call, task, call.integer(4), 5);
}
static napi_value predict(napi_env env, napi_callback_info info) {
  Call call(env, info);
  if (!call.open()) return nullptr;
  Task task{};
  task.kind = PREDICT;
  task.begin = call.integer(1);
  task.end = call.integer(2);
  task.results = call.array<double>(3);
  return perform(call, task, call.integer(4), 5);
}
static napi_value abortTask(napi_env env, napi_callback_info info) {
  Call call(env, info);
  if (call.open(false) && call.handle->task) kernels->stop(call.handle->net, 1);
  return nullptr;
}
static napi_value map(napi_env env, napi_callback_info info) {
  Call call(env, info);
  size_t count = 0;
  float *y = call.array<float>(2, &count);
  kernels->map(call.integer(0), call.array<float>(1), y, (int32_t)count);
  return nullptr;
}
/** Sets how many threads may work, for all networks; gives how many do. */
static napi_value threads(napi_env env, napi_callback_info info) {
  Call call(env, info);
  const int32_t asked = call.integer(0);
  if (asked > 0) pool.limit(asked);
  return call.number((int32_t)pool.limit());
}
/** Bytes outside its heap that the collector of garbage was told of, by whomever. */
static napi_value told(napi_env env, napi_callback_info info) {
  int64_t all = 0;
  napi_adjust_external_memory(env, 0, &all);
  return Call(env, info).number((double)all);
}
/** seed, key, epoch, order. */
static napi_value shuffle(napi_env env, napi_callback_info info) {
  Call call(env, info);
  size_t count = 0;
  int32_t *order = call.array<int32_t>(3, &count);
  kernels->shuffle(call.natural(0), call.natural(1), call.natural(2), order, (int32_t)count);
  return nullptr;
}
/** Multiply-adds a second of the bare product, on this thread. */
static napi_value bareRate(napi_env env, napi_callback_info info) {
  Call call(env, info);
  double best = 0;
  for (int round = 0; round < 8; round++) {
    const auto start = std::chrono::steady_clock::now();
    const double work = kernels->bareProducts(4000);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    if (work / taken.count() > best) best = work / taken.count();
  }
  return call.number(best);
}

static napi_value start(napi_env env, napi_value exports) {
  const struct {
    const char *name;
    napi_callback call;
  } functions[] = {{"create", create},     {"destroy", destroy}, {"values", values}, {"write", write},   {"read", read},
                   {"optimizer", optimizer}, {"save", save},     {"fallBack", fallBack}, {"bind", bind}, {"train", train},
                   {"evaluate", evaluate}, {"predict", predict}, {"abort", abortTask}, {"map", map},     {"threads", threads},
                   {"bareRate", bareRate}, {"rest", rest},     {"told", told},         {"shuffle", shuffle}};
  Host *host = new (std::nothrow) Host{};
  napi_value number, text;
  napi_create_string_utf8(env, "forecast kernels", NAPI_AUTO_LENGTH, &text);
  if (!host || napi_create_threadsafe_function(env, nullptr, nullptr, text, 0, 1, nullptr, nullptr, nullptr, settled, &host->settle) != napi_ok) {
    delete host;
    napi_throw_error(env, nullptr, "no memory for the kernels");
    return exports;
  }
  napi_unref_threadsafe_function(env, host->settle);
  napi_add_env_cleanup_hook(env, leave, host); // after the function's own, so that it runs before it
  {
    std::lock_guard<std::mutex> lock(hostsMutex);
    if (hosts++ == 0) choose(getenv("FORECAST_INSTRUCTIONS"));
  }
  for (const auto &function : functions) {
    napi_value value;
    napi_create_function(env, function.name, NAPI_AUTO_LENGTH, function.call, host, &value);
    napi_set_named_property(env, exports, function.name, value);
  }
  napi_create_int32(env, INTERFACE, &number);
  napi_set_named_property(env, exports, "interface", number);
  napi_create_string_utf8(env, instructions, NAPI_AUTO_LENGTH, &text);
  napi_set_named_property(env, exports, "instructions", text);
  return exports;
}
NAPI_MODULE(NODE_GYP_MODULE_NAME, start)
