#include "inputs.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <string_view>

#include "vifi/error.h"

namespace vifi::tools {
namespace {

namespace fs = std::filesystem;

bool looks_like_video(const fs::path& path) {
  constexpr std::array<std::string_view, 26> kEndings{
      ".mp4", ".m4v", ".mov", ".mkv",  ".webm", ".avi", ".ts",  ".mts", ".m2ts", ".mpg", ".mpeg", ".m2v", ".vob",
      ".flv", ".wmv", ".asf", ".3gp",  ".ogv",  ".ogg", ".mxf", ".gif", ".h264", ".264", ".h265", ".265", ".ivf"};
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end();
}

}  // namespace

std::vector<std::string> videos_of(const std::string& input) {
  std::error_code error;
  if (!fs::is_directory(input, error)) return {input};
  std::vector<std::string> videos;
  fs::recursive_directory_iterator entries(input, fs::directory_options::skip_permission_denied, error);
  for (; !error && entries != fs::recursive_directory_iterator(); entries.increment(error)) {
    std::error_code ignored;
    if (entries->is_regular_file(ignored) && looks_like_video(entries->path())) videos.push_back(entries->path());
  }
  if (error) {
    throw Error(ErrorCode::unreadable, "[list folder] " + input + ": " + error.message(), "check its permissions");
  }
  if (videos.empty()) {
    throw Error(ErrorCode::not_found, "[list folder] " + input + ": no video file in it",
                "name files of other endings one by one");
  }
  std::sort(videos.begin(), videos.end());
  return videos;
}

}  // namespace vifi::tools
