#include "methods/vifi_clip/parameters.h"

namespace vifi {
namespace {

class Order {
 public:
  explicit Order(const ClipWeights& weights) : prompts_(weights.prompts) {}

  void add(const std::string& name) { names_.push_back(name); }
  void add_layer(const std::string& name) {
    add(name + ".weight");
    add(name + ".bias");
  }
  void add_prompt(const std::string& name) {
    if (prompts_.contains(name)) {
      add(name);
    }
  }
  void add_blocks(const std::string& prefix, std::int64_t layers) {
    for (std::int64_t layer = 0; layer < layers; ++layer) {
      const std::string block = prefix + "resblocks." + std::to_string(layer) + ".";
      add_prompt(block + "VPT_shallow");
      add(block + "attn.in_proj_weight");
      add(block + "attn.in_proj_bias");
      for (const char* name : {"attn.out_proj", "ln_1", "mlp.c_fc", "mlp.c_proj", "ln_2"}) {
        add_layer(block + name);
      }
    }
  }

  std::vector<std::string> names() && { return std::move(names_); }

 private:
  const TensorMap& prompts_;
  std::vector<std::string> names_;
};

}  // namespace

std::vector<std::string> vifi_clip_parameter_order(const ClipWeights& weights) {
  Order order(weights);
  order.add("logit_scale");
  order.add_prompt("prompt_learner.ctx");
  order.add_prompt("visual.VPT");
  for (const char* name : {"class_embedding", "positional_embedding", "proj", "conv1.weight"}) {
    order.add(std::string("visual.") + name);
  }
  order.add_layer("visual.ln_pre");
  order.add_blocks("visual.transformer.", weights.config.vision.layers);
  order.add_layer("visual.ln_post");
  order.add("positional_embedding");
  order.add("text_projection");
  order.add_blocks("transformer.", weights.config.text.layers);
  order.add_layer("ln_final");
  return std::move(order).names();
}

std::string vifi_clip_name(const std::string& canonical) {
  if (canonical == "logit_scale" || canonical.starts_with("prompt_learner.")) {
    return canonical;
  }
  constexpr std::string_view kVisual = "visual.";
  return canonical.starts_with(kVisual) ? "image_encoder." + canonical.substr(kVisual.size()) : "text_encoder." + canonical;
}

}  // namespace vifi
