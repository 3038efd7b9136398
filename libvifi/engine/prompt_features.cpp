#include "prompt_features.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_set>

#include <ATen/ops/empty.h>
#include <c10/core/InferenceMode.h>

#include "clip/tensors.h"
#include "methods/prompt_rule.h"
#include "vifi/labels.h"

namespace vifi {
namespace {

constexpr std::size_t kCachedPrompts = 32768;  // 64 MiB at E = 512
constexpr int kTokensPerPass = 512;            // about the work of one frame of the same model

void normalise(float* row, std::int64_t size) {
  double sum = 0;
  for (std::int64_t i = 0; i < size; ++i) {
    sum += static_cast<double>(row[i]) * row[i];
  }
  const auto factor = static_cast<float>(1.0 / std::sqrt(sum));
  std::transform(row, row + size, row, [factor](float value) { return value * factor; });
}

}  // namespace

PromptFeatures::PromptFeatures(Method& method, std::shared_ptr<const Tokenizer> tokenizer)
    : method_(method), tokenizer_(std::move(tokenizer)) {}

std::vector<float> PromptFeatures::of(const LabelSet& labels, const std::vector<std::string>& templates,
                                      const Progress& progress) {
  std::vector<std::string> prompts;  // label by label
  for (const Label& label : labels.labels) {
    for (const std::string& prompt_template : templates) {
      prompts.push_back(prompt_of(method_.info().prompts, prompt_template, label.name));
    }
  }
  encode_missing(prompts, progress);

  const std::int64_t size = method_.info().embed_dim;
  std::vector<float> features(labels.labels.size() * static_cast<std::size_t>(size), 0.0F);
  for (std::size_t label = 0; label < labels.labels.size(); ++label) {
    float* row = features.data() + label * static_cast<std::size_t>(size);
    for (std::size_t i = 0; i < templates.size(); ++i) {
      const std::vector<float>& prompt = features_.at(prompts[label * templates.size() + i]);
      std::transform(prompt.begin(), prompt.end(), row, row, std::plus<>());
    }
    if (templates.size() > 1) {
      normalise(row, size);
    }
  }
  return features;
}

void PromptFeatures::encode_missing(const std::vector<std::string>& prompts, const Progress& progress) {
  const std::unordered_set<std::string> wanted(prompts.begin(), prompts.end());
  if (features_.size() + wanted.size() > kCachedPrompts) {
    std::erase_if(features_, [&](const auto& entry) { return !wanted.contains(entry.first); });
  }
  std::vector<std::string> missing;
  std::unordered_set<std::string> listed;
  for (const std::string& prompt : prompts) {  // in the caller's order, so that an error names the first
    if (!features_.contains(prompt) && listed.insert(prompt).second) {
      missing.push_back(prompt);
    }
  }
  if (missing.empty()) {
    return;
  }
  const TokenBatch batch = tokenizer_->encode(missing, static_cast<int>(method_.info().context_length), false);

  const auto cost = [&](std::size_t text) { return method_.info().reads_padding ? batch.length : batch.used[text]; };

  std::vector<std::size_t> order(missing.size());  // short ones first: a pass is as long as its longest text
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return batch.used[a] < batch.used[b]; });

  for (std::size_t done = 0; done < order.size();) {
    std::size_t end = done + 1;
    while (end < order.size() && static_cast<int>(end + 1 - done) * cost(order[end]) <= kTokensPerPass) {
      ++end;
    }
    const c10::InferenceMode inference;
    at::Tensor ids = at::empty({static_cast<std::int64_t>(end - done), batch.length}, at::kLong);
    for (std::size_t i = done; i < end; ++i) {
      const auto* row = batch.ids.data() + order[i] * static_cast<std::size_t>(batch.length);
      std::copy_n(row, batch.length, ids[static_cast<std::int64_t>(i - done)].mutable_data_ptr<std::int64_t>());
    }
    const at::Tensor features = l2_normalised(method_.encode_text(ids)).to(at::kCPU).contiguous();
    for (std::size_t i = done; i < end; ++i) {
      const float* row = features[static_cast<std::int64_t>(i - done)].const_data_ptr<float>();
      features_[missing[order[i]]].assign(row, row + features.size(1));
    }
    done = end;
    if (progress) {
      progress(done, order.size());
    }
  }
}

}  // namespace vifi
