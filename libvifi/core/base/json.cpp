#include "base/json.h"

#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace vifi {
namespace {

constexpr std::size_t kMaxDepth = 64;

/// "[json.exception.parse_error.101] parse error at line 1, column 4: …" without the part in brackets.
std::string reason_of(const nlohmann::json::exception& e) {
  const std::string text = e.what();
  const auto end = text.find("] ");
  return end == std::string::npos ? text : text.substr(end + 2);
}

}  // namespace

nlohmann::json parse_json(std::string_view text) {
  using Json = nlohmann::json;
  std::size_t depth = 0;
  std::vector<std::set<std::string>> names;  // of the objects that are open
  const auto check = [&](int, Json::parse_event_t event, Json& parsed) {
    switch (event) {
      case Json::parse_event_t::object_start:
        names.emplace_back();
        [[fallthrough]];
      case Json::parse_event_t::array_start:
        if (++depth > kMaxDepth) {
          throw std::invalid_argument("nested deeper than " + std::to_string(kMaxDepth) + " levels");
        }
        break;
      case Json::parse_event_t::object_end:
        names.pop_back();
        [[fallthrough]];
      case Json::parse_event_t::array_end:
        --depth;
        break;
      case Json::parse_event_t::key:
        if (!names.back().insert(parsed.get_ref<const std::string&>()).second) {
          throw std::invalid_argument("the name " + parsed.dump() + " occurs twice in one object");
        }
        break;
      case Json::parse_event_t::value:
        break;
    }
    return true;
  };
  try {
    return Json::parse(text.begin(), text.end(), check);
  } catch (const Json::exception& e) {
    throw std::invalid_argument(reason_of(e));
  }
}

}  // namespace vifi
