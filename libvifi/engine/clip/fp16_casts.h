#pragma once

namespace vifi {

/// Values that ViFi-CLIP's own code rounds to fp16, whatever type it computes in. Its checkpoints were trained behind
/// them; each moves features by about 1e-4.
struct Fp16Casts {
  bool token_embedding = false;  ///< what is looked up, not the learned context
  bool prompts = false;          ///< of the image tower and of deeper blocks, not the learned context
  bool images = false;
  bool text_positions = false;
  bool ln_final = false;  ///< what the projection of the text reads
};

}  // namespace vifi
