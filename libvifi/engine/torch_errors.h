#pragma once

#include <utility>

namespace vifi {

/// Inside a handler: throws the current exception as a vifi::Error. Errors of ours pass unchanged; libtorch's lose
/// their backtrace; memory that could not be had becomes Error(out_of_memory).
/// @param operation  what failed, for the message: "encode frames"
[[noreturn]] void rethrow_as_error(const char* operation);

/// Runs `body`; whatever it throws leaves as a vifi::Error.
template <typename Body>
decltype(auto) guarded(const char* operation, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (...) {
    rethrow_as_error(operation);
  }
}

}  // namespace vifi
