#include <limits>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "vifi/result.h"

namespace vifi {
namespace {

Result sample_result() {
  Result result;
  result.seq = 12;
  result.start_ns = 1'000'000'000;
  result.end_ns = 5'000'000'000;
  result.pts_ns = 4'766'666'666;
  result.tag = {.running_ns = 4'700'000'000, .utc_ns = 1'795'435'200'250'999'999, .timecode = "10:00:00:05"};
  result.labels = {{"riding a bicycle", 3, 0.81F, 0.27F}, {"running", 4, 0.1F, -0.5F}};
  result.background = 0.04F;
  result.model = "mini";
  return result;
}

TEST(ResultJson, IsTheDocumentedLine) {
  EXPECT_EQ(to_json(sample_result(), "cam1"),
            R"({"schema":"vifi.result/1","stream":"cam1","seq":12,"start_ns":1000000000,"end_ns":5000000000,)"
            R"("pts_ns":4766666666,"running_ns":4700000000,"utc":"2026-11-23T12:00:00.250Z",)"
            R"("timecode":"10:00:00:05","labels":[)"
            R"({"name":"riding a bicycle","id":3,"score":0.81,"similarity":0.27},)"
            R"({"name":"running","id":4,"score":0.1,"similarity":-0.5}],)"
            R"("accepted":true,"background":0.04,"model":"mini"})");
}

TEST(ResultJson, LeavesOutWhatIsNotKnown) {
  Result result;
  result.accepted = false;
  EXPECT_EQ(to_json(result, ""),
            R"({"schema":"vifi.result/1","stream":"","seq":0,"start_ns":0,"end_ns":0,"pts_ns":0,"labels":[],)"
            R"("accepted":false,"background":0.0,"model":""})");
}

TEST(ResultJson, ScoresComeBackAsTheyWere) {
  Result result = sample_result();
  result.labels[0].score = 1.0F / 3;
  result.labels[1].score = std::numeric_limits<float>::denorm_min();
  const auto json = nlohmann::json::parse(to_json(result, ""));
  EXPECT_EQ(json["labels"][0]["score"].get<float>(), result.labels[0].score);
  EXPECT_EQ(json["labels"][1]["score"].get<float>(), result.labels[1].score);
}

TEST(ResultJson, IsValidForAnyNameOnOneLine) {
  Result result = sample_result();
  result.labels[0].name = "say \"hi\"\n\\ gr\xc3\xbc\xc3\x9f""en";
  result.labels[1].name = "broken \xff utf-8";
  const std::string line = to_json(result, "cam\t1");
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["labels"][0]["name"], result.labels[0].name);
  EXPECT_EQ(json["labels"][1]["name"], "broken \xef\xbf\xbd utf-8");
  EXPECT_EQ(json["stream"], "cam\t1");
}

TEST(EventJson, IsTheDocumentedLine) {
  Event event;
  event.seq = 3;
  event.phase = EventPhase::update;
  event.name = "running";
  event.id = 3;
  event.start_ns = 1;
  event.end_ns = 2;
  event.score = 0.8F;
  event.peak = 0.93F;
  EXPECT_EQ(to_json(event, "cam1"),
            R"({"schema":"vifi.event/1","stream":"cam1","seq":3,"phase":"update","name":"running","id":3,)"
            R"("start_ns":1,"end_ns":2,"score":0.8,"peak":0.93})");
  event.tag.utc_ns = 1'000'000'000;
  EXPECT_NE(to_json(event, "").find(R"("utc":"1970-01-01T00:00:01.000Z","score")"), std::string::npos);
}

TEST(EventJson, NamesEveryPhase) {
  Event event;
  event.phase = EventPhase::start;
  EXPECT_NE(to_json(event, "").find(R"("phase":"start")"), std::string::npos);
  event.phase = EventPhase::end;
  EXPECT_NE(to_json(event, "").find(R"("phase":"end")"), std::string::npos);
}

}  // namespace
}  // namespace vifi
