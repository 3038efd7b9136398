#pragma once

#include <memory>

#include "cpu/buffer_pool.h"
#include "device.h"
#include "methods/method.h"
#include "prompt_features.h"
#include "vifi/model.h"
#include "vifi/tokenizer.h"

namespace vifi {

/// A method behind the library's interface: spans in, spans out, libtorch inside.
class TorchModel final : public Model {
 public:
  /// @param placement  where and in which type `method` was made
  TorchModel(ModelInfo info, std::unique_ptr<Method> method, std::shared_ptr<const Tokenizer> tokenizer,
             const Placement& placement);

  const ModelInfo& info() const override { return info_; }
  void encode(std::span<const PreparedFrame> frames, std::span<float> states) override;
  std::shared_ptr<const LabelBank> embed(const LabelSet& labels, const Progress& progress) override;
  void score(std::span<const float> states, int frames, const LabelBank& bank, std::span<float> logits) override;
  void pool(std::span<const float> states, int frames, std::span<float> embeddings) override;

 private:
  at::Tensor windows_of(std::span<const float> states, int frames, const char* operation) const;  // [W, T, state]
  at::Tensor images_of(std::span<const PreparedFrame> frames) const;  // [N, 3, S, S], on the device
  void use_threads() const;

  ModelInfo info_;
  std::unique_ptr<Method> method_;
  PromptFeatures prompts_;
  Placement placement_;
  std::shared_ptr<BufferPool> buffers_ = std::make_shared<BufferPool>();
};

}  // namespace vifi
