#pragma once

#include <algorithm>
#include <cstddef>
#include <future>
#include <list>
#include <memory>
#include <utility>

#include "vifi/model.h"

namespace vifi {

/// The newest label banks of a model, equal sets made once; those still being made are shared too. Not thread-safe.
class LabelCache {
 public:
  using Future = std::shared_future<std::shared_ptr<const LabelBank>>;

  explicit LabelCache(std::size_t capacity) : capacity_(capacity) {}

  /// The bank of an equal set, which becomes the newest; an invalid future where there is none.
  Future find(const LabelSet& labels) {
    const auto entry = std::find_if(entries_.begin(), entries_.end(), [&](const auto& e) { return e.first == labels; });
    if (entry == entries_.end()) {
      return {};
    }
    entries_.splice(entries_.begin(), entries_, entry);
    return entry->second;
  }

  void insert(const LabelSet& labels, Future bank) {
    entries_.emplace_front(labels, std::move(bank));
    if (entries_.size() > capacity_) {
      entries_.pop_back();
    }
  }

  void erase(const LabelSet& labels) {
    entries_.remove_if([&](const auto& e) { return e.first == labels; });
  }

 private:
  std::size_t capacity_;
  std::list<std::pair<LabelSet, Future>> entries_;  // newest first
};

}  // namespace vifi
