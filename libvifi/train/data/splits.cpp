#include "data/splits.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <unordered_map>

#include "data/random.h"
#include "vifi/error.h"

namespace vifi::train {

std::vector<std::int64_t> class_counts(std::span<const Annotation> annotations, std::size_t classes) {
  std::vector<std::int64_t> counts(classes);
  for (const auto& [path, label] : annotations) {
    const auto index = static_cast<std::size_t>(label);
    if (label < 0 || (classes > 0 && index >= classes)) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("[annotations] {} has the label {}, expected 0 to {}", path, label, classes - 1),
                  "list and label file don't belong together");
    }
    if (index >= counts.size()) counts.resize(index + 1);
    ++counts[index];
  }
  return counts;
}

std::vector<Annotation> few_shot(std::span<const Annotation> annotations, int shots, std::uint64_t seed) {
  if (shots < 1) {
    throw Error(ErrorCode::invalid_argument, fmt::format("[few-shot] {} shots: expected 1 or more", shots));
  }
  std::map<int, std::vector<std::size_t>> places;
  for (std::size_t i = 0; i < annotations.size(); ++i) places[annotations[i].label].push_back(i);
  std::vector<std::size_t> chosen;
  for (auto& [label, indices] : places) {
    Random random({seed, static_cast<std::uint64_t>(label)});
    const auto count = std::min<std::size_t>(indices.size(), static_cast<std::size_t>(shots));
    for (std::size_t i = 0; i < count; ++i) {  // the front of Fisher and Yates' shuffle
      const auto rest = static_cast<std::int64_t>(indices.size() - i);
      std::swap(indices[i], indices[i + static_cast<std::size_t>(random.below(rest))]);
      chosen.push_back(indices[i]);
    }
  }
  std::sort(chosen.begin(), chosen.end());
  std::vector<Annotation> list;
  for (const std::size_t index : chosen) list.push_back(annotations[index]);
  return list;
}

BaseNovel split_base_novel(std::span<const std::int64_t> counts) {
  if (counts.size() < 2) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[base and novel] {} classes: expected two or more", counts.size()));
  }
  std::vector<int> order(counts.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return counts[a] > counts[b]; });
  const auto middle = order.begin() + static_cast<std::ptrdiff_t>((order.size() + 1) / 2);
  BaseNovel split{{order.begin(), middle}, {middle, order.end()}};
  std::sort(split.base.begin(), split.base.end());
  std::sort(split.novel.begin(), split.novel.end());
  return split;
}

std::vector<Annotation> only_classes(std::span<const Annotation> annotations, std::span<const int> classes) {
  std::unordered_map<int, int> renumbered;
  for (const int label : classes) renumbered.emplace(label, static_cast<int>(renumbered.size()));
  std::vector<Annotation> list;
  for (const auto& [path, label] : annotations) {
    if (const auto found = renumbered.find(label); found != renumbered.end()) list.push_back({path, found->second});
  }
  return list;
}

LabelSet only_classes(const LabelSet& labels, std::span<const int> classes) {
  LabelSet set;
  set.templates = labels.templates;
  for (const int id : classes) {
    const auto found = std::find_if(labels.labels.begin(), labels.labels.end(),
                                    [&](const Label& label) { return label.id == id; });
    if (found == labels.labels.end()) {
      throw Error(ErrorCode::invalid_argument, fmt::format("[labels] there is no label with the id {}", id),
                  "list and label file don't belong together");
    }
    set.labels.push_back({static_cast<int>(set.labels.size()), found->name, false});
  }
  return set;
}

std::size_t mend_hmdb(std::span<Annotation> annotations, const LabelSet& labels) {
  // A file is named TITLE_class_QUALITY…_N.avi, where six fields follow the class: `_kick_ball_f_cm_np3_fr_med_0`.
  constexpr int kFieldsBehind = 6;
  const auto stated = [](std::string_view path) {
    std::string_view name = path.substr(path.find_last_of('/') + 1);
    for (int i = 0; i < kFieldsBehind && !name.empty(); ++i) name = name.substr(0, std::min(name.rfind('_'), name.size()));
    return name;
  };
  std::map<std::string, int, std::less<>> ids;
  for (const Label& label : labels.labels) ids[label.name] = label.id;
  const auto id_of = [&](const char* name) { return ids.contains(name) ? std::optional(ids[name]) : std::nullopt; };
  struct Pair {
    std::string_view suffix;
    std::optional<int> id;
  };
  // The longer name first: "kick_ball" ends in neither "_kick" nor "_sword".
  const Pair pairs[]{{"_kick_ball", id_of("kick ball")}, {"_kick", id_of("kick")},
                     {"_sword_exercise", id_of("sword exercise")}, {"_sword", id_of("sword")}};
  const auto is_of_pair = [&](int label) {
    return std::any_of(std::begin(pairs), std::end(pairs), [&](const Pair& pair) { return pair.id == label; });
  };
  std::size_t changed = 0;
  for (auto& [path, label] : annotations) {
    if (!is_of_pair(label)) continue;  // "draw_sword" is a class of its own
    const std::string_view name = stated(path);
    for (const auto& [suffix, id] : pairs) {
      if (!name.ends_with(suffix)) continue;
      if (id && *id != label) {
        label = *id;
        ++changed;
      }
      break;
    }
  }
  return changed;
}

}  // namespace vifi::train
