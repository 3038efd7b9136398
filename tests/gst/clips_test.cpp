#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "support/clip_harness.h"
#include "support/clip_list.h"
#include "support/playback.h"

/// The element in front of every odd clip: the video must be what it is without the element.
namespace vifi::testing {
namespace {

void expect_same_video(const Playback& with, const Playback& without) {
  EXPECT_EQ(with.end, without.end) << with.text << "\n" << without.text;
  ASSERT_EQ(with.frames.size(), without.frames.size());
  for (std::size_t i = 0; i < with.frames.size(); ++i) {
    ASSERT_EQ(with.frames[i].pts, without.frames[i].pts) << "frame " << i;
    ASSERT_EQ(with.frames[i].checksum, without.frames[i].checksum) << "frame " << i;
  }
}

/// From the first result on every frame carries the newest; a video that ends before has its result in the tail.
void expect_results(const Playback& played) {
  const auto first = std::find_if(played.frames.begin(), played.frames.end(), [](const auto& frame) { return frame.told; });
  EXPECT_TRUE(first != played.frames.end() || played.tails > 0) << "no result in " << played.frames.size() << " frames";
  const auto silent = std::find_if(first, played.frames.end(), [](const auto& frame) { return !frame.told; });
  EXPECT_EQ(silent, played.frames.end()) << "frame " << silent - played.frames.begin() << " of " << played.frames.size()
                                         << " carries no result, after frame " << first - played.frames.begin() << " did";
}

/// decodebin drops an error that comes while it still starts the demuxer, whatever stands behind it: such a file, of
/// which no frame comes, then ends in silence. Which of the two happens is a race that the element has no part in.
bool lost_its_error(const Clip& clip, const Playback& played) {
  return clip.frames == 0 && played.frames.empty() && played.end == "no end";
}

void check(const Clip& clip) {
  SCOPED_TRACE(clip.file);
  const Playback without = play(clip.path, "identity");
  EXPECT_EQ(without.frames.empty(), clip.frames == 0) << without.text;
  Playback with = play(clip.path, "vificlip");
  if (lost_its_error(clip, with) || lost_its_error(clip, without)) with.end = without.end;
  expect_same_video(with, without);
  // A stream without an end has no tail: its first window may never be complete.
  if (!with.frames.empty() && with.end != "no end") expect_results(with);
}

class Clips : public ::testing::Test {
 protected:
  void SetUp() override { fresh_control(); }
};

TEST_F(Clips, EndAsTheyDoWithoutTheElement) {
  for (const Clip& clip : read_clip_list(own_clips())) check(clip);
}

TEST_F(Clips, EndAsTheyDoWithoutTheElementInTheSharedListToo) {
  const auto folder = shared_clips();
  if (!folder) GTEST_SKIP() << "no shared/data/clips beside the sources and VIFI_SHARED is not set";
  for (const Clip& clip : read_clip_list(*folder)) check(clip);
}

}  // namespace
}  // namespace vifi::testing
