#include <gst/check/gstharness.h>
#include <gst/video/video.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "metadata.h"
#include "support/handles.h"

namespace vifi::testing {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr int kGray = 128;

class GStreamer : public ::testing::Environment {
 public:
  void SetUp() override {
    gst_init(nullptr, nullptr);
    vifi::gst::register_action_meta();
  }
  void TearDown() override { gst_deinit(); }
};
const auto* const kGStreamer = ::testing::AddGlobalTestEnvironment(new GStreamer);

struct Pixel {
  int red, green, blue;
  bool operator==(const Pixel&) const = default;
};
constexpr Pixel kBackground{kGray, kGray, kGray};

struct Picture {
  int width = 0, height = 0;
  std::vector<std::uint8_t> bytes;  // BGRx

  Pixel at(int x, int y) const {
    const auto* p = bytes.data() +
                    (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)) * 4;
    return {p[2], p[1], p[0]};
  }
  /// Number of pixels in the box for which `is` holds.
  template <typename Is>
  int count(int left, int top, int right, int bottom, Is&& is) const {
    int n = 0;
    for (int y = top; y < bottom; ++y) {
      for (int x = left; x < right; ++x)
        n += is(at(x, y)) ? 1 : 0;
    }
    return n;
  }
  template <typename Is>
  int count(Is&& is) const {
    return count(0, 0, width, height, is);
  }
  int changed() const {
    return count([](const Pixel& p) { return p != kBackground; });
  }
  /// First and last row that was drawn on.
  std::pair<int, int> drawn_rows() const {
    std::pair<int, int> rows{height, -1};
    for (int y = 0; y < height; ++y) {
      if (count(0, y, width, y + 1, [](const Pixel& p) { return p != kBackground; }) == 0) continue;
      rows.first = std::min(rows.first, y);
      rows.second = y;
    }
    return rows;
  }
};

bool white(const Pixel& p) {
  return p.red > 230 && p.green > 230 && p.blue > 230;
}
/// The colours of label 0 and of label 1.
bool blue(const Pixel& p) {
  return p.blue > p.red + 80;
}
bool green(const Pixel& p) {
  return p.green > p.blue + 40;
}

Result result_of(std::vector<ScoredLabel> labels, std::int64_t pts_ns = 0) {
  Result result;
  result.seq = static_cast<std::uint64_t>(pts_ns / kSecond);
  result.start_ns = pts_ns;
  result.end_ns = pts_ns + 4 * kSecond;
  result.pts_ns = pts_ns;
  result.labels = std::move(labels);
  return result;
}

Event event_of(std::uint64_t seq, EventPhase phase, int id, std::int64_t start_ns, std::int64_t end_ns) {
  Event event;
  event.seq = seq;
  event.phase = phase;
  event.name = id == 0 ? "zero" : "one";
  event.id = id;
  event.start_ns = start_ns;
  event.end_ns = end_ns;
  return event;
}

/// vificlipoverlay behind a source that says what a vificlip would.
class OverlayHarness {
 public:
  OverlayHarness(const std::string& properties, int width, int height, const char* feature = "")
      : width_(width),
        height_(height),
        teller_(GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make("identity", "clip")))) {
    harness_ = gst_harness_new_parse(("vificlipoverlay " + properties).c_str());
    if (*feature != '\0') {
      gst_harness_add_propose_allocation_meta(harness_, GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE, nullptr);
    }
    const std::string caps =
        "video/x-raw,format=BGRx,framerate=25/1,width=" + std::to_string(width) + ",height=" + std::to_string(height);
    gst_harness_set_src_caps_str(harness_, caps.c_str());
  }
  ~OverlayHarness() { gst_harness_teardown(harness_); }
  OverlayHarness(const OverlayHarness&) = delete;
  OverlayHarness& operator=(const OverlayHarness&) = delete;

  GstHarness* get() { return harness_; }

  /// A gray frame that carries `told`. @return what came out
  Handle<GstBuffer> push(const Outcome& told, std::int64_t pts_ns = 0) {
    const auto size = static_cast<gsize>(width_) * static_cast<gsize>(height_) * 4;
    GstBuffer* buffer = gst_buffer_new_allocate(nullptr, size, nullptr);
    gst_buffer_memset(buffer, 0, kGray, size);
    GST_BUFFER_PTS(buffer) = static_cast<GstClockTime>(pts_ns);
    vifi::gst::attach(teller_.get(), buffer, {told, nullptr, pts_ns});
    EXPECT_EQ(gst_harness_push(harness_, buffer), GST_FLOW_OK);
    return Handle<GstBuffer>(gst_harness_pull(harness_));
  }

  Picture draw(const Outcome& told, std::int64_t pts_ns = 0) {
    const Handle<GstBuffer> out = push(told, pts_ns);
    Picture picture{width_, height_, std::vector<std::uint8_t>(gst_buffer_get_size(out.get()))};
    gst_buffer_extract(out.get(), 0, picture.bytes.data(), picture.bytes.size());
    return picture;
  }

 private:
  int width_;
  int height_;
  Handle<GstElement> teller_;
  GstHarness* harness_ = nullptr;
};

TEST(Overlay, LeavesThePictureAloneWhereNothingIsKnown) {
  OverlayHarness overlay("", 320, 240);
  EXPECT_EQ(overlay.draw({}).changed(), 0);
}

TEST(Overlay, ABarIsAsLongAsItsScore) {
  for (const auto& [width, height] : {std::pair{320, 240}, {1280, 720}, {3840, 2160}}) {
    SCOPED_TRACE(height);
    // No text, so that the rows' pixels can be counted.
    OverlayHarness overlay("show=scores scores=1 shading-value=255 color=0", width, height);
    const auto pixels = [&](float score, std::int64_t pts) {
      const Picture picture = overlay.draw({{result_of({{"", 0, score, 0}}, pts)}, {}}, pts);
      return std::pair(picture.count(blue), picture.changed());
    };
    const auto [quarter, row] = pixels(0.25F, 0);
    const auto [whole, row_again] = pixels(1, kSecond);
    EXPECT_EQ(row, row_again);
    EXPECT_NEAR(whole, row, row / 50.0);
    EXPECT_NEAR(quarter, row / 4.0, row / 50.0);
    EXPECT_GT(row, width * height / 200);
  }
}

TEST(Overlay, TextIsLargeEnoughToReadAtEverySize) {
  for (const auto& [width, height] : {std::pair{320, 240}, {1920, 1080}, {3840, 2160}, {1080, 1920}}) {
    SCOPED_TRACE(std::to_string(width) + "x" + std::to_string(height));
    OverlayHarness overlay("show=label", width, height);
    const Picture picture = overlay.draw({{result_of({{"HHHH", 0, 0.5F, 0}})}, {}});
    std::pair<int, int> rows{height, -1};
    for (int y = 0; y < height; ++y) {
      if (picture.count(0, y, width, y + 1, white) == 0) continue;
      rows.first = std::min(rows.first, y);
      rows.second = y;
    }
    const int capital = rows.second - rows.first + 1;
    EXPECT_GE(capital, 9);
    EXPECT_GE(capital, std::min(width * 3 / 4, height) / 32);
    EXPECT_LE(capital, height / 15);
  }
}

TEST(Overlay, EveryScriptLeavesInkAndEachLabelItsOwn) {
  OverlayHarness overlay("show=label", 640, 360);
  std::vector<Picture> pictures;
  std::int64_t pts = 0;
  for (const char* name : {"playing a guitar", "弹吉他", "العزف على الغيتار", "играть на гитаре", "<b>&</b>"}) {
    pictures.push_back(overlay.draw({{result_of({{name, 0, 0.5F, 0}}, pts)}, {}}, pts));
    EXPECT_GT(pictures.back().count(white), 50) << name;
    pts += kSecond;
  }
  for (std::size_t i = 1; i < pictures.size(); ++i)
    EXPECT_NE(pictures[i].bytes, pictures[i - 1].bytes);
}

TEST(Overlay, ALabelThatIsNotAcceptedIsNotShown) {
  OverlayHarness overlay("show=label", 320, 240);
  Result result = result_of({{"jumping", 0, 0.3F, 0}});
  result.accepted = false;
  EXPECT_EQ(overlay.draw({{result}, {}}).changed(), 0);
}

TEST(Overlay, EventsLieOnTheStripWhereTheyHappened) {
  OverlayHarness overlay("show=events history=10000000000 shading-value=255 color=0", 640, 360);
  overlay.draw({{}, {event_of(0, EventPhase::start, 0, 0, 2 * kSecond)}}, 2 * kSecond);
  overlay.draw({{}, {event_of(0, EventPhase::end, 0, 0, 4 * kSecond)}}, 4 * kSecond);
  const Picture picture =
      overlay.draw({{}, {event_of(1, EventPhase::start, 1, 8 * kSecond, 9 * kSecond)}}, 10 * kSecond);
  // The strip spans the picture but for a margin on each side: 0 s at the left, 10 s at the right.
  const int margin = 360 / 40;
  const auto x = [&](double second) { return margin + static_cast<int>(second / 10 * (640 - 2 * margin)); };
  const int y = (picture.drawn_rows().first + picture.drawn_rows().second) / 2;
  EXPECT_TRUE(blue(picture.at(x(0.5), y)));
  EXPECT_TRUE(blue(picture.at(x(3.9), y)));
  EXPECT_EQ(picture.at(x(4.2), y), (Pixel{0, 0, 0}));
  EXPECT_EQ(picture.at(x(7.8), y), (Pixel{0, 0, 0}));
  EXPECT_TRUE(green(picture.at(x(8.2), y)));
  EXPECT_TRUE(green(picture.at(x(9.9), y)));  // it goes on
  EXPECT_LT(picture.drawn_rows().second, 360);
  EXPECT_GT(picture.drawn_rows().first, 360 * 8 / 10);
}

TEST(Overlay, AFlushForgetsWhatWasShown) {
  OverlayHarness overlay("", 320, 240);
  EXPECT_GT(overlay.draw({{result_of({{"jumping", 0, 0.9F, 0}})}, {}}).changed(), 0);
  EXPECT_GT(overlay.draw({}, kSecond).changed(), 0);  // the newest result stays
  gst_harness_push_event(overlay.get(), gst_event_new_flush_start());
  gst_harness_push_event(overlay.get(), gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(overlay.get(), gst_event_new_segment(&segment));
  EXPECT_EQ(overlay.draw({}, 2 * kSecond).changed(), 0);
}

TEST(Overlay, AResultThatHasGrownOldDisappears) {
  OverlayHarness overlay("", 320, 240);
  overlay.draw({{result_of({{"jumping", 0, 0.9F, 0}})}, {}});
  EXPECT_GT(overlay.draw({}, 8 * kSecond).changed(), 0);
  EXPECT_EQ(overlay.draw({}, 9 * kSecond).changed(), 0);  // two windows of four seconds have passed
}

TEST(Overlay, StandsWhereItIsToldTo) {
  const Outcome told{{result_of({{"jumping", 0, 0.9F, 0}})}, {}};
  const Picture bottom = OverlayHarness("show=label", 1280, 720).draw(told);
  EXPECT_GT(bottom.drawn_rows().first, 600);
  const Picture top = OverlayHarness("show=label valignment=top halignment=right", 1280, 720).draw(told);
  EXPECT_LT(top.drawn_rows().second, 120);
  EXPECT_EQ(top.count(0, 0, 320, 720, [](const Pixel& p) { return p != kBackground; }), 0);
  EXPECT_EQ(OverlayHarness("silent=true", 1280, 720).draw(told).changed(), 0);
}

TEST(Overlay, OfSeveralElementsShowsTheOneThatIsNamed) {
  OverlayHarness overlay("source=other", 320, 240);
  EXPECT_EQ(overlay.draw({{result_of({{"jumping", 0, 0.9F, 0}})}, {}}).changed(), 0);
  const Handle<GstElement> element(gst_harness_find_element(overlay.get(), "vificlipoverlay"));
  g_object_set(element.get(), "source", "clip", nullptr);
  EXPECT_GT(overlay.draw({{result_of({{"jumping", 0, 0.9F, 0}})}, {}}).changed(), 0);
}

TEST(Overlay, WhereDownstreamBlendsTheDrawingTravelsBesideThePicture) {
  OverlayHarness overlay("", 320, 240, "meta:GstVideoOverlayComposition");
  const Handle<GstBuffer> out = overlay.push({{result_of({{"jumping", 0, 0.9F, 0}})}, {}});
  const auto* meta = gst_buffer_get_video_overlay_composition_meta(out.get());
  ASSERT_NE(meta, nullptr);
  EXPECT_EQ(gst_video_overlay_composition_n_rectangles(meta->overlay), 1U);
  EXPECT_EQ(vifi::gst::reports_on(out.get()).size(), 1U);  // what was told goes on
  std::vector<std::uint8_t> bytes(gst_buffer_get_size(out.get()));
  gst_buffer_extract(out.get(), 0, bytes.data(), bytes.size());
  EXPECT_TRUE(std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == kGray; }));
}

TEST(Overlay, BlendsIntoEveryCommonFormat) {
  for (const char* format : {"I420", "NV12", "YUY2", "P010_10LE", "RGB", "RGBA", "Y444", "GRAY8"}) {
    SCOPED_TRACE(format);
    GstHarness* harness = gst_harness_new_parse("vificlipoverlay");
    GstVideoInfo info;
    ASSERT_TRUE(gst_video_info_set_format(&info, gst_video_format_from_string(format), 322, 242));
    gst_harness_set_src_caps(harness, gst_video_info_to_caps(&info));
    const Handle<GstElement> teller(GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make("identity", nullptr))));
    GstBuffer* buffer = gst_buffer_new_allocate(nullptr, GST_VIDEO_INFO_SIZE(&info), nullptr);
    gst_buffer_memset(buffer, 0, kGray, GST_VIDEO_INFO_SIZE(&info));
    GST_BUFFER_PTS(buffer) = 0;
    const Outcome told{{result_of({{"jumping", 0, 0.9F, 0}})}, {}};
    vifi::gst::attach(teller.get(), buffer, {told, nullptr, 0});
    ASSERT_EQ(gst_harness_push(harness, buffer), GST_FLOW_OK);
    const Handle<GstBuffer> out(gst_harness_pull(harness));
    std::vector<std::uint8_t> bytes(gst_buffer_get_size(out.get()));
    gst_buffer_extract(out.get(), 0, bytes.data(), bytes.size());
    EXPECT_GT(std::count_if(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte != kGray; }), 1000);
    gst_harness_teardown(harness);
  }
}

}  // namespace
}  // namespace vifi::testing
