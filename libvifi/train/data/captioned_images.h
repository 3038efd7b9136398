#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace vifi::train {

/// What is known of one picture.
struct CaptionedImage {
  std::string caption;
  std::int64_t label = -1;  ///< position in CaptionedImages::labels(); -1: it shows none of them
  bool has_points = false;  ///< were its points written?
};

/// Makes pictures; used by one thread.
class CaptionedImageReader {
 public:
  virtual ~CaptionedImageReader() = default;
  /// @param number  any; the same number gives the same picture and caption
  /// @param pixels  [3, S, S], 8-bit RGB, all of it written
  /// @param points  of CaptionedImages::coordinates(), written where `has_points`; in parts of the picture's side
  /// @throws Error
  virtual CaptionedImage read(std::uint64_t number, std::span<std::uint8_t> pixels, std::span<float> points) = 0;
};

/// What a contrastive pretraining learns from: pictures with captions, of which some show one of the labels, and of
/// which some have points (a person's joints) at known places. Any thread.
class CaptionedImages {
 public:
  virtual ~CaptionedImages() = default;
  virtual std::int64_t image_size() const = 0;                  ///< S
  virtual std::int64_t coordinates() const = 0;                 ///< x and y of all points; 0: there are none
  virtual std::vector<std::string> labels() const = 0;          ///< names; may be empty
  virtual std::vector<std::string> label_wordings() const = 0;  ///< sentences with `{}` for a name
  /// Texts in which every word of every caption occurs.
  virtual std::vector<std::string> vocabulary() const = 0;
  virtual std::unique_ptr<CaptionedImageReader> reader() const = 0;  ///< may not outlive the source
};

}  // namespace vifi::train
