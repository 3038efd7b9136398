#pragma once

#include <cstdint>
#include <optional>

namespace vifi {

/// Decides which frames of a stream represent the points of a uniform time grid.
///
/// Grid point k lies at `base + floor(k * window_ns / frames)`, where `base` is the first frame
/// after a reset. Integer arithmetic throughout, so the grid does not drift. Not thread-safe.
class SamplingGrid {
 public:
  /// @param window_ns  length of a window, >= `frames`
  /// @param frames     samples per window, > 0
  /// @throws Error(invalid_argument)
  SamplingGrid(std::int64_t window_ns, int frames);

  /// Number of grid points that the frame at `pts_ns` represents: 0 (pass it on), 1, or more when
  /// the stream is slower than the grid. Frames older than the newest one seen represent none.
  /// @param pts_ns  at most one window past the newest frame: a caller resets at longer jumps
  int points_for(std::int64_t pts_ns);

  /// Does `pts_ns` lie more than a window before or behind the newest frame?
  bool is_jump(std::int64_t pts_ns) const;

  /// Index of the first grid point that no frame represents yet.
  std::int64_t next_index() const { return next_index_; }

  /// Time of grid point 0; nothing before the first frame.
  std::optional<std::int64_t> base_ns() const { return base_ns_; }

  /// Time of grid point `index`; nothing before the first frame.
  std::optional<std::int64_t> time_of(std::int64_t index) const;

  /// Forgets everything; the next frame becomes the base of a new grid.
  void reset();

 private:
  std::int64_t window_ns_;
  int frames_;
  std::optional<std::int64_t> base_ns_;
  std::int64_t newest_ns_ = 0;
  std::int64_t next_index_ = 0;
};

/// Time of point `index` of a grid relative to its base: floor(index * window_ns / frames), without overflow.
std::int64_t grid_offset(std::int64_t index, std::int64_t window_ns, int frames);

}  // namespace vifi
