#pragma once

namespace vifi {

/// What happens to each output of a linear layer. gelu is exact, gelu_tanh its form with a hyperbolic tangent.
enum class After { nothing, silu, gelu, gelu_tanh };

}  // namespace vifi
