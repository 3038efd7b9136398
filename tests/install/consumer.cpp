// A program of another project, compiled with what pkg-config says. Prints where the default model lies.

#include <cstdio>

#include <vifi/error.h>
#include <vifi/labels.h>
#include <vifi/model.h>

int main() {
  const vifi::LabelSet labels = vifi::make_label_set({"walking", "running"});
  if (labels.action_count() != 2) {
    std::fprintf(stderr, "expected 2 labels, got %zu\n", labels.action_count());
    return 1;
  }
  std::puts(vifi::default_model_path().c_str());
  return 0;
}
