#pragma once

#include <set>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/csrc/autograd/function.h>

namespace vifi::train {

/// Nodes of the graph behind a tensor that compute a block once more.
inline int recomputing_nodes(const at::Tensor& tensor) {
  int count = 0;
  std::set<torch::autograd::Node*> seen;
  std::vector<torch::autograd::Node*> waiting{tensor.grad_fn().get()};
  while (!waiting.empty()) {
    torch::autograd::Node* node = waiting.back();
    waiting.pop_back();
    if (node == nullptr || !seen.insert(node).second) {
      continue;
    }
    count += node->name().find("Recompute") != std::string::npos ? 1 : 0;
    for (const auto& edge : node->next_edges()) {
      waiting.push_back(edge.function.get());
    }
  }
  return count;
}

}  // namespace vifi::train
