#include "vifi/video_reader.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "support/clip_list.h"
#include "frame_code.h"
#include "vifi/error.h"
#include "vifi/media/gst_frame_view.h"

namespace vifi {
namespace {

namespace fs = std::filesystem;

fs::path test_data() { return std::getenv("VIFI_TEST_DATA"); }

ReaderOptions impatient() { return {.idle_timeout_ns = 5'000'000'000}; }

Error error_of(const std::string& input) {
  try {
    VideoReader reader(input, impatient());
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << input << " was read";
  return Error(ErrorCode::internal, "");
}

struct Decoded {
  std::vector<std::int64_t> running_ns;
  std::vector<std::int64_t> stream_ns;
  std::vector<std::optional<int>> codes;
  Orientation orientation = Orientation::rotate_0;
};

Decoded decode(const fs::path& path, bool with_codes) {
  ReaderOptions options = impatient();
  if (path.extension() == ".gif") options.idle_timeout_ns = 3'000'000'000;  // has no end; a busy machine takes a second to begin
  VideoReader reader(path.string(), options);
  Decoded decoded;
  while (const auto frame = reader.next()) {
    EXPECT_EQ(frame->index, static_cast<std::int64_t>(decoded.running_ns.size()));
    decoded.running_ns.push_back(frame->view.tag.running_ns);
    decoded.stream_ns.push_back(frame->view.pts_ns);
    if (with_codes) decoded.codes.push_back(frame_code(frame->view));
    decoded.orientation = frame->view.orientation;
  }
  return decoded;
}

void expect_times(const Clip& clip, const std::vector<std::int64_t>& times) {
  ASSERT_EQ(times.size(), clip.running_ns.size());
  for (std::size_t i = 0; i < times.size(); ++i) {
    ASSERT_NEAR(static_cast<double>(times[i]), static_cast<double>(clip.running_ns[i]), 2) << "frame " << i;
  }
}

/// Length of the undamaged beginning.
std::size_t sound_frames(const std::vector<std::optional<int>>& codes) {
  std::size_t count = 0;
  while (count < codes.size() && codes[count] && *codes[count] == *codes[0] + static_cast<int>(count)) ++count;
  return count;
}

void check(const Clip& clip) {
  SCOPED_TRACE(clip.file);
  if (clip.expect == Expectation::error || clip.expect == Expectation::no_video) {
    const Error error = error_of(clip.path.string());
    EXPECT_NE(error.message().find(clip.file.substr(clip.file.rfind('/') + 1)), std::string::npos) << error.what();
    EXPECT_FALSE(error.hint().empty()) << error.what();
    return;
  }
  const Decoded decoded = decode(clip.path, !clip.codes.empty());
  EXPECT_EQ(decoded.orientation, orientation_from(clip.orientation).value_or(Orientation::rotate_0));
  if (clip.expect == Expectation::damaged && !is_measured_gstreamer()) {
    EXPECT_FALSE(decoded.running_ns.empty());
    return;
  }
  const auto frames = static_cast<std::int64_t>(decoded.running_ns.size());
  if (clip.frames_vary) {
    EXPECT_NEAR(static_cast<double>(frames), static_cast<double>(clip.frames), 1);
    return;
  }
  ASSERT_EQ(frames, clip.frames);
  if (!clip.running_ns.empty() && is_measured_gstreamer()) expect_times(clip, decoded.running_ns);
  if (clip.codes.empty()) return;
  // How a decoder fills in what is damaged may change from run to run; what comes before may not.
  const std::size_t exact = clip.expect == Expectation::damaged ? sound_frames(clip.codes) : clip.codes.size();
  for (std::size_t i = 0; i < exact; ++i) ASSERT_EQ(decoded.codes[i], clip.codes[i]) << "frame " << i;
}

TEST(VideoReader, DeliversTheFramesAndTimesOfOddClips) {
  for (const Clip& clip : read_clip_list(own_clips())) check(clip);
}

TEST(VideoReader, DeliversTheFramesAndTimesOfAllSharedClips) {
  const auto folder = shared_clips();
  if (!folder) GTEST_SKIP() << "no shared/data/clips beside the sources and VIFI_SHARED is not set";
  for (const Clip& clip : read_clip_list(*folder)) check(clip);
}

TEST(VideoReader, StreamTimeBeginsAtZeroAlthoughBufferTimeDoesNot) {
  const Decoded decoded = decode(test_data() / "clips" / "h264_bframes_editlist.mp4", false);
  ASSERT_GE(decoded.stream_ns.size(), 2U);
  EXPECT_EQ(decoded.stream_ns[0], 0);
  EXPECT_EQ(decoded.stream_ns[1], 40'000'000);
}

TEST(VideoReader, NamesTheMissingFile) {
  const Error error = error_of("no/such/video.mp4");
  EXPECT_EQ(error.code(), ErrorCode::not_found);
  EXPECT_EQ(error.message(), "[read video] no/such/video.mp4: no such file");
}

TEST(VideoReader, TellsWhyThereIsNoVideo) {
  const fs::path clips = test_data() / "clips";
  EXPECT_EQ(error_of(clips / "audio_only.mp4").code(), ErrorCode::unsupported);
  EXPECT_NE(error_of(clips / "cover_art.mp3").message().find("no video stream"), std::string::npos);
  EXPECT_NE(error_of(clips / "empty.mp4").message().find("empty"), std::string::npos);
  EXPECT_NE(error_of(clips / "text.mp4").message().find("not a media file"), std::string::npos);
  EXPECT_EQ(error_of(clips).code(), ErrorCode::invalid_argument);
}

TEST(VideoReader, AStreamWithoutAnEndIsCutByTheTimeLimit) {
  if (!is_measured_gstreamer()) GTEST_SKIP() << "the clip is a GIF, which has an end in this GStreamer";
  VideoReader reader(test_data() / "clips" / "anim.gif", {.idle_timeout_ns = 2'000'000'000});
  int frames = 0;
  while (reader.next()) ++frames;
  EXPECT_EQ(frames, 12);
  EXPECT_TRUE(reader.timed_out());
  EXPECT_FALSE(reader.next());
}

TEST(VideoReader, AnOrdinaryEndIsNoTimeout) {
  VideoReader reader(test_data() / "clips" / "single_frame.mp4");
  EXPECT_TRUE(reader.next());
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.timed_out());
}

TEST(VideoReader, CanBeDroppedInTheMiddle) {
  VideoReader reader(test_data() / "clips" / "vfr.mp4");
  EXPECT_TRUE(reader.next());
}

TEST(VideoReader, AFrameOutlivesItsReader) {
  std::optional<VideoFrame> frame;
  {
    VideoReader reader(test_data() / "clips" / "vfr.mp4");
    reader.skip();
    frame = reader.next();
  }
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame_code(frame->view), 1);
}

TEST(VideoReader, FormatsThatAreNotReadDirectlyBecomeRgbx) {
  VideoReader reader(test_data() / "clips" / "vp9_alpha.webm");
  const auto frame = reader.next();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->view.format, PixelFormat::rgbx);
  EXPECT_EQ(frame_code(frame->view), 0);
}

TEST(VideoReader, TakesAUri) {
  VideoReader reader(std::string("file://") + fs::absolute(test_data() / "clips" / "vfr.mp4").string());
  EXPECT_TRUE(reader.next());
}

TEST(VideoReader, TakesARelativePathThatBeginsWithADash) {
  const fs::path before = fs::current_path();
  fs::current_path(test_data() / "clips" / "names");
  EXPECT_EQ(count_frames("-starts_with_dash.mp4"), 2);
  fs::current_path(before);
}

TEST(ReadFrames, HandsOverExactlyTheFramesAskedFor) {
  const std::vector<std::int64_t> wanted{0, 3, 3, 17, 59};
  std::vector<std::int64_t> codes;
  read_frames(test_data() / "clips" / "vfr.mp4", wanted, [&](std::size_t slot, const VideoFrame& frame) {
    EXPECT_EQ(slot, codes.size());
    codes.push_back(frame_code(frame.view).value_or(-1));
  });
  EXPECT_EQ(codes, wanted);
}

TEST(ReadFrames, RefusesIndicesBeyondTheEnd) {
  const std::vector<std::int64_t> wanted{60};
  try {
    read_frames(test_data() / "clips" / "vfr.mp4", wanted, [](std::size_t, const VideoFrame&) {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_NE(error.message().find("ends after 60"), std::string::npos) << error.what();
  }
}

TEST(ReadFrames, CountsWhatDecodingDelivers) { EXPECT_EQ(count_frames(test_data() / "clips" / "vfr.mp4"), 60); }

}  // namespace
}  // namespace vifi
