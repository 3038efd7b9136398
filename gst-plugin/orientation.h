#pragma once

#include <gst/gst.h>

#include <optional>

#include <vifi/frame.h>

namespace vifi::gst {

/// Follows the tag `image-orientation`: a stream's own tag counts before that of the whole file.
class OrientationTags {
 public:
  void add(const GstTagList* tags);
  /// The stream's tags end with it, the file's stay.
  void new_stream() { stream_.reset(); }
  void clear();
  Orientation current() const;

 private:
  std::optional<Orientation> stream_;
  std::optional<Orientation> global_;
};

}  // namespace vifi::gst
