#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "data/annotations.h"
#include "data/media_root.h"
#include "vifi/export.h"

namespace vifi::train {

struct CheckOptions {
  int frames = 8;            ///< a video with fewer is short
  int threads = 2;
  bool decode = true;        ///< else only look whether files are there
  std::string index_folder;  ///< keeps what was learned for training; empty: nowhere
  std::function<void(std::int64_t done, std::int64_t total)> progress;
};

enum class VideoFault { none, missing, broken, too_short };

struct CheckedVideo {
  std::string path;
  int label = 0;
  VideoFault fault = VideoFault::none;
  std::int64_t frames = -1;  ///< -1: unknown
  std::string what;          ///< the error's text
};

/// What a data set lacks.
struct DataReport {
  std::vector<CheckedVideo> videos;      ///< in the list's order
  std::vector<std::int64_t> classes;     ///< videos of each label
  std::vector<int> empty_classes;        ///< labels of the label file without a video
  std::vector<std::string> repeated;     ///< paths that occur more than once
  std::int64_t count(VideoFault fault) const;
  bool is_sound() const;  ///< nothing missing, broken or repeated, no empty class; short videos are allowed
};

/// Looks at every video of a list. Broken ones are part of the report, no exceptions.
/// @param labels  null: not checked. @throws Error(invalid_argument) for labels that the label file lacks
VIFI_API DataReport check_data(std::span<const Annotation> annotations, const MediaRoot& root, const LabelSet* labels,
                               const CheckOptions& options);

}  // namespace vifi::train
