#pragma once

#include <filesystem>
#include <string>

namespace vifi {

/// Models of a few kilobytes with random weights, in the layouts that are published; they know nothing. Image size 32,
/// one block a tower. Each function fills an existing folder and returns it.

/// SigLIP as Hugging Face publishes it: config.json, model.safetensors, spiece.model (a vocabulary of 1000 pieces from
/// $VIFI_TEST_DATA); context of 16 tokens.
std::string write_tiny_siglip(const std::filesystem::path& folder);

/// PE-Core as open_clip publishes it: open_clip_config.json, open_clip_model.safetensors; CLIP's vocabulary.
std::string write_tiny_pe_core(const std::filesystem::path& folder);

/// A vifi.json beside the weights. @param more  members behind "weights", each with a comma before it
std::string write_bundle(const std::filesystem::path& folder, const std::string& weights, const std::string& more);

/// A folder that vanishes with the test.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  std::filesystem::path make(const std::string& name) const;  ///< a folder in it

 private:
  std::filesystem::path path_;
};

}  // namespace vifi
