#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "vifi/export.h"

namespace vifi::train {

/// Where the files of a tar archive lie in it (POSIX ustar, pax and GNU long names; not compressed). Immutable, any thread.
class VIFI_API TarArchive {
 public:
  struct Member {
    std::int64_t offset = 0;  ///< of the first byte
    std::int64_t size = 0;
  };

  /// Reads all headers. @throws Error(not_found, unreadable); Error(corrupt) with the place of a broken header
  explicit TarArchive(const std::string& path);

  /// The last member of that name. A leading "./" plays no part.
  std::optional<Member> find(const std::string& name) const;

  const std::string& path() const { return path_; }
  std::size_t size() const { return members_.size(); }
  std::vector<std::string> names() const;  ///< sorted

 private:
  std::string path_;
  std::unordered_map<std::string, Member> members_;
};

}  // namespace vifi::train
