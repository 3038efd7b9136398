#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "support/clip_harness.h"
#include "support/clip_list.h"
#include "support/launch.h"

namespace vifi::testing {
namespace {

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// What the pipeline `… ! middle ! sink` writes to a file.
std::string written(const std::string& source, const std::string& middle, const std::string& sink) {
  const auto path = std::filesystem::temp_directory_path() / ("vifi-pipeline-" + std::to_string(getpid()));
  EXPECT_EQ(run_launch_line(source + " ! " + middle + " ! " + sink + " ! filesink location=" + path.string()), "");
  std::string bytes = content(path);
  std::filesystem::remove(path);
  return bytes;
}

class Pipeline : public ::testing::Test {
 protected:
  void SetUp() override { fresh_control(); }

  static bool has(const char* element) {
    const Handle<GstElement> made(gst_element_factory_make(element, nullptr));
    return made != nullptr;
  }
};

TEST_F(Pipeline, RawVideoIsBitIdentical) {
  const std::string source = "videotestsrc num-buffers=60 pattern=snow ! video/x-raw,format=I420,width=160,height=90";
  const std::string with = written(source, "vificlip", "identity");
  EXPECT_EQ(with.size(), 60U * 160 * 90 * 3 / 2);
  EXPECT_EQ(with, written(source, "identity", "identity"));
}

TEST_F(Pipeline, EncodedVideoIsBitIdentical) {
  if (!has("x264enc")) GTEST_SKIP() << "no x264enc";
  const std::string source = "videotestsrc num-buffers=60 pattern=ball ! video/x-raw,format=I420,width=160,height=90";
  const std::string with = written(source, "vificlip", "x264enc threads=1");
  EXPECT_GT(with.size(), 100U);
  EXPECT_EQ(with, written(source, "identity", "x264enc threads=1"));
}

TEST_F(Pipeline, EncodedClipsAreBitIdentical) {
  if (!has("x264enc")) GTEST_SKIP() << "no x264enc";
  // 4:4:4, because x264 takes no odd size with halved colour.
  const std::string encoder = "videoconvert ! video/x-raw,format=Y444 ! x264enc threads=1 speed-preset=veryfast";
  for (const char* file : {"h264_bframes_editlist.mp4", "vp9_321x241.webm", "vp9_alpha.webm", "vfr.mp4"}) {
    SCOPED_TRACE(file);
    const std::string source = "filesrc location=" + (own_clips() / file).string() + " ! decodebin";
    const std::string with = written(source, "vificlip", encoder);
    EXPECT_GT(with.size(), 1000U);
    EXPECT_EQ(with, written(source, "identity", encoder));
  }
}

TEST_F(Pipeline, BothBranchesOfATeeGetTheirPicture) {
  EXPECT_EQ(run_launch_line("videotestsrc num-buffers=60 ! tee name=t ! queue ! vificlip ! fakesink "
                "t. ! queue ! vificlip ! videoconvert ! fakesink"),
            "");
}

TEST_F(Pipeline, ASeekWithFlushStartsAnew) {
  const Handle<GstElement> pipeline(
      gst_parse_launch("videotestsrc ! video/x-raw,framerate=20/1 ! vificlip name=clip ! fakesink sync=false", nullptr));
  const Handle<GstBus> bus(gst_element_get_bus(pipeline.get()));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  const auto next_result = [&] {
    while (true) {
      const Handle<GstMessage> message(gst_bus_timed_pop_filtered(
          bus.get(), 30 * GST_SECOND, static_cast<GstMessageType>(GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR)));
      if (!message || GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ERROR) return SeenResult{};
      if (gst_message_has_name(message.get(), "vificlip-result")) {
        return result_from(gst_message_get_structure(message.get()));
      }
    }
  };
  EXPECT_EQ(next_result().start, 0U);
  const auto flags = static_cast<GstSeekFlags>(GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE);
  ASSERT_TRUE(gst_element_seek_simple(pipeline.get(), GST_FORMAT_TIME, flags, 3600 * GST_SECOND));
  SeenResult result;
  do result = next_result();
  while (result.model == "fake" && result.start < 3600 * GST_SECOND);
  EXPECT_EQ(result.start, 3600 * GST_SECOND);
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
}

TEST_F(Pipeline, ALiveSourceIsNotHeldUp) {
  EXPECT_EQ(run_launch_line("videotestsrc is-live=true num-buffers=30 ! video/x-raw,framerate=60/1 ! vificlip ! fakesink sync=true"),
            "");
}

TEST_F(Pipeline, StoppingInTheMiddleEndsAtOnce) {
  const Handle<GstElement> pipeline(
      gst_parse_launch("videotestsrc is-live=true ! vificlip mode=async ! fakesink", nullptr));
  for (int i = 0; i < 5; ++i) {
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    gst_element_get_state(pipeline.get(), nullptr, nullptr, 10 * GST_SECOND);
    EXPECT_EQ(gst_element_set_state(pipeline.get(), GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
  }
}

}  // namespace
}  // namespace vifi::testing
