#include "timeline.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "vifi/error.h"

namespace vifi::tools {
namespace {

namespace fs = std::filesystem;

constexpr const char* kEnding = ".timeline.json";

std::vector<std::string> timelines_in(const fs::path& folder) {
  std::vector<std::string> paths;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().string().ends_with(kEnding)) paths.push_back(entry.path().string());
  }
  if (paths.empty()) {
    throw Error(ErrorCode::not_found, "[timeline] " + folder.string() + " holds no *" + kEnding,
                "name the files that hold the timelines");
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

const TimelineSegment* scene_of(std::int64_t start_ns, std::int64_t end_ns, const std::vector<TimelineSegment>& segments) {
  constexpr double kFilled = 0.75;
  for (const TimelineSegment& segment : segments) {
    const std::int64_t common = std::min(end_ns, segment.end_ns) - std::max(start_ns, segment.start_ns);
    if (static_cast<double>(common) >= kFilled * static_cast<double>(end_ns - start_ns)) return &segment;
  }
  return nullptr;
}

Timeline read_timeline(const std::string& path) {
  const fs::path file =
      fs::path(path).extension() == ".json" ? fs::path(path) : fs::path(path).replace_extension(kEnding);
  std::ifstream stream(file);
  if (!stream) {
    throw Error(ErrorCode::not_found, "[timeline] " + file.string() + ": no such file",
                "a timeline lies beside its video, under its name with " + std::string(kEnding));
  }
  const auto nanoseconds = [](double seconds) { return static_cast<std::int64_t>(std::llround(seconds * 1e9)); };
  try {
    const auto json = nlohmann::json::parse(stream);
    Timeline timeline;
    timeline.video = (file.parent_path() / json.at("video").get<std::string>()).string();
    for (const auto& segment : json.at("segments")) {
      const auto& label = segment.at("label");
      timeline.segments.push_back({nanoseconds(segment.at("start_s")), nanoseconds(segment.at("end_s")),
                                   label.is_null() ? "" : label.get<std::string>()});
    }
    return timeline;
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::corrupt, "[timeline] " + file.string() + ": " + error.what(),
                R"(expected {"video": NAME, "segments": [{"start_s": 0, "end_s": 4.5, "label": "walking"}, …]})");
  }
}

std::vector<Timeline> read_timelines(const std::vector<std::string>& inputs) {
  std::vector<Timeline> timelines;
  for (const std::string& input : inputs) {
    const std::vector<std::string> files =
        fs::is_directory(input) ? timelines_in(input) : std::vector<std::string>{input};
    for (const std::string& file : files)
      timelines.push_back(read_timeline(file));
  }
  return timelines;
}

}  // namespace vifi::tools
