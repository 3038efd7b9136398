#include "vifi/model_cache.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "vifi/model.h"

namespace vifi {
namespace {

namespace fs = std::filesystem;

/// The path in a variable; empty where it holds none or a relative one, which the XDG rules tell to ignore.
fs::path absolute_from(const char* variable) {
  const char* value = std::getenv(variable);
  const fs::path path = value ? value : "";
  return path.is_absolute() ? path : fs::path();
}

bool stays_in_a_file_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '+' || c == '-';
}

}  // namespace

std::string model_cache_path() {
  fs::path cache = absolute_from("XDG_CACHE_HOME");
  if (cache.empty()) {
    const fs::path home = absolute_from("HOME");
    if (home.empty()) {
      return {};
    }
    cache = home / ".cache";
  }
  return (cache / "vifi" / "models").string();
}

std::string cached_model_path(std::string_view name) {
  constexpr std::size_t kLongest = 200;  // file names end at 255, and a download's carries more
  const std::string cache = model_cache_path();
  if (cache.empty() || name.empty() || name.size() > kLongest || name.front() == '.') {
    return {};
  }
  std::string folder(name);
  std::replace_if(folder.begin(), folder.end(), [](char c) { return !stays_in_a_file_name(c); }, '-');
  return (fs::path(cache) / folder).string();
}

std::string find_model(const std::string& given) {
  std::error_code ignored;
  if (given.empty()) {
    return default_model_path();
  }
  if (fs::exists(given, ignored)) {
    return given;
  }
  const std::string cached = cached_model_path(given);
  return !cached.empty() && fs::exists(cached, ignored) ? cached : given;
}

}  // namespace vifi
