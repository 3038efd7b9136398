#include "weights/checkpoint.h"

#include "fuzz.h"
#include "weights/clip_weights.h"

/// Whatever a model file may be: its format is found, its tensors are read and fitted to an architecture.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static vifi::fuzz::MemoryFile file;
  vifi::fuzz::taken_or_refused([&] {
    vifi::clip_weights(vifi::read_checkpoint(file.write(vifi::fuzz::text_of(data, size))));
  });
  return 0;
}
