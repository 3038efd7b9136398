#include "vifi/labels.h"

#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static vifi::fuzz::MemoryFile file;
  const std::string_view text = vifi::fuzz::text_of(data, size);
  vifi::fuzz::taken_or_refused([&] {
    const vifi::LabelSet set = vifi::read_label_file(file.write(text));
    vifi::fuzz::require(set.action_count() == set.labels.size() && !set.labels.empty(), "a label file without labels");
    set.validate();
  });
  vifi::fuzz::taken_or_refused([&] {
    const auto names = vifi::split_labels(text);
    if (!names.empty()) vifi::make_label_set(names).validate();
  });
  return 0;
}
