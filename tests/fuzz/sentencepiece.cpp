#include "fuzz.h"
#include "vifi/tokenizer.h"

/// The input is the model's file; some texts are then cut by it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr int kLength = 16;
  static vifi::fuzz::MemoryFile file;
  vifi::fuzz::taken_or_refused([&] {
    const auto tokenizer = vifi::sentencepiece_tokenizer({.file = file.write(vifi::fuzz::text_of(data, size))});
    const vifi::TokenBatch batch = tokenizer->encode({"", "the dog", "caf\u00e9 \u65e5\u672c ½"}, kLength, true);
    vifi::fuzz::require(batch.ids.size() == 3 * kLength && batch.used.size() == 3, "a row of another length");
  });
  return 0;
}
