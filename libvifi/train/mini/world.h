#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "vifi/export.h"

namespace vifi::train::mini {

/// Reports files that were written. @param done, total  of this call
using Progress = std::function<void(std::int64_t done, std::int64_t total)>;

struct ClipFolderOptions {
  std::string folder;
  std::string list = "finetune";  ///< phrase_list's name
  std::string set = "finetune";   ///< sets of other names share no draw
  std::uint64_t seed = 0;
  int clips = 4;                  ///< of each phrase
  int frames = 0;                 ///< so many of a clip's are kept, evenly spread; 0: all
  int width = 96;
  int height = 72;
  int threads = 2;
};

/// Writes videos `PHRASE/NUMBER.mp4`, the list `SET.txt` and `LIST_labels.csv`. Videos that are there are kept, so that
/// an interrupted call goes on. @throws Error
VIFI_API void write_clips(const ClipFolderOptions& options, const Progress& progress = {});

struct ImageFolderOptions {
  std::string folder;
  std::uint64_t seed = 0;
  std::int64_t count = 1000;
  int threads = 2;
};

/// Writes 64 x 64 pictures `images/NN/NNNNNN.png` and `captions.tsv`. @throws Error
VIFI_API void write_images(const ImageFolderOptions& options, const Progress& progress = {});

struct BroadcastOptions {
  std::string folder;
  std::string name = "match1";
  std::uint64_t seed = 0;
  int actions = 14;       ///< action scenes
  double shortest_s = 4;  ///< of an action scene
  double longest_s = 8;
  int width = 640;
  int height = 360;
  int fps_n = 30;
  int fps_d = 1;
};

/// Writes an edited programme of demo actions with idle and empty scenes between: `NAME.mp4`, `NAME.timeline.json`.
VIFI_API void write_broadcast(const BroadcastOptions& options);

/// Writes one frame of each phrase of a list side by side as a PNG: to look at.
VIFI_API void write_sheet(const std::string& file, const std::string& list, std::uint64_t seed, int columns, int width, int height);

}  // namespace vifi::train::mini
