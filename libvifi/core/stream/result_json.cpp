#include <cstdint>
#include <ctime>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "vifi/result.h"

namespace vifi {
namespace {

// Scores are float32: printed as such they are short and come back the same.
using Json = nlohmann::basic_json<nlohmann::ordered_map, std::vector, std::string, bool, std::int64_t, std::uint64_t,
                                  float>;

/// "2026-11-23T12:00:00.250Z", cut to milliseconds. @param utc_ns  > 0
std::string iso_8601(std::int64_t utc_ns) {
  const std::time_t seconds = utc_ns / 1'000'000'000;
  std::tm date{};
  gmtime_r(&seconds, &date);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", date.tm_year + 1900, date.tm_mon + 1, date.tm_mday,
                     date.tm_hour, date.tm_min, date.tm_sec, utc_ns / 1'000'000 % 1000);
}

std::string one_line(const Json& json) {
  return json.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);  // names are anybody's bytes
}

const char* name_of(EventPhase phase) {
  switch (phase) {
    case EventPhase::start: return "start";
    case EventPhase::update: return "update";
    case EventPhase::end: return "end";
  }
  return "end";
}

}  // namespace

std::string to_json(const Result& result, const std::string& stream) {
  Json json = {{"schema", "vifi.result/1"},      {"stream", stream},         {"seq", result.seq},
               {"start_ns", result.start_ns},    {"end_ns", result.end_ns},  {"pts_ns", result.pts_ns}};
  if (result.tag.running_ns >= 0) {
    json["running_ns"] = result.tag.running_ns;
  }
  if (result.tag.utc_ns > 0) {
    json["utc"] = iso_8601(result.tag.utc_ns);
  }
  if (!result.tag.timecode.empty()) {
    json["timecode"] = result.tag.timecode;
  }
  json["labels"] = Json::array();
  for (const ScoredLabel& label : result.labels) {
    json["labels"].push_back(
        {{"name", label.name}, {"id", label.id}, {"score", label.score}, {"similarity", label.similarity}});
  }
  json["accepted"] = result.accepted;
  json["background"] = result.background;
  json["model"] = result.model;
  return one_line(json);
}

std::string to_json(const Event& event, const std::string& stream) {
  Json json = {{"schema", "vifi.event/1"},    {"stream", stream},   {"seq", event.seq},
               {"phase", name_of(event.phase)}, {"name", event.name}, {"id", event.id},
               {"start_ns", event.start_ns},  {"end_ns", event.end_ns}};
  if (event.tag.utc_ns > 0) {
    json["utc"] = iso_8601(event.tag.utc_ns);
  }
  json["score"] = event.score;
  json["peak"] = event.peak;
  return one_line(json);
}

}  // namespace vifi
