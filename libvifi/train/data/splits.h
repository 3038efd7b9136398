#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/annotations.h"
#include "vifi/export.h"

namespace vifi::train {

/// Videos of each label; labels from 0 to the largest. @throws Error(invalid_argument) for labels not in [0, classes)
/// @param classes  0: as many as the largest label needs
VIFI_API std::vector<std::int64_t> class_counts(std::span<const Annotation> annotations, std::size_t classes = 0);

/// A list with `shots` videos of each class, drawn by the seed; a class with fewer gives all it has. Each class has
/// draws of its own, so that other classes don't change which videos it gets. In the order of `annotations`.
/// @throws Error(invalid_argument) unless shots >= 1
VIFI_API std::vector<Annotation> few_shot(std::span<const Annotation> annotations, int shots, std::uint64_t seed);

/// Which classes are trained on and which are new in the paper's base-to-novel protocol.
struct BaseNovel {
  std::vector<int> base;   ///< ids in the whole list, ascending; position = id in the new list
  std::vector<int> novel;
};

/// The more frequent half of the classes is base (of an odd number the larger half); of equally frequent ones the
/// lower id (ViFi-CLIP, section 4.1). @param counts  videos of each class in the training list
/// @throws Error(invalid_argument) for fewer than two classes
VIFI_API BaseNovel split_base_novel(std::span<const std::int64_t> counts);

/// The videos of some classes, numbered anew from 0. @param classes  old ids; position = new id
VIFI_API std::vector<Annotation> only_classes(std::span<const Annotation> annotations, std::span<const int> classes);

/// @throws Error(invalid_argument) where `labels` lacks one of `classes`
VIFI_API LabelSet only_classes(const LabelSet& labels, std::span<const int> classes);

/// HMDB-51's published lists swap two pairs of ids against its label file (kick with kick ball, sword with sword
/// exercise). Gives the videos the id that their file names state.
/// @param labels  HMDB-51's, or its base or novel part
/// @return        how many changed
VIFI_API std::size_t mend_hmdb(std::span<Annotation> annotations, const LabelSet& labels);

}  // namespace vifi::train
