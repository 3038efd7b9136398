#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/annotations.h"
#include "data/clip_source.h"
#include "data/frame_cache.h"
#include "data/index_store.h"
#include "data/media_root.h"
#include "transforms/transform.h"
#include "vifi/export.h"

namespace vifi::train {

/// Which frames of a video make a clip.
enum class FrameChoice {
  middle,  ///< the reference's test rule; further clips of a video shift it by a part of the distance between frames
  drawn,   ///< the reference's training rule; it also draws further clips so
};

struct VideoClipOptions {
  int frames = 8;                            ///< T of a clip
  int clips = 1;                             ///< clips of a video
  FrameChoice choice = FrameChoice::middle;
  int size = 224;                            ///< S: what the transforms end in
  std::vector<TransformList> crops;          ///< one list a crop; views are crop x clip x T
  std::string index_folder;                  ///< where indices of videos are kept; empty: in memory
  std::string cache_folder;                  ///< where decoded, resized frames are kept; empty: nowhere. Used by lists
                                             ///< that begin with ShortSide
  std::int64_t cache_bytes = std::int64_t{16} << 30;
  ReaderOptions reader{.decoder_threads = 2};
};

/// The clips of an annotation list.
class VIFI_API VideoClips : public ClipSource {
 public:
  /// @throws Error(invalid_argument) for options that make no clip; what MediaRoot and the caches throw
  VideoClips(std::vector<Annotation> annotations, MediaRoot root, VideoClipOptions options);
  ~VideoClips() override;

  std::size_t size() const override { return annotations_.size(); }
  std::array<std::int64_t, 4> shape() const override;
  std::int64_t label(std::size_t sample) const override { return annotations_[sample].label; }
  std::string name(std::size_t sample) const override { return annotations_[sample].path; }
  std::unique_ptr<ClipReader> reader() const override;

  const std::vector<Annotation>& annotations() const { return annotations_; }
  std::int64_t decoded_frames() const;  ///< so far, by all readers
  std::int64_t cached_frames() const;   ///< taken from the cache

 private:
  class Reader;
  struct Shared;

  std::vector<Annotation> annotations_;
  MediaRoot root_;
  VideoClipOptions options_;
  std::unique_ptr<Shared> shared_;
};

/// Frame positions of all clips of a video, clip after clip. @param choice  see FrameChoice
VIFI_API std::vector<std::int64_t> clip_frames(std::int64_t video_frames, int frames, int clips, FrameChoice choice,
                                               Random& random);

}  // namespace vifi::train
