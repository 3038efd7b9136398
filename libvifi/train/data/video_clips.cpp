#include "data/video_clips.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <numeric>

#include "data/video_source.h"
#include "vifi/error.h"
#include "vifi/sampling.h"
#include "video/frame_sampling.h"

namespace vifi::train {
namespace {

/// With a cache, a video of so many times the frames that are asked for is decoded once, for all epochs and trainings:
/// starting the decoder costs more than the frames between.
constexpr std::int64_t kKeptWhole = 2;

std::vector<std::int64_t> every_frame(std::int64_t count) {
  std::vector<std::int64_t> frames(static_cast<std::size_t>(count));
  std::iota(frames.begin(), frames.end(), 0);
  return frames;
}

/// Each once. @param positions  in indices; ascending by what stands there
std::vector<std::int64_t> frames_at(std::span<const std::size_t> positions, std::span<const std::int64_t> indices) {
  std::vector<std::int64_t> frames;
  for (const std::size_t at : positions) frames.push_back(indices[at]);
  frames.erase(std::unique(frames.begin(), frames.end()), frames.end());
  return frames;
}

/// For names of cached frames, which outlive the program.
std::string_view name_of(ResizeRule rule) {
  switch (rule) {
    case ResizeRule::opencv_bilinear: return "opencv";
    case ResizeRule::pillow_bicubic: return "pillow bicubic";
    case ResizeRule::pillow_bilinear: return "pillow bilinear";
    case ResizeRule::antialias_bilinear: return "antialiased bilinear";
  }
  return "";
}

}  // namespace

std::vector<std::int64_t> clip_frames(std::int64_t video_frames, int frames, int clips, FrameChoice choice, Random& random) {
  if (choice == FrameChoice::drawn) {
    return multi_view_frame_indices(video_frames, frames, clips, [&](std::int64_t bound) { return random.below(bound); });
  }
  if (clips == 1) return test_frame_indices(video_frames, frames);
  // The middles of T * clips parts, dealt out in turn: each clip spans the video, none shares a place with another.
  const auto all = test_frame_indices(video_frames, frames * clips);
  std::vector<std::int64_t> indices;
  for (int clip = 0; clip < clips; ++clip) {
    for (int frame = 0; frame < frames; ++frame) indices.push_back(all[static_cast<std::size_t>(frame) * clips + clip]);
  }
  return indices;
}

struct VideoClips::Shared {
  explicit Shared(const VideoClipOptions& options) : indices(options.index_folder) {
    if (!options.cache_folder.empty()) cache.emplace(options.cache_folder, options.cache_bytes);
  }

  IndexStore indices;
  std::optional<FrameCache> cache;
  std::atomic<std::int64_t> decoded = 0;
};

class VideoClips::Reader : public ClipReader {
 public:
  explicit Reader(const VideoClips& clips) : clips_(clips), options_(clips.options_), shared_(*clips.shared_) {}

  void read(std::size_t sample, Random& random, std::span<float> images) override {
    const VideoPlace place = clips_.root_.find(clips_.annotations_.at(sample).path);
    const auto video = open_video(place, shared_.indices, options_.reader);
    const std::int64_t count = video->frame_count();
    if (count == 0) {
      throw Error(ErrorCode::corrupt, fmt::format("[read clip] {}: no frame of it can be decoded", place.name),
                  "take it from the list, or have broken videos skipped");
    }
    const auto indices = clip_frames(count, options_.frames, options_.clips, options_.choice, random);
    crops_.clear();
    for (const TransformList& list : options_.crops) crops_.push_back(draw_all(list, random, indices.size()));

    // Frames in the order of the video, whatever clip and view they belong to.
    std::vector<std::size_t> order(indices.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return indices[a] < indices[b]; });
    images_ = images;
    std::optional<FrameCache::Video> cached = open_cache(place, count);

    std::vector<std::size_t> absent;  // positions, in the order of the video
    for (const std::size_t at : order) {
      if (cached && cached->load(indices[at], cached_size_, cached_planes_)) {
        for (std::size_t crop = 0; crop < crops_.size(); ++crop) {
          picture_.open(cached_size_, cached_planes_);
          finish(crop, at, indices.size());
        }
      } else {
        absent.push_back(at);
      }
    }
    if (absent.empty()) return;
    const bool whole = cached && !shared_.cache->full() && count <= kKeptWhole * std::ssize(indices);
    const std::vector<std::int64_t> decoded = whole ? every_frame(count) : frames_at(absent, indices);
    auto next = absent.begin();
    shared_.decoded += video->read(decoded, [&](std::size_t slot, const FrameView& frame) {
      if (cached) keep(*cached, decoded[slot], frame);
      for (; next != absent.end() && indices[*next] == decoded[slot]; ++next) {
        for (std::size_t crop = 0; crop < crops_.size(); ++crop) {
          if (cached) {
            picture_.open(cached_size_, cached_planes_);
          } else {
            picture_.open(frame);
          }
          finish(crop, *next, indices.size());
        }
      }
    });
  }

 private:
  /// The resize that all lists begin with, or nothing.
  const ShortSide* first_resize() const {
    const ShortSide* first = nullptr;
    for (const TransformList& list : options_.crops) {
      const auto* resize = dynamic_cast<const ShortSide*>(list.front().get());
      if (resize == nullptr || (first != nullptr && !(*first == *resize))) return nullptr;
      first = resize;
    }
    return first;
  }

  std::optional<FrameCache::Video> open_cache(const VideoPlace& place, std::int64_t count) {
    const ShortSide* resize = shared_.cache ? first_resize() : nullptr;
    if (resize == nullptr) return std::nullopt;
    return shared_.cache->open(fmt::format("{}|short {}|{}", place.identity, resize->side(), name_of(resize->rule())), count);
  }

  /// Resizes a decoded frame into cached_planes_ and into the cache.
  void keep(FrameCache::Video& cache, std::int64_t index, const FrameView& frame) {
    picture_.open(frame);
    first_resize()->apply(picture_);
    const auto pixels = picture_.pixels();
    cached_size_ = picture_.size();
    cached_planes_.assign(pixels.begin(), pixels.end());
    cache.store(index, cached_size_, cached_planes_);
  }

  /// Applies the steps of one crop to the open picture. @param at  position among the frames of all clips
  void finish(std::size_t crop, std::size_t at, std::size_t frames) {
    for (const Step& step : crops_[crop]) step(picture_, at);
    const auto values = picture_.values();
    const std::size_t place = crop * frames + at;
    if (values.size() * frames * crops_.size() != images_.size()) {
      throw Error(ErrorCode::internal, fmt::format("[read clip] the transforms make {} values of a frame, expected {}",
                                                   values.size(), images_.size() / (frames * crops_.size())));
    }
    std::copy(values.begin(), values.end(), images_.begin() + static_cast<std::ptrdiff_t>(place * values.size()));
  }

  const VideoClips& clips_;
  const VideoClipOptions& options_;
  Shared& shared_;
  std::vector<std::vector<Step>> crops_;
  std::span<float> images_;
  Picture picture_;
  Size cached_size_;
  std::vector<std::uint8_t> cached_planes_;
};

VideoClips::VideoClips(std::vector<Annotation> annotations, MediaRoot root, VideoClipOptions options)
    : annotations_(std::move(annotations)), root_(std::move(root)), options_(std::move(options)) {
  const bool transforms = !options_.crops.empty() &&
                          std::none_of(options_.crops.begin(), options_.crops.end(), [](const auto& list) { return list.empty(); });
  if (options_.frames < 1 || options_.clips < 1 || options_.size < 1 || !transforms) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[data set] {} frames, {} clips, {} pixels, {} lists of transforms: expected one or more of each",
                            options_.frames, options_.clips, options_.size, options_.crops.size()));
  }
  shared_ = std::make_unique<Shared>(options_);
}

VideoClips::~VideoClips() = default;

std::array<std::int64_t, 4> VideoClips::shape() const {
  return {static_cast<std::int64_t>(options_.crops.size()) * options_.clips * options_.frames, 3, options_.size, options_.size};
}

std::unique_ptr<ClipReader> VideoClips::reader() const { return std::make_unique<Reader>(*this); }

std::int64_t VideoClips::decoded_frames() const { return shared_->decoded; }
std::int64_t VideoClips::cached_frames() const { return shared_->cache ? shared_->cache->hits() : 0; }

}  // namespace vifi::train
