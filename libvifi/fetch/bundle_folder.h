#pragma once

#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include "part_file.h"

namespace vifi {

/// Where a bundle is to stand, and what it is made of until then. Everything but the folder itself has a name that
/// begins with a dot, beside the folder: on the same disk, so that moving is one step.
class BundleFolder {
 public:
  enum class State {
    absent,   ///< nothing stands there, or an empty folder
    damaged,  ///< a bundle of these weights, whose file has another checksum
    good,
  };

  /// @param sha256  what the weights must be
  BundleFolder(std::filesystem::path folder, std::string sha256);

  /// @throws Error(invalid_argument) where something else stands there
  State look();
  std::string path() const { return folder_.string(); }             ///< absolute
  const std::string& weights() const noexcept { return weights_; }  ///< absolute; of a bundle that is there

  /// For the download of these weights: another one's has another name.
  std::string part_path() const;

  /// Makes the folder with both files, or replaces a damaged bundle's weights.
  /// @param part    verified; moved away
  /// @param file    name of the weights in the folder
  /// @param bundle  content of vifi.json
  void install(PartFile& part, const std::string& file, const nlohmann::ordered_json& bundle);

 private:
  std::filesystem::path beside(const std::string& ending) const;

  std::filesystem::path folder_;
  std::string sha256_;
  std::string weights_;
  State state_ = State::absent;
};

}  // namespace vifi
