// The kernels as a Node-API addon: typed arrays in, calls out, the fastest build this processor can run.
// In: typed arrays of JavaScript, read during the call only. Out: numbers. Not here: arithmetic, checks of what the driver checked.
#include <node_api.h>
#include <stdlib.h>

#include "processor.h"
#include "table.h"

#define INTERFACE 3 // native/addon.ts refuses another number

extern const KernelTable KERNELS_BASE;
#ifdef WITH_AVX2
extern const KernelTable KERNELS_AVX2;
#endif

static const KernelTable *kernels = &KERNELS_BASE;
#if defined(__aarch64__)
static const char *instructions = "NEON";
#elif defined(__x86_64__)
static const char *instructions = "SSE2";
#else
static const char *instructions = "generic vectors";
#endif

static void choose() {
#ifdef WITH_AVX2
  if (processor().avx2) {
    kernels = &KERNELS_AVX2;
    instructions = "AVX2 with FMA";
  }
#endif
}

/** A network and the pointers of its channels, alive until JavaScript drops or destroys it. */
struct Handle {
  Net *net;
  const double **channels;
  uint32_t room;
  int64_t bytes;
};

static void empty(napi_env env, Handle *handle) {
  if (!handle->net) return;
  int64_t left;
  kernels->destroy(handle->net);
  napi_adjust_external_memory(env, -handle->bytes, &left);
  free(handle->channels);
  handle->net = nullptr;
  handle->channels = nullptr;
}
static void dropped(napi_env env, void *data, void *) {
  empty(env, (Handle *)data);
  free(data);
}

enum { MOST_ARGUMENTS = 6 };
/** Arguments of a call, the first a handle. */
struct Call {
  napi_env env;
  napi_value values[MOST_ARGUMENTS];
  Handle *handle;

  Call(napi_env given, napi_callback_info info) : env(given), values{}, handle(nullptr) {
    size_t count = MOST_ARGUMENTS;
    napi_get_cb_info(env, info, &count, values, nullptr, nullptr);
  }
  /** False, with an exception pending, where the first argument is no living network. */
  bool open() {
    void *data = nullptr;
    if (napi_get_value_external(env, values[0], &data) == napi_ok) handle = (Handle *)data;
    if (handle && handle->net) return true;
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
  handle->bytes = (int64_t)kernels->values(net) * 28 + 65536; // weights, gradients, moments, copies
  int64_t now;
  napi_adjust_external_memory(env, handle->bytes, &now);
  napi_create_external(env, handle, dropped, nullptr, &result);
  return result;
}
static napi_value destroy(napi_env env, napi_callback_info info) {
  Call call(env, info);
  if (call.open()) empty(env, call.handle);
  return nullptr;
}
static napi_value values(napi_env env, napi_callback_info info) {
  Call call(env, info);
  return call.open() ? call.number(kernels->values(call.handle->net)) : nullptr;
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
static napi_value train(napi_env env, napi_callback_info info) {
  Call call(env, info);
  if (!call.open()) return nullptr;
  size_t steps = 0;
  const double *rates = call.array<double>(2, &steps);
  return call.number(
      kernels->train(call.handle->net, nullptr, call.array<int32_t>(1), (int32_t)steps, rates, call.array<double>(3), call.array<double>(4)));
}
static napi_value evaluate(napi_env env, napi_callback_info info) {
  Call call(env, info);
  if (!call.open()) return nullptr;
  return call.number(kernels->evaluate(call.handle->net, nullptr, call.integer(1), call.integer(2), call.array<double>(3)));
}
static napi_value predict(napi_env env, napi_callback_info info) {
  Call call(env, info);
  if (!call.open()) return nullptr;
  return call.number(kernels->predict(call.handle->net, nullptr, call.integer(1), call.integer(2), call.array<double>(3)));
}
static napi_value map(napi_env env, napi_callback_info info) {
  Call call(env, info);
  size_t count = 0;
  float *y = call.array<float>(2, &count);
  kernels->map(call.integer(0), call.array<float>(1), y, (int32_t)count);
  return nullptr;
}

static napi_value start(napi_env env, napi_value exports) {
  choose();
  const struct {
    const char *name;
    napi_callback call;
  } functions[] = {{"create", create}, {"destroy", destroy}, {"values", values},     {"write", write},     {"read", read},
                   {"optimizer", optimizer}, {"save", save}, {"fallBack", fallBack}, {"bind", bind},       {"train", train},
                   {"evaluate", evaluate}, {"predict", predict}, {"map", map}};
  for (const auto &function : functions) {
    napi_value value;
    napi_create_function(env, function.name, NAPI_AUTO_LENGTH, function.call, nullptr, &value);
    napi_set_named_property(env, exports, function.name, value);
  }
  napi_value number, text;
  napi_create_int32(env, INTERFACE, &number);
  napi_set_named_property(env, exports, "interface", number);
  napi_create_string_utf8(env, instructions, NAPI_AUTO_LENGTH, &text);
  napi_set_named_property(env, exports, "instructions", text);
  return exports;
}
NAPI_MODULE(NODE_GYP_MODULE_NAME, start)
