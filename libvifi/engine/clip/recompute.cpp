#include "clip/recompute.h"

#include <memory>
#include <optional>
#include <utility>

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/saved_variable.h>
#include <torch/csrc/autograd/variable.h>

#include "clip/autocast.h"

namespace vifi {
namespace {

thread_local bool blocks_are_recomputed = false;

using Body = std::function<at::Tensor(const at::Tensor& x)>;

/// The body's place in the graph. Weights that the body refers to get their gradients from the graph that it makes.
struct Recompute final : torch::autograd::Node {
  Recompute(Body body, const at::Tensor& x)
      : Node(torch::autograd::edge_list{torch::autograd::impl::gradient_edge(x)}),
        body_(std::move(body)),
        x_(x, /*is_output=*/false),
        type_(Autocast::type_on(x.device().type())) {}

  torch::autograd::variable_list apply(torch::autograd::variable_list&& gradients) override {
    if (!gradients.front().defined()) {
      return {at::Tensor()};
    }
    const at::AutoGradMode graph(true);
    at::Tensor x = x_.unpack().detach();
    x.set_requires_grad(true);
    at::Tensor y;
    {
      const Autocast autocast(x.device().type(), type_);
      y = body_(x);
    }
    y.backward(gradients.front());
    return {x.grad()};
  }

  void release_variables() override {
    x_.reset_data();
    body_ = nullptr;
  }

 private:
  Body body_;
  torch::autograd::SavedVariable x_;
  std::optional<at::ScalarType> type_;  // of products in the forward pass
};

}  // namespace

RecomputedBlocks::RecomputedBlocks(bool wanted) : outer_(blocks_are_recomputed) {
  blocks_are_recomputed = wanted;
}
RecomputedBlocks::~RecomputedBlocks() {
  blocks_are_recomputed = outer_;
}
bool RecomputedBlocks::wanted() {
  return blocks_are_recomputed;
}

at::Tensor recomputed(const Body& body, const at::Tensor& x) {
  if (!at::GradMode::is_enabled() || !x.requires_grad()) {
    return body(x);
  }
  at::Tensor y;
  {
    const at::NoGradGuard no_graph;
    y = body(x);
  }
  const std::shared_ptr<Recompute> node(new Recompute(body, x), torch::autograd::deleteNode);
  torch::autograd::create_gradient_edge(y, node);
  return y;
}

}  // namespace vifi
