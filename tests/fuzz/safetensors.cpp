#include "fuzz.h"
#include "weights/mapped_file.h"
#include "weights/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static vifi::fuzz::MemoryFile file;
  vifi::fuzz::taken_or_refused([&] {
    const auto mapped = vifi::MappedFile::open(file.write(vifi::fuzz::text_of(data, size)));
    for (const auto& [name, tensor] : vifi::read_safetensors(mapped)) {
      vifi::fuzz::require(tensor.nbytes() <= size, "a tensor is larger than its file");
    }
  });
  return 0;
}
