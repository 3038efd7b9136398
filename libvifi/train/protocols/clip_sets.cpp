#include "protocols/clip_sets.h"

#include <utility>

#include "data/annotations.h"
#include "transforms/transform.h"
#include "vifi/error.h"

namespace vifi::train {
namespace {

int positive(const Config& config, const char* key) {
  const std::int64_t value = config.integer(key);
  if (value < 1 || value > 1 << 16) {
    throw Error(ErrorCode::invalid_argument, "[data] " + std::string(key) + ": expected 1 or more, got " + std::to_string(value));
  }
  return static_cast<int>(value);
}

std::string named_list(const Config& config, const char* key) {
  const std::string list = config.text(key);
  if (list.empty()) {
    throw Error(ErrorCode::invalid_argument, "[data] " + std::string(key) + " is empty",
                "name the annotation list: --opts " + std::string(key) + " FILE");
  }
  return list;
}

VideoClipOptions common_options(const Config& config, const ClipSetOptions& options) {
  VideoClipOptions common;
  common.frames = positive(config, "DATA.NUM_FRAMES");
  common.size = positive(config, "DATA.INPUT_SIZE");
  common.cache_folder = options.cache_folder;
  common.reader.decoder_threads = options.decoder_threads;
  return common;
}

}  // namespace

std::shared_ptr<const VideoClips> training_clips(const Config& config, const TrainingRecipe& recipe,
                                                 const ClipSetOptions& options) {
  VideoClipOptions clips = common_options(config, options);
  clips.choice = FrameChoice::drawn;
  const AugmentationRecipe& augmentation = recipe.augmentation;
  clips.crops = {train_transforms({.preprocess = recipe.preprocess,
                                   .random_crop = augmentation.random_crop,
                                   .flip = augmentation.flip,
                                   .color_jitter = augmentation.color_jitter,
                                   .gray_scale = augmentation.gray})};
  return std::make_shared<VideoClips>(read_annotations(named_list(config, "DATA.TRAIN_FILE")),
                                      MediaRoot(config.text("DATA.ROOT")), std::move(clips));
}

std::shared_ptr<const VideoClips> test_clips(const Config& config, const std::string& list,
                                             const PreprocessSpec& preprocess, const ClipSetOptions& options) {
  VideoClipOptions clips = common_options(config, options);
  const bool views = config.flag("TEST.MULTI_VIEW_INFERENCE");
  if (views && positive(config, "TEST.NUM_CLIP") > 1) {
    clips.clips = positive(config, "TEST.NUM_CLIP");
    clips.choice = FrameChoice::drawn;  // as the reference: its further clips are random
  }
  const int crops = views ? positive(config, "TEST.NUM_CROP") : 1;
  if (crops == 1) {
    clips.crops = {test_transforms(preprocess)};
  } else if (crops == 3) {
    clips.crops = {three_crop_transforms(preprocess, 0), three_crop_transforms(preprocess, 1),
                   three_crop_transforms(preprocess, 2)};
  } else {
    throw Error(ErrorCode::unsupported, "[data] TEST.NUM_CROP: expected 1 or 3, got " + std::to_string(crops));
  }
  return std::make_shared<VideoClips>(read_annotations(list.empty() ? named_list(config, "DATA.VAL_FILE") : list),
                                      MediaRoot(config.text("DATA.ROOT")), std::move(clips));
}

}  // namespace vifi::train
