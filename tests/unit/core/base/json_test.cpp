#include "base/json.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "base/json_object.h"

namespace vifi {
namespace {

std::string reason(const std::string& text) {
  try {
    parse_json(text);
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "accepted";
}

[[noreturn]] void refuse(const std::string& message) { throw std::runtime_error(message); }

std::string complaint(const auto& body) {
  try {
    body();
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return "accepted";
}

TEST(Json, NestsUpTo64Levels) {
  EXPECT_EQ(reason(std::string(64, '[') + std::string(64, ']')), "accepted");
  EXPECT_EQ(reason(std::string(65, '[') + std::string(65, ']')), "nested deeper than 64 levels");
  EXPECT_EQ(reason(std::string(1'000'000, '[')), "nested deeper than 64 levels");
}

TEST(Json, RefusesANameTwiceInOneObjectOnly) {
  EXPECT_EQ(reason(R"({"a": 1, "b": {"a": 2}})"), "accepted");
  EXPECT_EQ(reason(R"({"a": 1, "b": {}, "a": 2})"), "the name \"a\" occurs twice in one object");
}

TEST(Json, SaysWhereATextBreaks) {
  EXPECT_TRUE(reason("{\n\"a\": }").starts_with("parse error at line 2, column 6")) << reason("{\n\"a\": }");
  EXPECT_NE(reason("{} {}"), "accepted");
  EXPECT_NE(reason("\"\xff\""), "accepted");
}

TEST(JsonObject, NamesTheFileAndThePlaceOfAWrongValue) {
  const auto json = parse_json(R"({"window": {"frames": "many"}})");
  const JsonObject window = JsonObject(json, "vifi.json", refuse).section("window");
  EXPECT_EQ(complaint([&] { window.integer("frames", 16, 100); }),
            "vifi.json: window.frames: expected an integer from 1 to 100, got \"many\"");
}

TEST(JsonObject, TakesIntegersOfItsRangeAndNoFractions) {
  const auto json = parse_json(R"({"none": null, "zero": 0, "minus": -1, "half": 0.5, "five": 5})");
  const JsonObject object(json, "f", refuse);
  EXPECT_EQ(object.integer("five", 1, 5), 5);
  EXPECT_EQ(object.integer("none", 7), 7);
  EXPECT_EQ(object.integer("absent", 7), 7);
  for (const char* key : {"zero", "minus", "half"}) {
    EXPECT_NE(complaint([&] { object.integer(key, 1); }), "accepted") << key;
  }
  EXPECT_NE(complaint([&] { object.integer("five", 1, 4); }), "accepted");
}

TEST(JsonObject, ListsTheKeysNobodyAskedFor) {
  const auto json = parse_json(R"({"known": 1, "sise": 2})");
  const JsonObject object(json, "f", refuse);
  object.integer("known", 0);
  EXPECT_EQ(object.unknown_keys(), std::vector<std::string>{"sise"});
}

TEST(JsonObject, IsAnObject) {
  EXPECT_EQ(complaint([] { const nlohmann::json list = {1}; JsonObject(list, "f", refuse); }),
            "f: expected an object, got [1]");
}

}  // namespace
}  // namespace vifi
