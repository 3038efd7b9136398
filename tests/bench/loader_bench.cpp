// Clips a second that a loader gives: loader_bench LIST ROOT [FRAMES [SIZE [WORKERS [CACHE]]]], or `loader_bench mini
// [WORKERS]` for clips of the miniature world. Two epochs of training transforms; the second knows the videos' indices
// (and finds frames in the cache, where one is named).

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

#include "data/loader.h"
#include "data/video_clips.h"
#if VIFI_HAVE_MINI
#include "mini/mini_clips.h"
#endif

namespace {

using namespace vifi::train;

double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// One epoch, or its first `most` batches.
void run(Loader& loader, std::int64_t epoch, int most, const VideoClips* videos) {
  const auto begin = std::chrono::steady_clock::now();
  const double processor = processor_seconds();
  const std::int64_t decoded = videos != nullptr ? videos->decoded_frames() : 0;
  std::int64_t clips = 0;
  loader.begin(epoch);
  for (int i = 0; i < most; ++i) {
    auto batch = loader.next();
    if (!batch) break;
    clips += batch->shape[0];
    loader.recycle(std::move(*batch));
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf("epoch %d: %6.2f clips/s, %7.1f ms of processor time a clip", static_cast<int>(epoch), static_cast<double>(clips) / seconds,
              1000 * (processor_seconds() - processor) / static_cast<double>(std::max<std::int64_t>(clips, 1)));
  if (videos != nullptr) {
    std::printf(", %.1f frames decoded a clip", static_cast<double>(videos->decoded_frames() - decoded) / static_cast<double>(std::max<std::int64_t>(clips, 1)));
  }
  std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) try {
  const auto number = [&](int i, int fallback) { return argc > i ? std::atoi(argv[i]) : fallback; };
#if VIFI_HAVE_MINI
  if (argc > 1 && std::string(argv[1]) == "mini") {
    Loader loader(std::make_shared<mini::MiniClips>(mini::MiniClipOptions{}), {.batch = 32, .workers = number(2, 2)});
    for (int epoch = 0; epoch < 2; ++epoch) run(loader, epoch, 20, nullptr);
    return 0;
  }
#endif
  if (argc < 3) {
    std::fprintf(stderr, "usage: loader_bench LIST ROOT [FRAMES [SIZE [WORKERS [CACHE]]]]\n");
    return 2;
  }
  VideoClipOptions options;
  options.frames = number(3, 8);
  options.size = number(4, 224);
  options.choice = FrameChoice::drawn;
  options.crops = {train_transforms({.preprocess = vifi::reference_preprocess(options.size)})};
  if (argc > 6) options.cache_folder = argv[6];
  const auto videos = std::make_shared<VideoClips>(read_annotations(argv[1]), MediaRoot(argv[2]), options);
  Loader loader(videos, {.batch = 2, .workers = number(5, 2), .drop_last = false, .on_broken = OnBroken::skip});
  for (int epoch = 0; epoch < 2; ++epoch) run(loader, epoch, 1 << 30, videos.get());
  std::printf("%zu videos, %zu could not be read\n", videos->size(), loader.broken().size());
} catch (const std::exception& error) {
  std::fprintf(stderr, "loader_bench: %s\n", error.what());
  return 1;
}
