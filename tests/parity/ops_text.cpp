// Operations on text: strings to the ids that a text tower reads.

#include "parity.h"
#include "vifi/tokenizer.h"

namespace vifi::parity {
namespace {

Output clip_tokenize(const Case& golden) {
  const auto texts = golden.params.at("texts").get<std::vector<std::string>>();
  try {
    const TokenBatch batch = clip_tokenizer()->encode(texts, golden.params.at("context_length").get<int>(),
                                                      golden.params.at("truncate").get<bool>());
    Output output;
    output.tensors["ids"] =
        make_tensor<std::int64_t>("I64", {static_cast<std::int64_t>(texts.size()), batch.length}, batch.ids);
    return output;
  } catch (const TextTooLong&) {
    throw Refused("too_long");
  }
}

}  // namespace

void register_text_operations() {
  register_operation("clip_tokenize", clip_tokenize);
}

}  // namespace vifi::parity
