#include "text/clip_bpe.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <memory_resource>
#include <queue>
#include <string>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "text/utf8.h"
#include "vifi/error.h"

namespace vifi::text {
namespace {

constexpr int kBytes = 256;
constexpr std::size_t kMerges = 48894;
constexpr std::string_view kWordEnd = "</w>";

/// Bytes that the vocabulary file writes as the character of the same number.
bool stands_for_itself(int byte) {
  return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
}

/// The bytes in the order of their ids: those that stand for themselves, then the others, which the vocabulary file
/// writes as the characters from U+0100.
std::array<int, kBytes> bytes_in_order() {
  std::array<int, kBytes> bytes;
  for (int i = 0; i < kBytes; ++i) {
    bytes[static_cast<std::size_t>(i)] = i;
  }
  std::stable_partition(bytes.begin(), bytes.end(), stands_for_itself);
  return bytes;
}

std::uint64_t key_of(std::int32_t left, std::int32_t right) {
  return static_cast<std::uint64_t>(left) << 32 | static_cast<std::uint32_t>(right);
}

std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

}  // namespace

PairTable::PairTable(std::size_t largest_count) : slots_(std::bit_ceil(2 * largest_count)) {}

std::size_t PairTable::place_of(std::uint64_t key) const {
  constexpr std::uint64_t kMix = 0x9E3779B97F4A7C15;  // 2^64 over the golden ratio
  std::size_t place = (key * kMix >> 32) & (slots_.size() - 1);
  while (slots_[place].value >= 0 && slots_[place].key != key) {
    place = (place + 1) & (slots_.size() - 1);
  }
  return place;
}

void PairTable::insert(Id left, Id right, Id value) {
  const std::uint64_t key = key_of(left, right);
  slots_[place_of(key)] = {key, value};
}

PairTable::Id PairTable::find(Id left, Id right) const {
  return slots_[place_of(key_of(left, right))].value;
}

ClipBpe::ClipBpe(std::string_view merges) : merges_(kMerges) {
  std::pmr::monotonic_buffer_resource arena(8u << 20);  // freed at once: the symbols serve this function only
  std::pmr::unordered_map<std::string_view, Symbol> id_of(2 * kBytes + kMerges, &arena);
  const auto joined = [&arena](std::string_view left, std::string_view right) {
    const std::size_t size = left.size() + right.size();
    char* const characters = static_cast<char*>(arena.allocate(size, 1));
    std::copy(right.begin(), right.end(), std::copy(left.begin(), left.end(), characters));
    return std::string_view(characters, size);
  };

  Symbol next = 0;
  char32_t substitute = 0x100;
  for (const int byte : bytes_in_order()) {
    std::string character;
    append_utf8(character, stands_for_itself(byte) ? static_cast<char32_t>(byte) : substitute++);
    symbol_of_byte_[static_cast<std::size_t>(byte)] = next;
    id_of.emplace(joined(character, ""), next);
    id_of.emplace(joined(character, kWordEnd), next + kBytes);
    ++next;
  }
  next += kBytes;

  take_line(merges);  // the header
  for (std::size_t i = 0; i < kMerges; ++i) {
    const std::string_view line = take_line(merges);
    const std::size_t blank = std::min(line.find(' '), line.size());
    const std::string_view left = line.substr(0, blank);
    const std::string_view right = line.substr(std::min(blank + 1, line.size()));
    const auto left_id = id_of.find(left);
    const auto right_id = id_of.find(right);
    const bool both_known = left_id != id_of.end() && right_id != id_of.end();
    if (!both_known || !id_of.emplace(joined(left, right), next).second) {
      throw Error(ErrorCode::corrupt,
                  fmt::format("[load CLIP vocabulary] line {}: expected two known symbols that make a new one, got {}",
                              i + 2, in_quotes(line)),
                  "take the file of OpenAI's CLIP as it is");
    }
    merges_.insert(left_id->second, right_id->second, next++);
  }
  vocabulary_size_ = next + 2;
}

void ClipBpe::append_ids(std::string_view word, std::vector<std::int64_t>& ids) const {
  struct Node {
    Symbol symbol;
    std::size_t previous;
    std::size_t next;  // word.size(): none
  };
  constexpr Symbol kGone = -1;
  const std::size_t end = word.size();
  std::vector<Node> nodes(end);
  for (std::size_t i = 0; i < end; ++i) {
    nodes[i] = {symbol_of_byte_[static_cast<unsigned char>(word[i])], i - 1, i + 1};
  }
  nodes.back().symbol += kBytes;

  // Pairs that merge, the lowest rank first, from left to right. A pair may be outdated when its turn comes. A merge
  // only makes pairs of higher rank, so this order is that of merging all pairs of one rank before the next.
  using Candidate = std::pair<Symbol, std::size_t>;  // what it becomes, its left node
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> candidates;
  const auto consider = [&](std::size_t left) {
    if (const Symbol merged = merges_.find(nodes[left].symbol, nodes[nodes[left].next].symbol); merged >= 0) {
      candidates.emplace(merged, left);
    }
  };
  for (std::size_t i = 0; i + 1 < end; ++i) {
    consider(i);
  }
  while (!candidates.empty()) {
    const auto [merged, left] = candidates.top();
    candidates.pop();
    const std::size_t right = nodes[left].next;
    if (nodes[left].symbol == kGone || right == end ||
        merges_.find(nodes[left].symbol, nodes[right].symbol) != merged) {
      continue;
    }
    nodes[left] = {merged, nodes[left].previous, nodes[right].next};
    nodes[right].symbol = kGone;
    if (nodes[left].next != end) {
      nodes[nodes[left].next].previous = left;
      consider(left);
    }
    if (left != 0) {
      consider(nodes[left].previous);
    }
  }
  for (std::size_t i = 0; i != end; i = nodes[i].next) {
    ids.push_back(nodes[i].symbol);
  }
}

}  // namespace vifi::text
