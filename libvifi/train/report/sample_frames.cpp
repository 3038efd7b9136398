#include "report/sample_frames.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "data/index_store.h"
#include "data/media_root.h"
#include "data/video_source.h"
#include "report/png.h"
#include "transforms/picture.h"
#include "vifi/error.h"

namespace vifi::train {
namespace {

constexpr int kFrames = 4;
constexpr int kHeight = 96;
constexpr int kGap = 2;  // white columns between frames

struct Thumbnail {
  Size size;
  std::vector<std::uint8_t> planes;
};

Thumbnail thumbnail(Picture& picture, const FrameView& frame) {
  picture.open(frame);
  const Size size = picture.size();
  const int width = std::clamp(size.width * kHeight / std::max(size.height, 1), kHeight / 3, 2 * kHeight);
  picture.resize({.width = width, .height = kHeight}, ResizeRule::opencv_bilinear);
  const auto pixels = picture.pixels();
  return {picture.size(), {pixels.begin(), pixels.end()}};
}

std::vector<std::uint8_t> side_by_side(const std::vector<Thumbnail>& frames) {
  int width = -kGap;
  for (const Thumbnail& frame : frames)
    width += frame.size.width + kGap;
  std::vector<std::uint8_t> planes(std::size_t{3} * kHeight * static_cast<std::size_t>(width), 255);
  for (int line = 0; line < 3 * kHeight; ++line) {
    auto out = planes.begin() + static_cast<std::ptrdiff_t>(line) * width;
    for (const Thumbnail& frame : frames) {
      const auto in = frame.planes.begin() + static_cast<std::ptrdiff_t>(line) * frame.size.width;
      std::copy(in, in + frame.size.width, out);
      out += std::min<std::ptrdiff_t>(frame.size.width + kGap, planes.end() - out);
    }
  }
  return png_of(planes, width, kHeight);
}

std::vector<std::uint8_t> strip_of(const MediaRoot& root, const std::string& path, IndexStore& indices) {
  const VideoPlace place = root.find(path);
  const auto video = open_video(place, indices);
  const std::int64_t count = video->frame_count();
  if (count == 0) throw Error(ErrorCode::corrupt, "[report] " + place.name + ": no frame of it can be decoded");
  std::vector<std::int64_t> wanted;
  for (int i = 0; i < kFrames; ++i)
    wanted.push_back((2 * i + 1) * count / (2 * kFrames));
  std::vector<Thumbnail> frames;
  Picture picture;
  video->read(wanted, [&](std::size_t, const FrameView& frame) { frames.push_back(thumbnail(picture, frame)); });
  if (frames.empty()) throw Error(ErrorCode::corrupt, "[report] " + place.name + ": no frame of it can be decoded");
  return side_by_side(frames);
}

}  // namespace

std::vector<ClipResult> telling_errors(const ListResult& result, std::size_t most) {
  std::vector<const ClipResult*> wrong;
  for (const ClipResult& clip : result.clips) {
    if (!clip.right()) wrong.push_back(&clip);
  }
  std::stable_sort(wrong.begin(), wrong.end(), [](auto* a, auto* b) { return a->score > b->score; });
  std::map<std::pair<std::size_t, std::size_t>, int> seen;
  std::vector<std::pair<int, const ClipResult*>> turns;  // how often the confusion came before
  for (const ClipResult* clip : wrong)
    turns.emplace_back(seen[{clip->label, clip->best.front()}]++, clip);
  std::stable_sort(turns.begin(), turns.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<ClipResult> chosen;
  for (std::size_t i = 0; i < std::min(most, turns.size()); ++i)
    chosen.push_back(*turns[i].second);
  return chosen;
}

ErrorFrames error_frames(const std::vector<ClipResult>& clips, const std::string& root) {
  ErrorFrames frames;
  if (clips.empty()) return frames;
  std::size_t failed = 0;
  std::string first;
  try {
    const MediaRoot media(root);
    IndexStore indices;
    for (const ClipResult& clip : clips) {
      try {
        frames.shown.push_back({clip, strip_of(media, clip.video, indices)});
      } catch (const Error& error) {
        if (failed++ == 0) first = error.message();
      }
    }
  } catch (const Error& error) {
    failed = clips.size();
    first = error.message();
  }
  if (failed > 0) {
    frames.reason = fmt::format("{} of {} clips cannot be shown: {}", failed, clips.size(), first);
  }
  return frames;
}

}  // namespace vifi::train
