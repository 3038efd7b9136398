#include <gst/video/video.h>
#include <gtest/gtest.h>

#include "support/clip_harness.h"

namespace vifi::testing {
namespace {

class Formats : public ::testing::Test {
 protected:
  void SetUp() override { fresh_control(); }

  static Handle<GstBuffer> zeros(const GstVideoInfo& info) {
    Handle<GstBuffer> buffer(gst_buffer_new_allocate(nullptr, GST_VIDEO_INFO_SIZE(&info), nullptr));
    gst_buffer_memset(buffer.get(), 0, 0, GST_VIDEO_INFO_SIZE(&info));
    GST_BUFFER_PTS(buffer.get()) = 0;
    return buffer;
  }
};

TEST_F(Formats, EveryFormatOfGStreamerIsRead) {
  guint count = 0;
  const GstVideoFormat* formats = gst_video_formats_raw(&count);
  ASSERT_GT(count, 80U);
  for (guint i = 0; i < count; ++i) {
    GstVideoInfo info;
    gst_video_info_set_format(&info, formats[i], 32, 32);
    const Handle<GstCaps> caps(gst_video_info_to_caps(&info));
    gchar* text = gst_caps_to_string(caps.get());
    SCOPED_TRACE(text);
    ClipHarness clip("", text);
    clip.push(zeros(info));
    EXPECT_EQ(clip.stat("frames-sampled"), 1U);
    EXPECT_EQ(clip.stat("errors"), 0U);
    g_free(text);
  }
}

TEST_F(Formats, AConversionIsCountedAndOnlyDoneForSampledFrames) {
  GstVideoInfo info;
  gst_video_info_set_format(&info, GST_VIDEO_FORMAT_AYUV64, 32, 32);
  ClipHarness clip("", "video/x-raw,format=AYUV64,width=32,height=32,framerate=20/1");
  for (std::uint64_t pts = 0; pts < 1'000; pts += 50) {
    Handle<GstBuffer> buffer = zeros(info);
    GST_BUFFER_PTS(buffer.get()) = pts * kMs;
    clip.push(std::move(buffer));
  }
  EXPECT_EQ(clip.stat("frames-seen"), 20U);
  EXPECT_EQ(clip.stat("frames-converted"), 4U);
}

TEST_F(Formats, AConvertedPictureHasTheSameColours) {
  GstVideoInfo info;
  gst_video_info_set_format(&info, GST_VIDEO_FORMAT_ARGB64, 32, 32);
  ClipHarness clip("labels=\"mean;level 0.1\" enter-threshold=1 exit-threshold=1",
                   "video/x-raw,format=ARGB64,width=32,height=32,framerate=4/1");
  Seen seen;
  for (std::uint64_t pts = 0; pts < 1'000; pts += 250) {
    Handle<GstBuffer> buffer = zeros(info);
    gst_buffer_memset(buffer.get(), 0, 0x80, GST_VIDEO_INFO_SIZE(&info));
    GST_BUFFER_PTS(buffer.get()) = pts * kMs;
    seen = clip.push(std::move(buffer));
  }
  ASSERT_EQ(seen.results.size(), 1U);
  EXPECT_NEAR(seen.results[0].similarity_of("mean"), 0x80 / 255.0, 0.005);
}

TEST_F(Formats, AnyFramerateIsTaken) {
  for (const char* rate : {"0/1", "1/1", "60000/1001", "1000/1"}) {
    ClipHarness clip("", (std::string("video/x-raw,format=RGB,width=16,height=16,framerate=") + rate).c_str());
    EXPECT_EQ(clip.push_range(0, 1'000).results.size(), 1U) << rate;
  }
}

TEST_F(Formats, InterlacedFramesAreTakenAsWoven) {
  ClipHarness clip("", "video/x-raw,format=RGB,width=16,height=16,framerate=20/1,interlace-mode=interleaved");
  EXPECT_EQ(clip.push_range(0, 1'000).results.size(), 1U);
}

}  // namespace
}  // namespace vifi::testing
