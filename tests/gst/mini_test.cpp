#include <gst/gst.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/handles.h"
#include "support/seen.h"

/// The bundled model through real pipelines, against results that were computed by another program.
namespace vifi::testing {
namespace {

using nlohmann::json;

std::string data(const std::string& name) { return std::string(std::getenv("VIFI_TEST_DATA")) + "/" + name; }

json read_json(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  return json::parse(file);
}

std::vector<SeenResult> results_of(const std::string& video, const std::string& properties) {
  gst_init(nullptr, nullptr);
  GError* failure = nullptr;
  const std::string line =
      "filesrc location=\"" + video + "\" ! decodebin ! vificlip " + properties + " ! fakesink sync=false";
  const Handle<GstElement> pipeline(gst_parse_launch(line.c_str(), &failure));
  EXPECT_EQ(failure, nullptr);
  const Handle<GstBus> bus(gst_element_get_bus(pipeline.get()));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  std::vector<SeenResult> results;
  constexpr auto kWanted = static_cast<GstMessageType>(GST_MESSAGE_ELEMENT | GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  while (const Handle<GstMessage> message{gst_bus_timed_pop_filtered(bus.get(), 60 * GST_SECOND, kWanted)}) {
    if (gst_message_has_name(message.get(), "vificlip-result")) {
      results.push_back(result_from(gst_message_get_structure(message.get())));
    }
    if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ERROR) {
      gst_message_parse_error(message.get(), &failure, nullptr);
      ADD_FAILURE() << failure->message;
      g_error_free(failure);
    }
    if (GST_MESSAGE_TYPE(message.get()) != GST_MESSAGE_ELEMENT) break;
  }
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  return results;
}

/// Every window of the file: its time, its best label and all probabilities.
void expect_windows(const std::vector<SeenResult>& results, const json& reference) {
  const auto& windows = reference.at("windows");
  ASSERT_GE(results.size(), windows.size());
  ASSERT_LE(results.size(), windows.size() + 1);  // a last one at EOS
  const auto labels = reference.at("labels").get<std::vector<std::string>>();
  for (std::size_t i = 0; i < windows.size(); ++i) {
    SCOPED_TRACE("window " + std::to_string(i));
    EXPECT_NEAR(static_cast<double>(results[i].pts), windows[i].at("pts_ns").get<double>(), 2);
    const auto expected = windows[i].at("prob").get<std::vector<double>>();
    double first = 0;
    double second = 0;
    for (std::size_t l = 0; l < labels.size(); ++l) {
      EXPECT_NEAR(results[i].score_of(labels[l]), expected[l], 0.02) << labels[l];
      if (expected[l] > first) {
        second = std::exchange(first, expected[l]);
      } else {
        second = std::max(second, expected[l]);
      }
    }
    if (first - second > 0.04) {
      EXPECT_EQ(results[i].top(), labels[windows[i].at("top").get<std::size_t>()]);
    }
  }
}

/// Share of the windows of which at least 12 of 16 grid times lie in one action segment and the best label is its.
double hop_accuracy(const std::vector<SeenResult>& results, const json& timeline) {
  int scored = 0;
  int hits = 0;
  for (const SeenResult& result : results) {
    if (result.end - result.start != 4 * GST_SECOND) continue;
    for (const auto& segment : timeline.at("segments")) {
      if (segment.at("kind") != "action") continue;
      int inside = 0;
      for (int k = 0; k < 16; ++k) {
        const double time = static_cast<double>(result.start) / 1e9 + k * 0.25;
        inside += time >= segment.at("start_s").get<double>() && time < segment.at("end_s").get<double>() ? 1 : 0;
      }
      if (inside < 12) continue;
      ++scored;
      hits += result.top() == segment.at("label").get<std::string>() ? 1 : 0;
    }
  }
  EXPECT_GE(scored, 10);
  return static_cast<double>(hits) / std::max(1, scored);
}

TEST(Mini, MatchGivesTheReferencesWindows) {
  const auto results = results_of(data("mini/match1.mp4"), "top-k=16");
  expect_windows(results, read_json(data("mini/match1.windows.json")));
  EXPECT_GE(hop_accuracy(results, read_json(data("mini/match1.timeline.json"))), 0.825 - 0.01);
}

TEST(Mini, DemoGivesTheReferencesWindows) {
  const std::string media = data("../../pipelines/media/");
  const auto results = results_of(media + "demo.mp4", "top-k=16");
  expect_windows(results, read_json(data("mini/demo.windows.json")));
  EXPECT_EQ(hop_accuracy(results, read_json(media + "demo.timeline.json")), 1.0);
}

TEST(Mini, ItsOwnLabelsGivenAsTextChangeNothing) {
  const std::string media = data("../../pipelines/media/");
  const auto labels = read_json(data("mini/demo.windows.json")).at("labels").get<std::vector<std::string>>();
  std::string text;
  for (const auto& label : labels) text += (text.empty() ? "" : ";") + label;
  const auto results = results_of(media + "demo.mp4", "top-k=16 labels=\"" + text + "\"");
  expect_windows(results, read_json(data("mini/demo.windows.json")));
}

}  // namespace
}  // namespace vifi::testing
