#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "frame_code.h"
#include "support/clip_list.h"
#include "vifi/error.h"
#include "vifi/video_reader.h"

namespace vifi {
namespace {

namespace fs = std::filesystem;
using Indices = std::vector<std::int64_t>;

std::string own_clip(const char* name) { return fs::path(std::getenv("VIFI_TEST_DATA")) / "clips" / name; }

ReaderOptions impatient() { return {.idle_timeout_ns = 3'000'000'000, .decoder_threads = 2}; }

std::vector<std::optional<int>> codes_at(const std::string& input, const VideoIndex& index, const Indices& wanted,
                                         std::int64_t* decoded = nullptr) {
  std::vector<std::optional<int>> codes;
  const std::int64_t count = read_frames(
      input, index, wanted,
      [&](std::size_t slot, const VideoFrame& frame) {
        EXPECT_EQ(slot, codes.size());
        EXPECT_EQ(frame.index, wanted[slot]);
        codes.push_back(frame_code(frame.view));
      },
      impatient());
  if (decoded != nullptr) *decoded = count;
  return codes;
}

/// A few frames far apart, the last ones and all of them.
std::vector<Indices> selections(std::int64_t frames) {
  Indices all(static_cast<std::size_t>(frames));
  for (std::int64_t i = 0; i < frames; ++i) all[static_cast<std::size_t>(i)] = i;
  const std::int64_t last = frames - 1;
  return {all, {last}, {last / 2}, {0, last / 3, last / 3, 2 * last / 3, last}, {last / 4, last / 4 + (last > 3 ? 1 : 0)}};
}

void expect_exact_frames(const Clip& clip) {
  if (clip.expect != Expectation::decodes || clip.codes.empty()) return;
  SCOPED_TRACE(clip.file);
  const VideoIndex index = index_video(clip.path, impatient());
  ASSERT_EQ(static_cast<std::int64_t>(index.pts_ns.size()), clip.frames);
  for (const Indices& wanted : selections(clip.frames)) {
    const auto codes = codes_at(clip.path, index, wanted);
    ASSERT_EQ(codes.size(), wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      ASSERT_EQ(codes[i], clip.codes[static_cast<std::size_t>(wanted[i])]) << "frame " << wanted[i];
    }
  }
}

TEST(VideoIndex, FramesAreExactInOddClips) {
  for (const Clip& clip : read_clip_list(own_clips())) expect_exact_frames(clip);
}

TEST(VideoIndex, FramesAreExactInAllSharedClips) {
  const auto folder = shared_clips();
  if (!folder) GTEST_SKIP() << "no shared/data/clips beside the sources and VIFI_SHARED is not set";
  for (const Clip& clip : read_clip_list(*folder)) expect_exact_frames(clip);
}

TEST(VideoIndex, DecodesOnlyFromTheKeyFrameBefore) {
  const std::string clip = own_clip("key_frames.mp4");  // 120 frames, a key frame every 20
  const VideoIndex index = index_video(clip, impatient());
  EXPECT_EQ(index.key_frames, (Indices{0, 20, 40, 60, 80, 100}));
  std::int64_t decoded = 0;
  const auto codes = codes_at(clip, index, {1, 45, 119}, &decoded);
  EXPECT_EQ(codes, (std::vector<std::optional<int>>{1, 45, 119}));
  EXPECT_EQ(decoded, 2 + 6 + 20);
}

TEST(VideoIndex, AWrongIndexCostsTimeAndNotExactness) {
  const std::string clip = own_clip("key_frames.mp4");
  VideoIndex index = index_video(clip, impatient());
  index.pts_ns[100] += 1;  // no frame has this time
  std::int64_t decoded = 0;
  EXPECT_EQ(codes_at(clip, index, {100}, &decoded), (std::vector<std::optional<int>>{100}));
  EXPECT_GE(decoded, 101);
}

TEST(VideoIndex, ForgedIndicesAreRefused) {
  const std::string clip = own_clip("key_frames.mp4");
  VideoIndex index = index_video(clip, impatient());
  EXPECT_THROW(codes_at(clip, index, {120}), Error);
  EXPECT_THROW(codes_at(clip, index, {-1}), Error);
  EXPECT_THROW(codes_at(clip, index, {5, 4}), Error);
  index.key_frames.push_back(500);
  EXPECT_THROW(codes_at(clip, index, {1}), Error);
}

TEST(VideoIndex, AVideoThatBecameShorterIsNamed) {
  VideoIndex index = index_video(own_clip("key_frames.mp4"), impatient());
  try {
    codes_at(own_clip("vfr.mp4"), index, {110});  // 60 frames
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::corrupt);
    EXPECT_NE(error.message().find("ended after 60"), std::string::npos) << error.what();
  }
}

TEST(VideoIndex, AStreamWithoutAnEndSaysSo) {
  if (!is_measured_gstreamer()) GTEST_SKIP() << "the clip is a GIF, which has an end in this GStreamer";
  ReaderOptions options{.idle_timeout_ns = 2'000'000'000};
  const VideoIndex index = index_video(own_clip("anim.gif"), options);
  EXPECT_EQ(index.pts_ns.size(), 12U);
  EXPECT_TRUE(index.timed_out);
  EXPECT_EQ(index.key_frames, (Indices{0}));
}

TEST(VideoReader, GoesBackToAKeyFrame) {
  VideoReader reader(own_clip("key_frames.mp4"));
  while (reader.skip()) {
  }
  ASSERT_TRUE(reader.seek(2'100'000'000));  // frame 52 at 25 fps: the key frame before is 40
  const auto frame = reader.next();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame_code(frame->view), 40);
  EXPECT_EQ(frame->index, 0);
}

}  // namespace
}  // namespace vifi
