#include <algorithm>

#include "vifi/error.h"
#include "vifi/video_reader.h"

namespace vifi {

std::int64_t count_frames(const std::string& input, const ReaderOptions& options) {
  VideoReader reader(input, options);
  std::int64_t count = 0;
  while (reader.skip()) ++count;
  return count;
}

void read_frames(const std::string& input, std::span<const std::int64_t> indices,
                 const std::function<void(std::size_t, const VideoFrame&)>& take, const ReaderOptions& options) {
  if (indices.empty()) return;
  if (indices.front() < 0 || !std::is_sorted(indices.begin(), indices.end())) {
    throw Error(ErrorCode::invalid_argument, "[read frames] " + input + ": frame indices must ascend from 0 on",
                "sort them");
  }
  VideoReader reader(input, options);
  std::int64_t position = 0;
  for (std::size_t slot = 0; slot < indices.size();) {
    while (position < indices[slot] && reader.skip()) ++position;
    const auto frame = position == indices[slot] ? reader.next() : std::nullopt;
    if (!frame) {
      throw Error(ErrorCode::invalid_argument,
                  "[read frames] " + input + ": frame " + std::to_string(indices[slot]) +
                      " was asked for, the video ends after " + std::to_string(position),
                  "count_frames tells how many there are");
    }
    ++position;
    for (; slot < indices.size() && indices[slot] == frame->index; ++slot) take(slot, *frame);
  }
}

}  // namespace vifi
