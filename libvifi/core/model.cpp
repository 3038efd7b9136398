#include "vifi/model.h"

#include "cuda/device_preparer.h"
#include "cuda/kernel_library.h"
#include "vifi/engine.h"
#include "vifi/error.h"

namespace vifi {

// The classes that cross from the engine have their virtual tables here, so that they are the same in every library.
Model::~Model() = default;
LabelBank::~LabelBank() = default;
Engine::~Engine() = default;

bool Model::prepare_on_device(const FrameView& frame, PreparedFrame& out) {
  const cuda::Kernels* kernels = frame.memory == MemoryKind::cuda ? cuda::kernel_library().kernels : nullptr;
  if (kernels) {
    prepare_on_cuda(*kernels, info().preprocess, frame, out);
  }
  return kernels != nullptr;
}

std::string_view name_of(Precision precision) noexcept {
  switch (precision) {
    case Precision::automatic: return "auto";
    case Precision::fp32: return "fp32";
    case Precision::bf16: return "bf16";
    case Precision::fp16: return "fp16";
  }
  return "auto";
}

Precision precision_from(std::string_view name) {
  for (const Precision precision : {Precision::automatic, Precision::fp32, Precision::bf16, Precision::fp16}) {
    if (name == name_of(precision)) {
      return precision;
    }
  }
  throw Error(ErrorCode::invalid_argument,
              "[precision] expected auto, fp32, bf16 or fp16, got \"" + std::string(name) + "\"",
              "auto picks what the device does well");
}

}  // namespace vifi
