#pragma once

#include <span>
#include <string>

#include "base/sha256.h"

namespace vifi::train {

/// File name for an identity of any length.
inline std::string cache_name(const std::string& identity) {
  Sha256 sha;
  sha.update(std::as_bytes(std::span(identity)));
  return sha.finish().substr(0, 32);
}

}  // namespace vifi::train
