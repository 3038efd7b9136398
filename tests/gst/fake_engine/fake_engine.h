#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>

namespace vifi::testing {

/// Steers the fake engine. Its model sees a frame as its mean brightness (0..1) and a window as the mean of those:
/// label `dark` stands for 0, `bright` for 1, `level 0.3` for 0.3, and the similarity of label `mean` is the window's
/// mean itself. Windows of 4 frames over 1 s, a result every 500 ms; its own labels are dark and bright.
/// A model file whose name holds `nolabels` brings none, one with `corrupt` cannot be loaded.
struct FakeControl {
  std::mutex mutex;  // protects everything
  std::condition_variable changed;
  bool hold_encoder = false;  ///< encode waits as long as this is set
  bool hold_embedding = false;
  std::string encode_error;   ///< encode throws this, as of a device that was lost
  std::string score_error;    ///< score throws this
  std::chrono::milliseconds encode_time{0};
  int loads = 0;              ///< models made
  int models = 0;             ///< models alive
  int encoded = 0;            ///< frames
  int failed = 0;             ///< calls that threw
  int waiting = 0;            ///< calls that are held
};

}  // namespace vifi::testing
