#include "../unit/engine/weights/file_builders.h"
#include "fuzz.h"
#include "weights/checkpoint.h"

/// The input is the pickle of an archive of torch.save with two storages.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static vifi::fuzz::MemoryFile file;
  vifi::testing_files::Zip zip;
  zip.add("archive/data.pkl", vifi::fuzz::text_of(data, size)).add("archive/byteorder", "little");
  zip.add("archive/data/0", std::string(24, '\0')).add("archive/data/1", std::string(7, '\1'));
  vifi::fuzz::taken_or_refused([&] {
    for (const auto& [name, tensor] : vifi::read_checkpoint(file.write(zip.bytes())).tensors) {
      const auto last = tensor.numel() == 0 ? tensor : tensor.flatten().slice(0, -1);  // reads through its strides
      vifi::fuzz::require(last.numel() <= 1, "a tensor has another size than it says");
    }
  });
  return 0;
}
