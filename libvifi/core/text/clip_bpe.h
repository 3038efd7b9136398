#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace vifi::text {

/// Maps pairs of ids to ids: a hash table with linear probing, since a text asks for every pair that it holds.
class PairTable {
 public:
  using Id = std::int32_t;  // never negative

  explicit PairTable(std::size_t largest_count);

  void insert(Id left, Id right, Id value);
  Id find(Id left, Id right) const;  ///< -1 if there is none

 private:
  struct Slot {
    std::uint64_t key = 0;
    Id value = -1;  // none
  };
  std::size_t place_of(std::uint64_t key) const;

  std::vector<Slot> slots_;  // a power of two, at most half of them full
};

/// The vocabulary of CLIP and its byte-pair merges. Immutable: any number of threads.
///
/// Ids: the 256 bytes, the 256 bytes that end a word, one id a merge in the order of the file, start, end.
class ClipBpe {
 public:
  /// @param merges  a header line, then `left right` a line, lowest rank first; further lines are ignored
  /// @throws Error(corrupt) naming the line
  explicit ClipBpe(std::string_view merges);

  std::int64_t start_id() const { return vocabulary_size_ - 2; }
  std::int64_t end_id() const { return vocabulary_size_ - 1; }

  /// Appends the ids of one word, given as its UTF-8 bytes (at least one).
  void append_ids(std::string_view word, std::vector<std::int64_t>& ids) const;

 private:
  using Symbol = PairTable::Id;

  std::array<Symbol, 256> symbol_of_byte_;
  PairTable merges_;  // what a pair becomes; the smaller the earlier
  std::int64_t vocabulary_size_ = 0;
};

}  // namespace vifi::text
