#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "vifi/error.h"
#include "vifi/video_reader.h"

namespace vifi {
namespace {

/// A seek flushes the decoder and starts it anew: as long as decoding so many frames.
constexpr std::int64_t kWorthASeek = 8;

/// Delivers frames by their positions, which ascend.
class IndexedReader {
 public:
  IndexedReader(const std::string& input, const VideoIndex& index, const ReaderOptions& options)
      : input_(input), index_(index), options_(options), reader_(std::in_place, input, options) {}

  /// Nothing if the video ends before. @throws Error
  std::optional<VideoFrame> at(std::int64_t position) {
    if (!by_order_) {
      try {
        if (auto frame = found(position)) return frame;
      } catch (const Error&) {
        if (!jumped_) throw;
      }
      if (!jumped_) return std::nullopt;
      start_again();
    }
    return found(position);
  }

  std::int64_t next() const { return next_; }
  std::int64_t decoded() const { return decoded_; }

 private:
  /// Nothing where the video ends before, or where frames lie elsewhere than the index says.
  std::optional<VideoFrame> found(std::int64_t position) {
    const std::int64_t key = key_frame_before(position);
    if (!by_order_ && key >= next_ + kWorthASeek && !jump(key)) return std::nullopt;
    while (next_ < position) {
      if (landed_) {
        landed_.reset();
      } else if (reader_->skip()) {
        ++decoded_;
      } else {
        return std::nullopt;
      }
      ++next_;
    }
    auto frame = landed_ ? std::exchange(landed_, std::nullopt) : decoded_next();
    if (!frame || (jumped_ && frame->view.pts_ns != time_of(position))) return std::nullopt;
    frame->index = next_++;
    return frame;
  }

  /// Stands at `key` afterwards. @return false where the stream landed elsewhere
  bool jump(std::int64_t key) {
    jumped_ = true;
    landed_.reset();
    const std::int64_t time = time_of(key);
    const bool last = key + 1 == static_cast<std::int64_t>(index_.pts_ns.size());
    const std::int64_t half_way = last ? 0 : (time_of(key + 1) - time) / 2;
    // A little later than the key frame: demuxers compare in units of their own, which are coarser.
    if (!reader_->seek(time + std::min<std::int64_t>(half_way, 1'000'000))) return false;
    do {  // pictures that lead an open group may come first, or a whole group
      landed_ = decoded_next();
    } while (landed_ && landed_->view.pts_ns < time);
    next_ = key;
    return landed_ && landed_->view.pts_ns == time;
  }

  std::optional<VideoFrame> decoded_next() {
    auto frame = reader_->next();
    if (frame) ++decoded_;
    return frame;
  }

  void start_again() {
    landed_.reset();
    reader_.reset();
    reader_.emplace(input_, options_);
    next_ = 0;
    jumped_ = false;
    by_order_ = true;
  }

  std::int64_t key_frame_before(std::int64_t position) const {
    const auto after = std::upper_bound(index_.key_frames.begin(), index_.key_frames.end(), position);
    return after == index_.key_frames.begin() ? 0 : *std::prev(after);
  }

  std::int64_t time_of(std::int64_t position) const { return index_.pts_ns[static_cast<std::size_t>(position)]; }

  const std::string& input_;
  const VideoIndex& index_;
  const ReaderOptions& options_;
  std::optional<VideoReader> reader_;
  std::optional<VideoFrame> landed_;  ///< the frame at next_, where a jump read it already
  std::int64_t next_ = 0;             ///< position of the frame that comes next
  std::int64_t decoded_ = 0;
  bool jumped_ = false;               ///< positions are believed because of times
  bool by_order_ = false;             ///< from the beginning on, without jumps
};

void check(const std::string& input, const VideoIndex& index, std::span<const std::int64_t> indices) {
  const auto count = static_cast<std::int64_t>(index.pts_ns.size());
  if (indices.front() < 0 || !std::is_sorted(indices.begin(), indices.end()) || indices.back() >= count) {
    throw Error(ErrorCode::invalid_argument,
                "[read frames] " + input + ": frame indices must ascend from 0 to " + std::to_string(count - 1) + " at most",
                "sort them; the index tells how many frames there are");
  }
  for (const std::int64_t key : index.key_frames) {
    if (key < 0 || key >= count) {
      throw Error(ErrorCode::invalid_argument, "[read frames] " + input + ": the index names key frame " +
                                                   std::to_string(key) + " of " + std::to_string(count) + " frames");
    }
  }
}

}  // namespace

VideoIndex index_video(const std::string& input, const ReaderOptions& options) {
  VideoReader reader(input, options);
  VideoIndex index;
  while (const auto time = reader.skip_timed()) index.pts_ns.push_back(*time);
  index.timed_out = reader.timed_out();
  index.key_frames.push_back(0);
  const bool unique = std::adjacent_find(index.pts_ns.begin(), index.pts_ns.end(), std::greater_equal()) == index.pts_ns.end();
  if (!unique) return index;  // times tell no frame from another
  for (const std::int64_t time : reader.key_times()) {
    const auto frame = std::lower_bound(index.pts_ns.begin(), index.pts_ns.end(), time);
    if (frame != index.pts_ns.end() && *frame == time && frame != index.pts_ns.begin()) {
      index.key_frames.push_back(frame - index.pts_ns.begin());
    }
  }
  return index;
}

std::int64_t read_frames(const std::string& input, const VideoIndex& index, std::span<const std::int64_t> indices,
                         const std::function<void(std::size_t, const VideoFrame&)>& take, const ReaderOptions& options) {
  if (indices.empty()) return 0;
  check(options.name.empty() ? input : options.name, index, indices);
  IndexedReader reader(input, index, options);
  for (std::size_t slot = 0; slot < indices.size();) {
    const auto frame = reader.at(indices[slot]);
    if (!frame) {
      throw Error(ErrorCode::corrupt,
                  "[read frames] " + (options.name.empty() ? input : options.name) + ": frame " +
                      std::to_string(indices[slot]) + " was asked for, the video ended after " +
                      std::to_string(reader.next()) + "; it has changed since it was indexed, or is damaged",
                  "index it again");
    }
    for (; slot < indices.size() && indices[slot] == frame->index; ++slot) take(slot, *frame);
  }
  return reader.decoded();
}

}  // namespace vifi
