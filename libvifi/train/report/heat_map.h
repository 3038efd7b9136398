#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "report/results.h"
#include "vifi/export.h"

namespace vifi::train {

/// One kind of mistake.
struct Confusion {
  std::size_t label = 0;  ///< what was shown
  std::size_t named = 0;  ///< what it was taken for
  std::int64_t clips = 0;
};

/// Mistakes, the most frequent first; of equal ones the larger share of its class, then the lower class.
VIFI_API std::vector<Confusion> confusions(const ListResult& result);

/// Classes of the most frequent mistakes, in the order of the label file; all where there are at most `most`.
VIFI_API std::vector<std::size_t> confused_classes(const ListResult& result, std::size_t most);

/// The confusion matrix of these classes as an <svg>: rows are what was shown, columns what it was named, a cell's
/// strength is its share of the row's clips. Colours are the page's (--right, --wrong).
VIFI_API std::string heat_map(const ListResult& result, const std::vector<std::size_t>& classes);

}  // namespace vifi::train
