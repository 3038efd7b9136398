#include "clip_list.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

namespace vifi {
namespace {

using Json = nlohmann::json;

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

/// A list of times, or a rule `{"start": ns, "step": "n/d s"}`, in part followed by "each rounded to 1 ms".
std::vector<std::int64_t> times_from(const Json& rule, std::int64_t frames) {
  if (rule.is_array()) return rule.get<std::vector<std::int64_t>>();
  std::vector<std::int64_t> times;
  if (!rule.is_object()) return times;
  const std::string step = text_of(rule, "step");  // null for a single frame
  std::int64_t numerator = 0;
  std::int64_t denominator = 1;
  char slash = 0;
  std::istringstream(step) >> numerator >> slash >> denominator;
  const bool milliseconds = step.find("1 ms") != std::string::npos;
  for (std::int64_t i = 0; i < frames; ++i) {
    const long double exact = 1e9L * static_cast<long double>(i * numerator) / static_cast<long double>(denominator);
    times.push_back(rule.at("start").get<std::int64_t>() +
                    (milliseconds ? std::llround(exact / 1e6L) * 1'000'000 : std::llround(exact)));
  }
  return times;
}

std::vector<std::int64_t> running_times(const Json& clip, std::int64_t frames) {
  const Json rule = clip.value("gstreamer", Json::object()).value("running_time_ns", Json());
  if (!rule.is_string()) return times_from(rule, frames);
  auto times = times_from(clip.at("pts_ns"), frames);
  if (rule == "pts") return times;
  if (rule != "pts - pts[0]") throw std::runtime_error("unknown rule " + rule.get<std::string>());
  const std::int64_t first = times.empty() ? 0 : times.front();
  for (auto& time : times) time -= first;
  return times;
}

/// "0-36 38 ? 60-62": ranges, single codes, unreadable frames.
std::vector<std::optional<int>> codes_from(const std::string& text) {
  std::vector<std::optional<int>> codes;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (word == "?") {
      codes.emplace_back();
      continue;
    }
    const auto dash = word.find('-');
    const int first = std::stoi(word);
    const int last = dash == std::string::npos ? first : std::stoi(word.substr(dash + 1));
    for (int code = first; code <= last; ++code) codes.emplace_back(code);
  }
  return codes;
}

/// 1022 for "1.22.0"
int version_from(const std::string& text) {
  int major = 0;
  int minor = 0;
  char dot = 0;
  std::istringstream(text) >> major >> dot >> minor;
  return 1000 * major + minor;
}

/// Frames of each file with this machine's GStreamer ($VIFI_TEST_GSTREAMER), as counts.txt has them: its columns are
/// versions, and what comes after a version and before the next counts like the version.
std::map<std::string, std::int64_t> counted_frames() {
  const char* version = std::getenv("VIFI_TEST_GSTREAMER");
  std::map<std::string, std::int64_t> counts;
  if (version == nullptr) return counts;
  std::ifstream stream(own_clips() / "counts.txt");
  std::string word;
  std::size_t column = 0;
  std::size_t columns = 0;
  while (stream >> word && word != "file") {
    if (version_from(word) <= version_from(version)) column = columns;
    ++columns;
  }
  std::vector<std::int64_t> row(columns);
  while (stream) {
    for (auto& frames : row) stream >> frames;
    std::string file;
    if (std::getline(stream >> std::ws, file)) counts[file] = row.at(column);
  }
  return counts;
}

Expectation expectation_from(const std::string& text) {
  if (text == "decodes") return Expectation::decodes;
  if (text == "damaged") return Expectation::damaged;
  if (text == "no_video") return Expectation::no_video;
  if (text == "error") return Expectation::error;
  throw std::runtime_error("unknown expectation " + text);
}

}  // namespace

std::vector<Clip> read_clip_list(const std::filesystem::path& folder) {
  std::ifstream stream(folder / "clips.json");
  const Json list = Json::parse(stream);
  const auto counts = counted_frames();
  std::vector<Clip> clips;
  for (const Json& entry : list.at("clips")) {
    Clip clip;
    clip.file = entry.at("file");
    clip.path = folder / clip.file;
    if (!std::filesystem::is_regular_file(clip.path) || entry.contains("members")) continue;  // picture folder, archive
    clip.expect = expectation_from(entry.at("expect"));
    const Json measured = entry.value("gstreamer", Json::object());
    clip.frames = measured.value("frames", entry.value("frames", std::int64_t{0}));
    const auto counted = counts.find(clip.file);
    if (counted != counts.end() && counted->second != clip.frames) {
      clip.frames = counted->second;  // which frames, and when, clips.json tells for its own version alone
      clip.frames_vary = true;
    } else {
      clip.running_ns = running_times(entry, clip.frames);
      clip.codes = codes_from(text_of(measured.contains("codes") ? measured : entry, "codes"));
    }
    clip.orientation = measured.value("tags", Json::object()).value("image-orientation", "");
    clips.push_back(std::move(clip));
  }
  return clips;
}

bool is_measured_gstreamer() {
  const char* version = std::getenv("VIFI_TEST_GSTREAMER");
  return version != nullptr && version_from(version) == 1022;
}

std::filesystem::path own_clips() {
  const char* data = std::getenv("VIFI_TEST_DATA");
  if (data == nullptr) throw std::runtime_error("VIFI_TEST_DATA is not set: run through `meson test`");
  return std::filesystem::path(data) / "clips";
}

std::optional<std::filesystem::path> shared_clips() {
  const char* set = std::getenv("VIFI_SHARED");
  const std::filesystem::path root = set != nullptr ? std::filesystem::path(set) : own_clips() / "../../../../shared";
  const auto clips = root / "data" / "clips";
  if (std::filesystem::exists(clips / "clips.json")) return clips;
  return std::nullopt;
}

}  // namespace vifi
