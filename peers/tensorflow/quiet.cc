// Makes TensorFlow's log obey TF_CPP_MIN_LOG_LEVEL from its first line on: what its libraries say while they load ignores it otherwise.
// Compiled into the binding, whose symbols come before the libraries' own. In: the environment. Out: the least severity said (0 all … 3 fatal).

#include <cstdlib>

/** absl::MinLogLevel() under the name the pinned wheel knows it by; of another wheel, this function is not called. */
extern "C" __attribute__((visibility("default"))) int leastSeverity() asm("_ZN4absl12lts_2025081411MinLogLevelEv");

int leastSeverity() {
  const char *level = std::getenv("TF_CPP_MIN_LOG_LEVEL");
  return level ? std::atoi(level) : 0;
}
