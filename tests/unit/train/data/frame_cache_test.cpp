#include "data/frame_cache.h"

#include <gtest/gtest.h>

#include "support/temporary_folder.h"

namespace vifi::train {
namespace {

constexpr Size kSize{64, 48};
constexpr std::int64_t kFrameBytes = 3 * 4096;  // of which 9216 are the frame's: whole pages count

std::vector<std::uint8_t> planes_of(std::uint8_t value) { return std::vector<std::uint8_t>(3 * 64 * 48, value); }

TEST(FrameCache, CountsAFrameThatIsStoredAgainOnce) {
  const TemporaryFolder folder;
  FrameCache cache(folder.path("cache"), 2 * kFrameBytes);
  FrameCache::Video video = cache.open("video", 4);
  for (const std::uint8_t value : {1, 2, 3}) {
    video.store(0, kSize, planes_of(value));
  }
  FrameCache::Video other = cache.open("video", 4);  // as another thread has it
  other.store(0, kSize, planes_of(4));
  EXPECT_EQ(cache.used_bytes(), kFrameBytes);
  other.store(1, kSize, planes_of(5));
  EXPECT_FALSE(cache.full());
  Size size;
  std::vector<std::uint8_t> planes;
  EXPECT_TRUE(video.load(0, size, planes));
  EXPECT_EQ(planes, planes_of(4));
  EXPECT_TRUE(video.load(1, size, planes));
  other.store(2, kSize, planes_of(6));
  EXPECT_TRUE(cache.full());
  EXPECT_FALSE(video.load(2, size, planes));
}

TEST(FrameCache, TakesNoFrameOfAnotherSize) {
  const TemporaryFolder folder;
  FrameCache cache(folder.path("cache"), 2 * kFrameBytes);
  FrameCache::Video video = cache.open("video", 4);
  video.store(0, kSize, planes_of(1));
  video.store(1, {48, 64}, planes_of(2));
  EXPECT_EQ(cache.used_bytes(), kFrameBytes);
  Size size;
  std::vector<std::uint8_t> planes;
  EXPECT_FALSE(video.load(1, size, planes));
}

}  // namespace
}  // namespace vifi::train
