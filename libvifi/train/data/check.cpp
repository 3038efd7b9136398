#include "data/check.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "data/splits.h"
#include "data/video_source.h"
#include "vifi/error.h"

namespace vifi::train {
namespace {

void look_at(CheckedVideo& video, const MediaRoot& root, IndexStore& indices, const CheckOptions& options) {
  try {
    const VideoPlace place = root.find(video.path);
    if (!options.decode) return;
    video.frames = open_video(place, indices)->frame_count();
    if (video.frames == 0) {
      video.fault = VideoFault::broken;
      video.what = "no frame of it can be decoded";
    } else if (video.frames < options.frames) {
      video.fault = VideoFault::too_short;
    }
  } catch (const Error& error) {
    video.fault = error.code() == ErrorCode::not_found ? VideoFault::missing : VideoFault::broken;
    video.what = error.message();
  } catch (const std::exception& error) {
    video.fault = VideoFault::broken;
    video.what = error.what();
  }
}

std::vector<std::string> repeated_paths(std::span<const Annotation> annotations) {
  std::set<std::string> seen, again;
  for (const Annotation& annotation : annotations) {
    if (!seen.insert(annotation.path).second) again.insert(annotation.path);
  }
  return {again.begin(), again.end()};
}

}  // namespace

std::int64_t DataReport::count(VideoFault fault) const {
  return std::count_if(videos.begin(), videos.end(), [&](const CheckedVideo& video) { return video.fault == fault; });
}

bool DataReport::is_sound() const {
  return count(VideoFault::missing) == 0 && count(VideoFault::broken) == 0 && repeated.empty() && empty_classes.empty();
}

DataReport check_data(std::span<const Annotation> annotations, const MediaRoot& root, const LabelSet* labels,
                      const CheckOptions& options) {
  DataReport report;
  report.classes = class_counts(annotations, labels != nullptr ? labels->labels.size() : 0);
  for (std::size_t label = 0; label < report.classes.size(); ++label) {
    if (report.classes[label] == 0) report.empty_classes.push_back(static_cast<int>(label));
  }
  report.repeated = repeated_paths(annotations);
  for (const Annotation& annotation : annotations) report.videos.push_back({.path = annotation.path, .label = annotation.label, .what = {}});

  IndexStore indices(options.index_folder);
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;  // of `done` and the progress
  std::int64_t done = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < report.videos.size(); i = next++) {
      look_at(report.videos[i], root, indices, options);
      std::lock_guard lock(mutex);
      ++done;
      if (options.progress) options.progress(done, static_cast<std::int64_t>(report.videos.size()));
    }
  };
  std::vector<std::thread> threads;
  for (int i = 1; i < options.threads; ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  return report;
}

}  // namespace vifi::train
