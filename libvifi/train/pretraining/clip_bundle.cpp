#include "pretraining/clip_bundle.h"

#include <filesystem>

#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/atomic_folder.h"
#include "base/sha256.h"
#include "video/geometry.h"
#include "video/preprocess_json.h"
#include "vifi/preprocess.h"
#include "weights/clip_export.h"
#include "weights/safetensors_writer.h"

namespace vifi::train {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kOperation = "write bundle";

}  // namespace

void write_clip_bundle(const std::string& folder, const ClipWeights& weights, const ClipBundleFacts& facts) {
  AtomicFolder whole(folder, kOperation);
  const fs::path part = whole.part(), model = part / "model.safetensors";
  {
    AtomicFile file(model.string(), kOperation);
    write_safetensors(file, named_tensors(weights, Layout::openai));
    file.commit();
  }
  PreprocessSpec preprocess;
  preprocess.size = static_cast<int>(weights.config.image_height);
  preprocess.resize_size = scaled_short_side(preprocess.size);  // pictures of the pretraining lack up to a fifth
  preprocess.interpolation = Interpolation::bilinear;
  preprocess.rounding = Rounding::floating;
  Json bundle{{"format", "vifi-bundle"},
              {"version", 1},
              {"weights", "model.safetensors"},
              {"tokenizer", {{"kind", "clip-bpe"}}},
              {"preprocess", preprocess_json(preprocess)},
              {"activation", name_of(weights.config.vision.activation)},
              {"prompt_template", "a photo of a {}."},
              {"window", {{"frames", facts.frames}, {"duration_ns", facts.window_ns}, {"hop_ns", facts.hop_ns}}}};
  if (!facts.labels.empty()) bundle["labels"] = facts.labels;
  bundle["provenance"] = {{"sha256", sha256_of_file(model.string())}, {"trained_on", facts.trained_on}};
  {
    AtomicFile file((part / "vifi.json").string(), kOperation);
    file.write(bundle.dump(1) + "\n");
    file.commit();
  }
  whole.commit();
}

}  // namespace vifi::train
