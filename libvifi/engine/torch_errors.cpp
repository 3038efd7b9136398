#include "torch_errors.h"

#include <new>
#include <string>

#include <c10/util/Exception.h>

#include "vifi/error.h"

namespace vifi {
namespace {

constexpr const char* kMemoryCure = "free memory, lower the batch size, or use a smaller model or bf16";

Error translated(const std::string& where, const c10::Error& error) {
  const std::string text = error.what_without_backtrace();
  // The CPU's allocator has no exception type of its own.
  const bool memory = dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr ||
                      text.find("can't allocate memory") != std::string::npos ||
                      text.find("not enough memory") != std::string::npos;
  const bool device = text.find("CUDA error") != std::string::npos || text.find("CUBLAS_STATUS") != std::string::npos;
  if (device && !memory) {
    return Error(ErrorCode::device_unavailable, where + text, "the GPU was lost: start again, or use device=cpu");
  }
  return memory ? Error(ErrorCode::out_of_memory, where + text, kMemoryCure) : Error(ErrorCode::internal, where + text);
}

}  // namespace

void rethrow_as_error(const char* operation) {
  const std::string where = std::string("[") + operation + "] ";
  try {
    throw;
  } catch (const Error&) {
    throw;
  } catch (const c10::Error& error) {
    throw translated(where, error);
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::out_of_memory, where + "out of memory", kMemoryCure);
  } catch (const std::exception& error) {
    throw Error(ErrorCode::internal, where + error.what());
  }
}

}  // namespace vifi
