#include <gst/check/gstharness.h>
#include <gst/gst.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "cue_track.h"
#include "klv.h"
#include "support/clip_harness.h"
#include "support/launch.h"

namespace vifi::testing {
namespace {

using vifi::gst::Cue;
using vifi::gst::CueStyle;
using vifi::gst::CueTrack;
using vifi::gst::Report;
namespace fs = std::filesystem;

constexpr std::int64_t kSecond = 1'000'000'000;

// ---- the subtitle track

Report with_result(std::int64_t pts, const std::string& label = "walking", bool accepted = true) {
  Result result;
  result.start_ns = pts - 4 * kSecond;
  result.end_ns = pts;
  result.pts_ns = pts;
  result.accepted = accepted;
  result.labels = {{label, 0, 0.72F, 0}};
  Report report;
  report.results.push_back({result, true, 0});
  return report;
}

Report with_event(std::uint64_t seq, EventPhase phase, std::int64_t start, std::int64_t end) {
  Event event;
  event.seq = seq;
  event.phase = phase;
  event.name = "event " + std::to_string(seq);
  event.start_ns = start;
  event.end_ns = end;
  event.peak = 0.9F;
  Report report;
  report.events.push_back(event);
  return report;
}

TEST(CueTrack, AResultsCueStandsFromNowUntilTheNext) {
  CueTrack track({CueStyle::results, 0, ""});
  auto cues = track.add(with_result(4 * kSecond), 4 * kSecond);
  ASSERT_EQ(cues.size(), 1U);
  EXPECT_EQ(cues[0].start_ns, 4 * kSecond);
  EXPECT_EQ(cues[0].duration_ns, kSecond);
  EXPECT_EQ(cues[0].text, "walking 72 % (0.0–4.0 s)");
  track.advance(6 * kSecond);
  cues = track.add(with_result(6 * kSecond), 6 * kSecond);
  ASSERT_EQ(cues.size(), 1U);
  EXPECT_EQ(cues[0].duration_ns, 2 * kSecond);  // as far apart as the two results
}

TEST(CueTrack, CuesOfResultsDoNotOverlap) {
  CueTrack track({CueStyle::results, 2 * kSecond, "{label}"});
  track.add(with_result(4 * kSecond), 4 * kSecond);
  const auto cues = track.add(with_result(5 * kSecond), 5 * kSecond);
  ASSERT_EQ(cues.size(), 1U);
  EXPECT_EQ(cues[0].start_ns, 6 * kSecond);
  EXPECT_EQ(cues[0].duration_ns, kSecond);
}

TEST(CueTrack, WhatIsNotAcceptedOrNotNewMakesNoCue) {
  CueTrack track({CueStyle::results, 0, ""});
  EXPECT_TRUE(track.add(with_result(4 * kSecond, "walking", false), 4 * kSecond).empty());
  Report again = with_result(4 * kSecond);
  again.results[0].fresh = false;
  EXPECT_TRUE(track.add(again, 5 * kSecond).empty());
}

TEST(CueTrack, AnEventsCueSpansTheEvent) {
  CueTrack track({CueStyle::events, 0, ""});
  EXPECT_TRUE(track.add(with_event(0, EventPhase::start, kSecond, 4 * kSecond), 4 * kSecond).empty());
  const auto cues = track.add(with_event(0, EventPhase::end, kSecond, 6 * kSecond), 9 * kSecond);
  ASSERT_EQ(cues.size(), 1U);
  EXPECT_EQ(cues[0].start_ns, kSecond);
  EXPECT_EQ(cues[0].duration_ns, 5 * kSecond);
  EXPECT_EQ(cues[0].text, "event 0 90 %");
}

TEST(CueTrack, EventsComeByTheirStartEvenWhereALaterOneEndsFirst) {
  CueTrack track({CueStyle::events, 0, ""});
  track.add(with_event(0, EventPhase::start, kSecond, 4 * kSecond), 4 * kSecond);
  track.add(with_event(1, EventPhase::start, 2 * kSecond, 4 * kSecond), 4 * kSecond);
  EXPECT_TRUE(track.add(with_event(1, EventPhase::end, 2 * kSecond, 5 * kSecond), 6 * kSecond).empty());
  const auto cues = track.add(with_event(0, EventPhase::end, kSecond, 7 * kSecond), 8 * kSecond);
  ASSERT_EQ(cues.size(), 2U);
  EXPECT_EQ(cues[0].text, "event 0 90 %");
  EXPECT_EQ(cues[1].text, "event 1 90 %");
}

TEST(CueTrack, TheTrackIsFinalOnlyUpToWhereAnEventMayStillBegin) {
  CueTrack track({CueStyle::events, 0, ""});
  EXPECT_EQ(track.advance(3 * kSecond), 0);
  track.add(with_result(5 * kSecond), 5 * kSecond);  // a window from 1 to 5 s
  EXPECT_EQ(track.advance(5 * kSecond), kSecond);
  track.add(with_event(0, EventPhase::start, 2 * kSecond, 5 * kSecond), 5 * kSecond);
  track.add(with_result(9 * kSecond), 9 * kSecond);
  EXPECT_EQ(track.advance(9 * kSecond), 2 * kSecond);
  CueTrack live({CueStyle::results, 0, ""});
  EXPECT_EQ(live.advance(3 * kSecond), 3 * kSecond);
}

TEST(CueTrack, ALabelWithBracesIsNoFormat) {
  CueTrack track({CueStyle::results, 0, "{label}/{score}"});
  EXPECT_EQ(track.add(with_result(4 * kSecond, "{score}{end}"), 4 * kSecond)[0].text, "{score}{end}/72 %");
}

// ---- KLV

/// Tag -> values of a local set, as a reader that knows nothing but BER and one-byte tags sees it.
using Set = std::multimap<int, std::string>;

std::size_t ber(const std::string& bytes, std::size_t& at) {
  const auto first = static_cast<std::uint8_t>(bytes.at(at++));
  if (first < 0x80) return first;
  std::size_t length = 0;
  for (int i = 0; i < (first & 0x7f); ++i)
    length = length << 8 | static_cast<std::uint8_t>(bytes.at(at++));
  return length;
}

Set set_in(const std::string& bytes) {
  Set set;
  for (std::size_t at = 0; at < bytes.size();) {
    const int tag = static_cast<std::uint8_t>(bytes[at++]);
    const std::size_t length = ber(bytes, at);
    EXPECT_LE(at + length, bytes.size());
    set.emplace(tag, bytes.substr(at, length));
    at += length;
  }
  return set;
}

std::uint64_t number(const std::string& bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes)
    value = value << 8 | static_cast<std::uint8_t>(byte);
  return value;
}

float float_in(const std::string& bytes) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(number(bytes)));
}

/// @param kind  the key's last byte
Set packet_in(const std::string& bytes, int& kind) {
  EXPECT_GE(bytes.size(), 17U);
  EXPECT_TRUE(std::equal(vifi::gst::kKlvKey.begin(), vifi::gst::kKlvKey.end(), bytes.begin(),
                         [](std::uint8_t a, char b) { return a == static_cast<std::uint8_t>(b); }));
  kind = static_cast<std::uint8_t>(bytes[15]);
  std::size_t at = 16;
  const std::size_t length = ber(bytes, at);
  EXPECT_EQ(at + length, bytes.size());
  return set_in(bytes.substr(at));
}

std::string only(const Set& set, int tag) {
  EXPECT_EQ(set.count(tag), 1U) << "tag " << tag;
  return set.count(tag) == 0 ? "" : set.find(tag)->second;
}

TEST(Klv, AResultComesBackFieldByField) {
  Result result;
  result.seq = 7;
  result.start_ns = 3 * kSecond;
  result.end_ns = 7 * kSecond;
  result.pts_ns = 6'750'000'000;
  result.tag.utc_ns = 1'700'000'000'000'000'000;
  result.accepted = true;
  result.background = 0.25F;
  result.model = "mini";
  result.labels = {{"playing a guitar", 4, 0.72F, 0.5F}, {std::string(200, 'x'), -1, 0.1F, -0.5F}};
  int kind = 0;
  const Set set = packet_in(vifi::gst::to_klv(result, "clip"), kind);
  EXPECT_EQ(kind, 1);
  EXPECT_EQ(number(only(set, 1)), 1U);
  EXPECT_EQ(only(set, 2), "clip");
  EXPECT_EQ(number(only(set, 3)), 7U);
  EXPECT_EQ(number(only(set, 4)), 3'000'000'000U);
  EXPECT_EQ(number(only(set, 5)), 7'000'000'000U);
  EXPECT_EQ(number(only(set, 6)), 1'700'000'000'000'000U);  // microseconds
  EXPECT_EQ(set.count(7), 0U);
  EXPECT_EQ(number(only(set, 8)), 6'750'000'000U);
  EXPECT_EQ(number(only(set, 9)), 1U);
  EXPECT_EQ(float_in(only(set, 10)), 0.25F);
  EXPECT_EQ(only(set, 11), "mini");
  ASSERT_EQ(set.count(12), 2U);
  const Set best = set_in(set.find(12)->second);
  EXPECT_EQ(only(best, 14), "playing a guitar");
  EXPECT_EQ(number(only(best, 15)), 4U);
  EXPECT_EQ(float_in(only(best, 16)), 0.72F);
  EXPECT_EQ(float_in(only(best, 18)), 0.5F);
  const Set second = set_in(std::next(set.find(12))->second);
  EXPECT_EQ(only(second, 14), std::string(200, 'x'));
  EXPECT_EQ(static_cast<std::int32_t>(number(only(second, 15))), -1);
}

TEST(Klv, AnEventComesBackFieldByField) {
  Event event;
  event.seq = 2;
  event.phase = EventPhase::end;
  event.name = "吉他";
  event.id = 4;
  event.start_ns = 0;
  event.end_ns = kSecond;
  event.tag.timecode = "10:00:00:05";
  event.score = 0.3F;
  event.peak = 0.9F;
  int kind = 0;
  const Set set = packet_in(vifi::gst::to_klv(event, "clip"), kind);
  EXPECT_EQ(kind, 2);
  EXPECT_EQ(only(set, 7), "10:00:00:05");
  EXPECT_EQ(number(only(set, 13)), 2U);
  EXPECT_EQ(only(set, 14), "吉他");
  EXPECT_EQ(float_in(only(set, 17)), 0.9F);
}

// ---- the element, in pipelines with the fake engine: windows of 1 s, a result every 500 ms

/// A file that is gone at the end of the test.
class ScratchFile {
 public:
  explicit ScratchFile(const std::string& ending)
      : path_(fs::temp_directory_path() / ("vifi-extract-" + std::to_string(getpid()) + ending)) {}
  ~ScratchFile() { fs::remove(path_); }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  std::string path() const { return path_.string(); }
  std::string content() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  fs::path path_;
};

struct Sample {
  GstClockTime pts;  // running time: an MP4 begins its tracks by its segment
  GstClockTime duration;
  std::string bytes;
};

/// What a pipeline's `fakesink name=sink` gets.
std::vector<Sample> samples_of(const std::string& line) {
  std::vector<Sample> samples;
  GError* failure = nullptr;
  const Handle<GstElement> pipeline(
      gst_parse_launch((line + " ! fakesink name=sink signal-handoffs=true sync=false").c_str(), &failure));
  if (failure != nullptr) {
    ADD_FAILURE() << failure->message;
    g_error_free(failure);
    return samples;
  }
  const Handle<GstElement> sink(gst_bin_get_by_name(GST_BIN(pipeline.get()), "sink"));
  const auto keep = +[](GstElement*, GstBuffer* buffer, GstPad* pad, gpointer user_data) {
    GstEvent* event = gst_pad_get_sticky_event(pad, GST_EVENT_SEGMENT, 0);
    const GstSegment* segment = nullptr;
    gst_event_parse_segment(event, &segment);
    const GstClockTime time = gst_segment_to_running_time(segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
    gst_event_unref(event);
    GstMapInfo map;
    gst_buffer_map(buffer, &map, GST_MAP_READ);
    static_cast<std::vector<Sample>*>(user_data)->push_back(
        {time, GST_BUFFER_DURATION(buffer), std::string(reinterpret_cast<char*>(map.data), map.size)});
    gst_buffer_unmap(buffer, &map);
  };
  g_signal_connect(sink.get(), "handoff", G_CALLBACK(keep), &samples);
  const Handle<GstBus> bus(gst_element_get_bus(pipeline.get()));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  const Handle<GstMessage> message(gst_bus_timed_pop_filtered(
      bus.get(), 60 * GST_SECOND, static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
  EXPECT_TRUE(message && GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_EOS) << line;
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  return samples;
}

/// Three seconds of black, three of white.
const std::string& source_file() {
  static const ScratchFile file(".source.mkv");
  static const std::string path = [] {
    const std::string frames = " num-buffers=60 ! video/x-raw,format=I420,width=160,height=90,framerate=20/1 ! c. ";
    EXPECT_EQ(run_launch_line("concat name=c ! x264enc tune=zerolatency ! h264parse ! matroskamux ! filesink location=" +
                  file.path() + " videotestsrc pattern=black" + frames + "videotestsrc pattern=white" + frames),
              "");
    return file.path();
  }();
  return path;
}

/// The beginning of a launch line: first the label is dark, then bright.
std::string dark_then_bright() {
  return "filesrc location=" + source_file() +
         " ! matroskademux ! h264parse ! avdec_h264 ! vificlip name=clip labels=\"dark;bright\" smoothing=0 "
         "messages=none ! ";
}

class Extract : public ::testing::Test {
 protected:
  void SetUp() override { fresh_control(); }
};

TEST_F(Extract, JsonIsWhatTheMessagesSayInOrder) {
  ScratchFile file(".jsonl");
  ASSERT_EQ(run_launch_line(dark_then_bright() + "vificlipextract name=x x.json ! filesink location=" + file.path()), "");
  std::istringstream lines(file.content());
  std::vector<nlohmann::json> results;
  std::vector<nlohmann::json> events;
  for (std::string line; std::getline(lines, line);) {
    auto object = nlohmann::json::parse(line);
    EXPECT_EQ(object.at("stream"), "clip");
    (object.at("schema") == "vifi.result/1" ? results : events).push_back(std::move(object));
  }
  ASSERT_GE(results.size(), 11U);
  for (std::size_t i = 0; i < results.size(); ++i)
    EXPECT_EQ(results[i].at("seq"), i);
  EXPECT_EQ(results.front().at("labels")[0].at("name"), "dark");
  EXPECT_EQ(results.back().at("labels")[0].at("name"), "bright");
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events.back().at("phase"), "end");  // came with the tail event
}

TEST_F(Extract, AFileGetsACueForEachEvent) {
  ScratchFile file(".vtt");
  ASSERT_EQ(run_launch_line(dark_then_bright() +
                "vificlipextract name=x text-format={label} x.text ! webvttenc ! filesink location=" + file.path()),
            "");
  const std::string text = file.content();
  EXPECT_EQ(text.rfind("WEBVTT", 0), 0U) << text;
  const auto dark = text.find("00:00:00.000 --> 00:00:0");
  EXPECT_NE(dark, std::string::npos) << text;
  EXPECT_LT(text.find("dark"), text.find("bright")) << text;
  EXPECT_EQ(std::count(text.begin(), text.end(), '>'), 2) << text;
  EXPECT_NE(text.find("--> 00:00:06.000\nbright"), std::string::npos) << text;
}

TEST_F(Extract, SubRipToo) {
  ScratchFile file(".srt");
  ASSERT_EQ(run_launch_line(dark_then_bright() + "vificlipextract name=x x.text ! srtenc ! filesink location=" + file.path()), "");
  EXPECT_NE(file.content().find("--> 00:00:06,000\nbright"), std::string::npos) << file.content();
}

/// The video goes on through the same element, and a cue for each result is muxed with it.
void expect_track(const std::string& muxer, const std::string& ending, const std::string& demuxer) {
  ScratchFile file(ending);
  ASSERT_EQ(run_launch_line(dark_then_bright() + "vificlipextract name=x ! x264enc tune=zerolatency ! h264parse ! queue ! " +
                muxer + " name=m ! filesink location=" + file.path() + " x.text ! queue ! m."),
            "");
  const auto cues = samples_of("filesrc location=" + file.path() + " ! " + demuxer +
                               " name=d d.video_0 ! queue ! fakesink sync=false "
                               "d.subtitle_0 ! queue ! text/x-raw");
  std::vector<Sample> spoken;  // qtdemux gives the pauses as empty samples
  std::copy_if(cues.begin(), cues.end(), std::back_inserter(spoken),
               [](const Sample& cue) { return cue.bytes.find('%') != std::string::npos; });
  ASSERT_GE(spoken.size(), 10U);
  EXPECT_EQ(spoken.front().bytes.rfind("dark ", 0), 0U) << spoken.front().bytes;
  EXPECT_NE(spoken.front().bytes.find("(0.0–1.0 s)"), std::string::npos) << spoken.front().bytes;
  EXPECT_EQ(spoken.back().bytes.rfind("bright ", 0), 0U) << spoken.back().bytes;
  // The first window is full at 750 ms, then there is a result every half second.
  EXPECT_NEAR(static_cast<double>(spoken[0].pts), 0.75e9, 2e6);
  for (std::size_t i = 2; i + 1 < spoken.size(); ++i) {
    EXPECT_NEAR(static_cast<double>(spoken[i].pts - spoken[i - 1].pts), 0.5e9, 0.3e9) << i;
  }
}

TEST_F(Extract, MatroskaGetsASubtitleTrack) {
  expect_track("matroskamux", ".mkv", "matroskademux");
}
TEST_F(Extract, Mp4GetsASubtitleTrack) {
  expect_track("mp4mux", ".mp4", "qtdemux");
}

TEST_F(Extract, KlvIsReadBackFromATransportStream) {
  ScratchFile file(".ts");
  ASSERT_EQ(run_launch_line(dark_then_bright() +
                "vificlipextract name=x ! x264enc tune=zerolatency ! h264parse ! queue ! mpegtsmux name=m ! filesink "
                "location=" +
                file.path() + " x.klv ! queue ! m."),
            "");
  const auto packets = samples_of("filesrc location=" + file.path() + " ! tsdemux ! meta/x-klv");
  std::vector<Set> results;
  std::vector<Set> events;
  for (const Sample& packet : packets) {
    int kind = 0;
    Set set = packet_in(packet.bytes, kind);
    (kind == 1 ? results : events).push_back(std::move(set));
  }
  ASSERT_GE(results.size(), 11U);
  for (std::size_t i = 0; i < results.size(); ++i)
    EXPECT_EQ(number(only(results[i], 3)), i);
  EXPECT_EQ(only(set_in(results.front().find(12)->second), 14), "dark");
  EXPECT_EQ(only(set_in(results.back().find(12)->second), 14), "bright");
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(number(only(events.back(), 13)), 2U);  // the end, from the tail event
  EXPECT_EQ(only(events.back(), 14), "bright");
}

TEST_F(Extract, AMuxerIsNotStalledWhereNothingIsEverFound) {
  ScratchFile file(".mkv");
  // Without a result there is no cue: GAP events alone tell the muxer that time passes.
  EXPECT_EQ(run_launch_line("videotestsrc num-buffers=200 ! video/x-raw,format=I420,width=160,height=90,framerate=20/1 ! "
                "vificlipextract name=x ! x264enc tune=zerolatency ! h264parse ! queue max-size-buffers=3 ! "
                "matroskamux name=m ! filesink location=" +
                file.path() + " x.text ! queue ! m."),
            "");
  EXPECT_GT(fs::file_size(file.path()), 1000U);
}

TEST_F(Extract, EventsLieOnTheirOwnFramesOfARemuxedFile) {
  // The encoded video waits in a queue until its events are known; the raw video that was decoded for them is not kept.
  ScratchFile file(".out.mkv");
  ASSERT_EQ(
      run_launch_line("filesrc location=" + source_file() +
          " ! matroskademux ! h264parse ! tee name=t "
          "t. ! queue max-size-time=0 max-size-bytes=0 max-size-buffers=0 ! matroskamux name=m ! filesink location=" +
          file.path() +
          " t. ! queue ! decodebin ! vificlip labels=\"dark;bright\" smoothing=0 ! vificlipextract name=x "
          "text-format={label} "
          "x.text ! queue ! m."),
      "");
  auto cues = samples_of("filesrc location=" + file.path() +
                               " ! matroskademux name=d d.video_0 ! queue ! fakesink sync=false "
                               "d.subtitle_0 ! queue");
  std::erase_if(cues, [](const auto& cue) { return cue.bytes.empty(); });  // GStreamer 1.26 writes gaps as empty cues
  ASSERT_EQ(cues.size(), 2U);
  EXPECT_EQ(cues[0].bytes, "dark");
  EXPECT_EQ(cues[0].pts, 0U);
  EXPECT_EQ(cues[1].bytes, "bright");
  EXPECT_NEAR(static_cast<double>(cues[1].pts), 3e9, 0.5e9);
  EXPECT_NEAR(static_cast<double>(cues[1].pts + cues[1].duration), 6e9, 0.1e9);
}

TEST_F(Extract, AFlushDiscardsAndTheNextSegmentReachesEveryPad) {
  GstHarness* video = gst_harness_new_with_padnames("vificlipextract", "sink", "src");
  GstHarness* text = gst_harness_new_with_element(video->element, nullptr, "text");
  gst_harness_set_src_caps_str(video, "video/x-raw,format=RGB,width=16,height=16,framerate=20/1");
  gst_harness_push(video, ClipHarness::frame(0).release());
  gst_harness_push_event(video, gst_event_new_flush_start());
  gst_harness_push_event(video, gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.start = segment.time = 100 * GST_SECOND;
  gst_harness_push_event(video, gst_event_new_segment(&segment));
  EXPECT_EQ(gst_harness_push(video, ClipHarness::frame(100'050).release()), GST_FLOW_OK);
  std::vector<GstEventType> types;
  GstClockTime gap = 0;
  while (const Handle<GstEvent> event{gst_harness_try_pull_event(text)}) {
    types.push_back(GST_EVENT_TYPE(event.get()));
    if (types.back() == GST_EVENT_STREAM_START) {
      GstStreamFlags flags;
      gst_event_parse_stream_flags(event.get(), &flags);
      EXPECT_TRUE(flags & GST_STREAM_FLAG_SPARSE);
    }
    if (types.back() == GST_EVENT_GAP) gst_event_parse_gap(event.get(), &gap, nullptr);
  }
  const std::vector<GstEventType> expected{GST_EVENT_STREAM_START, GST_EVENT_CAPS,       GST_EVENT_SEGMENT,
                                           GST_EVENT_FLUSH_START,  GST_EVENT_FLUSH_STOP, GST_EVENT_SEGMENT,
                                           GST_EVENT_GAP};
  EXPECT_EQ(types, expected);
  EXPECT_EQ(gap, 100 * GST_SECOND);
  gst_harness_teardown(text);
  gst_harness_teardown(video);
}

}  // namespace
}  // namespace vifi::testing
