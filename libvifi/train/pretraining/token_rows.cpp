#include "pretraining/token_rows.h"

#include <algorithm>
#include <set>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include "vifi/error.h"
#include "vifi/tokenizer.h"

namespace vifi::train {
namespace {

constexpr int kLongest = 77;  // of a vocabulary's text; what a model reads is checked where its texts are read
constexpr std::int64_t kVocabulary = 49408;

}  // namespace

TokenRows::TokenRows(const std::vector<std::string>& texts) {
  const TokenBatch batch = clip_tokenizer()->encode(texts, kLongest, false);
  std::set<std::int64_t> used{0};
  used.insert(batch.ids.begin(), batch.ids.end());
  ids_.assign(used.begin(), used.end());
}

at::Tensor TokenRows::rows_of(const std::vector<std::string>& texts, std::int64_t context_length) const {
  const TokenBatch batch = clip_tokenizer()->encode(texts, static_cast<int>(context_length), false);
  const auto length = static_cast<std::size_t>(batch.length);
  at::Tensor rows = at::empty({std::ssize(texts), batch.length}, at::TensorOptions().dtype(at::kLong));
  auto* row = rows.mutable_data_ptr<std::int64_t>();
  for (std::size_t i = 0; i < batch.ids.size(); ++i) {
    const auto found = std::lower_bound(ids_.begin(), ids_.end(), static_cast<std::int64_t>(batch.ids[i]));
    if (found == ids_.end() || *found != static_cast<std::int64_t>(batch.ids[i])) {
      throw Error(ErrorCode::internal, "[pretrain] \"" + texts[i / length] + "\": its token " +
                                           std::to_string(batch.ids[i]) + " is not of the vocabulary");
    }
    row[i] = found - ids_.begin();
  }
  return rows;
}

at::Tensor TokenRows::whole_table(const at::Tensor& trained) const {
  const at::NoGradGuard no_graph;
  at::Tensor table = at::zeros({kVocabulary, trained.size(1)}, at::kFloat);
  for (std::int64_t row = 1; row < size(); ++row) {  // row 0 pads, and is never read
    table.select(0, ids_[static_cast<std::size_t>(row)]).copy_(trained.select(0, row));
  }
  return table;
}

}  // namespace vifi::train
