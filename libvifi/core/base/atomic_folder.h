#pragma once

#include <string>

#include "vifi/export.h"

namespace vifi {

/// A folder that stands under its name whole or not at all. Files are made in `part()`, a hidden folder beside it;
/// `commit` gives that the name. Without `commit` nothing is left. Not thread-safe.
class VIFI_API AtomicFolder {
 public:
  /// @param path       the final name: nothing, or an empty folder
  /// @param operation  for messages: "[convert] …"
  /// @throws Error(invalid_argument) where something stands there, Error(unreadable) where it cannot be made
  AtomicFolder(std::string path, std::string operation);
  ~AtomicFolder();
  AtomicFolder(const AtomicFolder&) = delete;
  AtomicFolder& operator=(const AtomicFolder&) = delete;

  const std::string& part() const noexcept { return part_; }

  /// @throws Error(unreadable)
  void commit();

 private:
  std::string path_;
  std::string part_;
  std::string operation_;
  bool committed_ = false;
};

/// @throws Error(invalid_argument) where a file or a folder that is not empty has this name
VIFI_API void expect_nothing_at(const std::string& path, const std::string& operation);

}  // namespace vifi
