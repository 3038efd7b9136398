#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/captioned_images.h"
#include "vifi/export.h"

namespace vifi::train::mini {

/// Captioned pictures of the miniature world, drawn while they are read: nothing lies on disk, and no picture comes
/// twice. Labels are the phrases of a list, points a person's joints.
class VIFI_API MiniImages : public CaptionedImages {
 public:
  /// @param list  phrase_list's name. @throws Error(invalid_argument)
  MiniImages(const std::string& list, std::uint64_t seed);

  std::int64_t image_size() const override;
  std::int64_t coordinates() const override { return 22; }
  std::vector<std::string> labels() const override;
  std::vector<std::string> label_wordings() const override;
  std::vector<std::string> vocabulary() const override;
  std::unique_ptr<CaptionedImageReader> reader() const override;

 private:
  std::string list_;
  std::uint64_t seed_;
  std::vector<std::size_t> phrases_;
};

}  // namespace vifi::train::mini
