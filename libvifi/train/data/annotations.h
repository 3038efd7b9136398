#pragma once

#include <span>
#include <string>
#include <vector>

#include "vifi/export.h"
#include "vifi/labels.h"

namespace vifi::train {

/// One video of a data set.
struct Annotation {
  std::string path;  ///< as written: relative to the data set's root
  int label = 0;     ///< id in the label file

  bool operator==(const Annotation&) const = default;
};

/// Reads an annotation list: `path label` a line. The label is what stands behind the last blank, so that paths may
/// hold blanks, and any byte but NUL and line ends (`#` begins no comment). `path,label` is taken too, where nothing
/// behind a blank is a number. LF and CRLF; blank lines are passed.
/// @throws Error(not_found, unreadable); Error(corrupt) with the line's number
VIFI_API std::vector<Annotation> read_annotations(const std::string& file);

/// Writes what read_annotations reads; the file is whole or not there. @throws Error(unreadable)
VIFI_API void write_annotations(const std::string& file, std::span<const Annotation> annotations);

/// CSV with the header `id,name`. @throws Error(unreadable)
VIFI_API void write_label_file(const std::string& file, const LabelSet& labels);

/// A video, or picture, and what is said of it.
struct Caption {
  std::string path;
  std::string text;

  bool operator==(const Caption&) const = default;
};

/// Reads `path<TAB>caption` lines. @throws as read_annotations
VIFI_API std::vector<Caption> read_captions(const std::string& file);
VIFI_API void write_captions(const std::string& file, std::span<const Caption> captions);

}  // namespace vifi::train
