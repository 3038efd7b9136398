#include "cpu/packed_blocks.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <c10/core/InferenceMode.h>

#include "clip/tensors.h"
#include "cpu/amx_attention.h"
#include "cpu/amx_available.h"
#include "cpu/amx_linear.h"
#include "cpu/avx512_attention.h"
#include "cpu/avx512_linear.h"
#include "cpu/buffer_pool.h"
#include "cpu/linear.h"
#include "cpu/row_kernels.h"

namespace vifi {
namespace {

using at::Tensor;

constexpr std::int64_t kScoresBytes = 4 << 20;  // of one group of items: stays in the cache of a core
constexpr std::int64_t kGroupRows = 400;        // of one group of items that goes through all blocks: the same

struct PackedBlock {
  Tensor ln_1_weight, ln_1_bias, ln_2_weight, ln_2_bias;  // [W]
  Linear query_key_value;                                 // W -> 3 W, queries scaled by 1 / sqrt(width of a head)
  Linear out, fc, proj;
};

/// x * sigmoid(1.702 x) = silu(1.702 x) / 1.702, and both factors fit into the weights around it.
constexpr double kQuickGelu = 1.702;

/// Rows of queries and keys in which each head's even rows come before its odd ones. Products of queries and keys do not
/// depend on the order.
Tensor halves_of_pairs(const TowerConfig& config) {
  const std::int64_t depth = config.width / config.heads;
  std::vector<std::int64_t> rows;
  for (std::int64_t head = 0; head < 2 * config.heads; ++head) {
    for (std::int64_t i = 0; i < depth; ++i) {
      rows.push_back(head * depth + (i < depth / 2 ? 2 * i : 2 * i - depth + 1));
    }
  }
  return at::tensor(rows, at::kLong);
}

PackedBlock pack(const BlockWeights& weights, const TowerConfig& config, at::ScalarType dtype, bool rotary,
                 Linear::Packed packed) {
  const double query_scale = 1.0 / std::sqrt(static_cast<double>(config.width / config.heads));
  Tensor in_weight = owned(weights.in_proj_weight, at::kFloat), in_bias = owned(weights.in_proj_bias, at::kFloat);
  in_weight.narrow(0, 0, config.width).mul_(query_scale);
  in_bias.narrow(0, 0, config.width).mul_(query_scale);
  if (rotary) {
    const Tensor order = halves_of_pairs(config);
    for (Tensor* tensor : {&in_weight, &in_bias}) {
      tensor->narrow(0, 0, 2 * config.width).copy_(tensor->index_select(0, order));
    }
  }

  const bool quick = config.activation == Activation::quick_gelu;
  const double fold = quick ? kQuickGelu : 1.0;
  const Linear::After after = quick                                        ? Linear::After::silu
                              : config.activation == Activation::gelu_tanh ? Linear::After::gelu_tanh
                                                                           : Linear::After::gelu;
  constexpr CpuKernels kPacked = CpuKernels::packed;
  return {
      .ln_1_weight = owned(weights.ln_1_weight, dtype),
      .ln_1_bias = owned(weights.ln_1_bias, dtype),
      .ln_2_weight = owned(weights.ln_2_weight, dtype),
      .ln_2_bias = owned(weights.ln_2_bias, dtype),
      .query_key_value = Linear(in_weight, in_bias, dtype, kPacked, After::nothing, packed),
      .out = Linear(weights.out_proj_weight, weights.out_proj_bias, dtype, kPacked, After::nothing, packed),
      .fc = Linear(weights.fc_weight * fold, weights.fc_bias * fold, dtype, kPacked, after, packed),
      .proj = Linear(weights.proj_weight / fold, weights.proj_bias, dtype, kPacked, After::nothing, packed),
  };
}

class PackedBlocks final : public Blocks {
 public:
  PackedBlocks(const std::vector<BlockWeights>& weights, const TowerConfig& config, Mask mask, at::ScalarType dtype,
               const Rotary& rotary, const DeepPrompts& prompts)
      : config_(config),
        mask_(mask),
        prompts_(prompts.of_type(dtype)),
        row_kernels_(dtype),
        attends_in_tiles_(dtype == at::kBFloat16 && amx_attention_fits(config.width / config.heads) && amx_available()),
        attends_in_registers_(dtype == at::kFloat && avx512_attention_fits(config.width / config.heads) &&
                              avx512_linear_available()) {
    if (rotary.cos.defined()) {
      rotary_ = {rotary.cos.unsqueeze(1).unsqueeze(1), rotary.sin.unsqueeze(1).unsqueeze(1)};
    }
    const bool fits = attends_in_tiles_ && amx_linear_fits(config.width, config.mlp_width);
    const bool mixes = dtype == at::kBFloat16 && !fits;  // tiles in some products only would cost more than they save
    const auto packed = mixes ? Linear::Packed::onednn : Linear::Packed::best;
    for (const BlockWeights& block : weights) {
      blocks_.push_back(pack(in_float32(block), config, dtype, rotary.cos.defined(), packed));
    }
    order_ = fits ? RowOrder::tiles : RowOrder::rows;
  }

  Tensor forward(Tensor x) const override {
    const Tensor out = at::empty_like(x);
    in_groups(x, [&](std::int64_t first, const Tensor& items) {
      out.narrow(0, first, items.size(0)).copy_(through(items));
    });
    return out;
  }

  Tensor forward_rows(Tensor x, const std::vector<std::int64_t>& rows) const override {
    const Tensor out = at::empty({x.size(0), config_.width}, x.options().dtype(at::kFloat));
    in_groups(x, [&](std::int64_t first, const Tensor& items) {
      const auto begin = rows.begin() + first;
      out.narrow(0, first, items.size(0)).copy_(rows_through(items, {begin, begin + items.size(0)}));
    });
    return out;
  }

 private:
  /// Calls `work(first, items)` for groups of items that are so small that a core's cache holds what lies between their
  /// products. Every thread has groups of its own; what does not share out evenly is left to all threads together.
  template <typename Work>
  void in_groups(const Tensor& x, const Work& work) const {
    const std::int64_t batch = x.size(0), threads = at::in_parallel_region() ? 1 : at::get_num_threads();
    const std::int64_t share = batch / threads, most = std::max<std::int64_t>(kGroupRows / x.size(1), 1);
    const std::shared_ptr<BufferPool> buffers = PooledScope::pool();
    const bool inference = c10::InferenceMode::is_enabled();
    const auto items_of = [&](std::int64_t thread) {
      for (std::int64_t first = thread * share, end = first + share; first < end; first += most) {
        const std::int64_t items = std::min(most, end - first);
        work(first, x.narrow(0, first, items));
      }
    };
    if (threads == 1) {
      items_of(0);
      return;
    }
    at::parallel_for(0, share > 0 ? threads : 0, /*grain_size=*/1, [&](std::int64_t begin, std::int64_t end) {
      const c10::InferenceMode mode(inference);
      const PooledScope pooled(buffers);
      for (std::int64_t thread = begin; thread < end; ++thread) {
        items_of(thread);
      }
    });
    if (const std::int64_t done = threads * share; done < batch) {
      work(done, x.narrow(0, done, batch - done));
    }
  }

  Tensor through(Tensor x) const {
    const auto sizes = x.sizes().vec();
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      const PackedBlock& block = blocks_[i];
      prompts_.insert(i, x);
      const Tensor mixed = attention(block, x, order_);
      x = finished(block, x.view({-1, config_.width}), mixed, order_).view(sizes);
    }
    return x;
  }

  Tensor rows_through(Tensor x, const std::vector<std::int64_t>& rows) const {
    const auto sizes = x.sizes().vec();
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      const PackedBlock& block = blocks_[i];
      prompts_.insert(i, x);
      if (&block == &blocks_.back()) {  // what follows works row by row
        const Tensor mixed = attention(block, x, RowOrder::rows);
        return finished(block, pick_rows(x, rows), pick_rows(mixed.view(sizes), rows), RowOrder::rows).to(at::kFloat);
      }
      const Tensor mixed = attention(block, x, order_);
      x = finished(block, x.view({-1, config_.width}), mixed, order_).view(sizes);
    }
    return pick_rows(x, rows).to(at::kFloat);
  }

  /// The rest of a block. @param x, mixed  [R, W], input and attention's output of the same rows, the latter in an order
  Tensor finished(const PackedBlock& block, const Tensor& x, const Tensor& mixed, RowOrder order) const {
    const std::int64_t rows = x.size(0);
    const auto norm_2 = [&](const Tensor& y) {
      return row_kernels_.add_and_norm(y, x, block.ln_2_weight, block.ln_2_bias, config_.layer_norm_eps, order_);
    };
    if (order_ == RowOrder::rows) {
      const Tensor y = block.out(mixed);
      const Tensor z = block.proj(block.fc(norm_2(y)));
      row_kernels_.add(z, y);
      return z;
    }
    const Tensor y = block.out.ordered(mixed, rows, order, RowOrder::rows);
    const Tensor hidden = block.fc.ordered(norm_2(y), rows, RowOrder::tiles, RowOrder::tiles);
    const Tensor z = block.proj.ordered(hidden, rows, RowOrder::tiles, RowOrder::rows);
    row_kernels_.add(z, y);
    return z;
  }

  /// @param x  [B, N, W]
  /// @return   [B N, W], before the output projection, in the order asked for (tiles: only where order_ is)
  Tensor attention(const PackedBlock& block, const Tensor& x, RowOrder order) const {
    const std::int64_t batch = x.size(0), tokens = x.size(1), heads = config_.heads, depth = config_.width / heads;
    const Tensor normed = row_kernels_.norm(x.view({batch * tokens, -1}), block.ln_1_weight, block.ln_1_bias,
                                            config_.layer_norm_eps, order_);
    const bool turns = rotary_.cos.defined();
    const RowOrder between = turns ? RowOrder::rows : order_;  // of queries, keys and values
    Tensor qkv = order_ == RowOrder::rows
                     ? block.query_key_value(normed)
                     : block.query_key_value.ordered(normed, batch * tokens, RowOrder::tiles, between);
    if (turns) {
      turn(qkv.view({batch, tokens, 3, heads, depth}));
    }
    if (attends_in_tiles_) {
      return amx_attention(qkv, {batch, tokens, heads, depth, mask_ == Mask::causal, between, order});
    }
    if (attends_in_registers_) {
      return avx512_attention(qkv, {batch, tokens, heads, depth, mask_ == Mask::causal});
    }
    qkv = qkv.view({batch, tokens, 3, heads, depth});
    const std::int64_t item_bytes = heads * tokens * tokens * static_cast<std::int64_t>(qkv.element_size());
    const std::int64_t group = std::clamp<std::int64_t>(kScoresBytes / item_bytes, 1, batch);
    Tensor mixed = at::empty({batch, tokens, heads, depth}, qkv.options());
    Tensor scores = at::empty({group * heads, tokens, tokens}, qkv.options());
    const Tensor mask = mask_ == Mask::causal ? causal_mask(tokens, qkv.options()) : Tensor();
    for (std::int64_t first = 0; first < batch; first += group) {
      const std::int64_t items = std::min(group, batch - first);
      const Tensor heads_first = qkv.narrow(0, first, items).permute({2, 0, 3, 1, 4});  // [3, items, heads, N, D]
      const auto part = [&](int which) { return heads_first[which].reshape({items * heads, tokens, depth}); };
      Tensor item_scores = scores.narrow(0, 0, items * heads);
      at::bmm_out(item_scores, part(0), part(1).transpose(1, 2));
      if (mask.defined()) {
        item_scores.add_(mask);
      }
      row_kernels_.softmax(item_scores);
      mixed.narrow(0, first, items)
          .permute({0, 2, 1, 3})
          .copy_(at::bmm(item_scores, part(2)).view({items, heads, tokens, depth}));
    }
    return mixed.view({batch * tokens, heads * depth});
  }

  /// Turns queries and keys in place. @param qkv  [B, N, 3, heads, D], pairs as two halves
  void turn(const Tensor& qkv) const {
    const std::int64_t half = qkv.size(4) / 2;
    const Tensor both = qkv.narrow(2, 0, 2);
    const Tensor first = both.narrow(4, 0, half), second = both.narrow(4, half, half);
    const Tensor a = first.to(at::kFloat), b = second.to(at::kFloat);
    const Tensor turned_a = (a * rotary_.cos).addcmul_(b, rotary_.sin, -1);
    const Tensor turned_b = (b * rotary_.cos).addcmul_(a, rotary_.sin);
    first.copy_(turned_a);
    second.copy_(turned_b);
  }

  static Tensor causal_mask(std::int64_t tokens, const at::TensorOptions& options) {
    return at::full({tokens, tokens}, -std::numeric_limits<float>::infinity(), options).triu_(1);  // [N, N]
  }

  std::vector<PackedBlock> blocks_;
  TowerConfig config_;
  Mask mask_;
  Rotary rotary_;  // [N, 1, 1, D / 2]
  DeepPrompts prompts_;
  RowKernels row_kernels_;
  bool attends_in_tiles_;            // by AMX
  bool attends_in_registers_;        // by AVX-512
  RowOrder order_ = RowOrder::rows;  // of what lies between products; tiles: all products are our own
};

}  // namespace

std::unique_ptr<Blocks> packed_blocks(const std::vector<BlockWeights>& weights, const TowerConfig& config, Mask mask,
                                      at::ScalarType dtype, const Rotary& rotary, const DeepPrompts& prompts) {
  return std::make_unique<PackedBlocks>(weights, config, mask, dtype, rotary, prompts);
}

}  // namespace vifi
