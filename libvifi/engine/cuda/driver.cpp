#include "cuda/driver.h"

#include <dlfcn.h>

#include <array>
#include <fstream>
#include <iterator>
#include <regex>

namespace vifi {
namespace {

// Of cuda.h, which a machine without the toolkit lacks; the driver keeps these for good.
constexpr int kCapabilityMajor = 75;
constexpr int kCapabilityMinor = 76;

/// A function of the driver; null where it has none of that name.
template <typename Function>
Function* function_of(void* library, const char* name) {
  return reinterpret_cast<Function*>(dlsym(library, name));
}

std::string words_for(void* library, int error) {
  const auto get = function_of<int(int, const char**)>(library, "cuGetErrorString");
  const char* text = nullptr;
  if (get && get(error, &text) == 0 && text) {
    return text;
  }
  return "error " + std::to_string(error);
}

GpuFacts facts_of(void* library, int index) {
  const auto get_name = function_of<int(char*, int, int)>(library, "cuDeviceGetName");
  const auto get_attribute = function_of<int(int*, int, int)>(library, "cuDeviceGetAttribute");
  GpuFacts gpu{.name = "a GPU"};
  std::array<char, 256> name{};
  if (get_name && get_name(name.data(), static_cast<int>(name.size()), index) == 0) {
    gpu.name = name.data();
  }
  int major = 0, minor = 0;
  if (get_attribute && get_attribute(&major, kCapabilityMajor, index) == 0 &&
      get_attribute(&minor, kCapabilityMinor, index) == 0) {
    gpu.capability = 10 * major + minor;
  }
  return gpu;
}

}  // namespace

std::string release_in(const std::string& text) {
  static const std::regex number(R"(\b[0-9]{3,4}\.[0-9]+(\.[0-9]+)?\b)");
  std::smatch match;
  return std::regex_search(text, match, number) ? match.str() : "";
}

DriverFacts ask_driver(const char* library_name, const std::string& version_file) {
  DriverFacts facts;
  std::ifstream file(version_file);
  facts.release = release_in({std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()});
  void* library = dlopen(library_name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (!library) {
    return facts;
  }
  facts.installed = true;
  const auto version = function_of<int(int*)>(library, "cuDriverGetVersion");
  const auto start = function_of<int(unsigned)>(library, "cuInit");
  const auto count_devices = function_of<int(int*)>(library, "cuDeviceGetCount");
  if (!version || !start || !count_devices) {
    facts.failure = std::string(library_name) + " is no driver";
    return facts;
  }
  version(&facts.cuda);  // works before cuInit
  int count = 0;
  int error = start(0);
  if (error == 0) {
    error = count_devices(&count);
  }
  if (error != 0) {
    facts.failure = words_for(library, error);
  } else if (count == 0) {
    facts.failure = "no GPU is visible";
  }
  for (int index = 0; index < count; ++index) {
    facts.gpus.push_back(facts_of(library, index));
  }
  return facts;
}

}  // namespace vifi
