#pragma once

#include <memory>
#include <string>

#include "config/config.h"
#include "data/video_clips.h"
#include "methods/training.h"
#include "vifi/export.h"

namespace vifi::train {

struct ClipSetOptions {
  std::string cache_folder{};  ///< for decoded, resized frames; empty: none are kept
  int decoder_threads = 2;
};

/// The clips of DATA.TRAIN_FILE, prepared and augmented as the recipe says. @throws Error
VIFI_API std::shared_ptr<const VideoClips> training_clips(const Config& config, const TrainingRecipe& recipe,
                                                          const ClipSetOptions& options);

/// Clips for a test: one view, or with TEST.MULTI_VIEW_INFERENCE the TEST.NUM_CROP x TEST.NUM_CLIP views of the
/// reference.
/// @param list        annotation list; empty: DATA.VAL_FILE
/// @param preprocess  of the model (start.h: `tested_preprocess`)
/// @throws Error
VIFI_API std::shared_ptr<const VideoClips> test_clips(const Config& config, const std::string& list,
                                                      const PreprocessSpec& preprocess, const ClipSetOptions& options);

}  // namespace vifi::train
