// A driver as vifi asks it: what it answers stands in environment variables.
#include <cstdlib>
#include <cstring>

namespace {

int number(const char* name) {
  const char* text = std::getenv(name);
  return text ? std::atoi(text) : 0;
}

constexpr int kNoDevice = 100;
constexpr int kCapabilityMajor = 75;

}  // namespace

#define FAKE extern "C" __attribute__((visibility("default"))) int

FAKE cuDriverGetVersion(int* version) {
  *version = number("FAKE_CUDA");
  return 0;
}

FAKE cuInit(unsigned) { return number("FAKE_GPUS") > 0 ? 0 : kNoDevice; }

FAKE cuDeviceGetCount(int* count) {
  *count = number("FAKE_GPUS");
  return 0;
}

FAKE cuDeviceGetName(char* name, int size, int) {
  std::strncpy(name, "Fake 9000", static_cast<std::size_t>(size));
  return 0;
}

FAKE cuDeviceGetAttribute(int* value, int attribute, int) {
  *value = attribute == kCapabilityMajor ? 9 : 0;
  return 0;
}

FAKE cuGetErrorString(int error, const char** text) {
  *text = error == kNoDevice ? "no CUDA-capable device is detected" : "?";
  return 0;
}
