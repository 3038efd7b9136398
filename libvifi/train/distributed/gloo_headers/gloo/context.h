#pragma once
// Enough of this header of Gloo to compile those of c10d.
#include <chrono>
namespace gloo {
class Context {
 public:
  void setTimeout(std::chrono::milliseconds timeout);
};
}  // namespace gloo
