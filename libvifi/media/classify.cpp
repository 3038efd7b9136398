#include "vifi/classify.h"

#include <utility>
#include <vector>

#include "vifi/error.h"
#include "vifi/preprocess.h"
#include "vifi/sampling.h"

namespace vifi {
namespace {

/// Follows the frames of a video and knows what they spanned.
class ExtentMeter {
 public:
  void add(const VideoFrame& frame) {
    if (extent_.frames == 0) extent_.start_ns = frame.view.pts_ns;
    newest_ns_ = frame.view.pts_ns;
    ++extent_.frames;
  }

  VideoExtent extent(bool timed_out) const {
    VideoExtent extent = extent_;
    const std::int64_t interval = extent.frames > 1 ? (newest_ns_ - extent.start_ns) / (extent.frames - 1) : 0;
    extent.end_ns = newest_ns_ + interval;
    extent.timed_out = timed_out;
    return extent;
  }

 private:
  VideoExtent extent_;
  std::int64_t newest_ns_ = 0;
};

VideoExtent measure(const std::string& input, const ReaderOptions& reading) {
  VideoReader reader(input, reading);
  ExtentMeter meter;
  while (const auto frame = reader.next()) meter.add(*frame);
  return meter.extent(reader.timed_out());
}

}  // namespace

VideoExtent classify_stream(const std::string& input, std::shared_ptr<ModelHost> host,
                            std::shared_ptr<const LabelBank> labels, const RecogniserOptions& options,
                            const ReaderOptions& reading, const DeliverOutcome& deliver) {
  Recogniser recogniser(std::move(host), std::move(labels), options);
  VideoReader reader(input, reading);
  ExtentMeter meter;
  std::int64_t pts_ns = 0;
  while (const auto frame = reader.next()) {
    meter.add(*frame);
    pts_ns = frame->view.pts_ns;
    deliver(recogniser.push(frame->view), pts_ns);
  }
  deliver(recogniser.finish(), pts_ns);
  return meter.extent(reader.timed_out());
}

WholeVideo classify_video(const std::string& input, std::shared_ptr<ModelHost> host,
                          std::shared_ptr<const LabelBank> labels, const RecogniserOptions& options,
                          const ReaderOptions& reading) {
  const int frames = options.frames > 0 ? options.frames : host->info().frames;
  const VideoExtent extent = measure(input, reading);

  // The recogniser with one grid point a frame: a window is the whole video, whatever its frames' times.
  constexpr std::int64_t kStep = 1'000'000'000;
  RecogniserOptions whole = options;
  whole.frames = frames;
  whole.window_ns = whole.hop_ns = frames * kStep;
  auto preparer = std::make_shared<Preparer>(host->info().preprocess, /*honour_pixel_aspect=*/false);
  Recogniser recogniser(host, std::move(labels), whole,
                        [preparer](const FrameView& view, PreparedFrame& out) { preparer->prepare(view, out); });
  Outcome outcome;
  FrameTag tag;
  read_frames(
      input, test_frame_indices(extent.frames, frames),
      [&](std::size_t slot, const VideoFrame& frame) {
        FrameView view = frame.view;
        view.pts_ns = static_cast<std::int64_t>(slot) * kStep;
        outcome = recogniser.push(view);
        tag = frame.view.tag;
      },
      reading);
  if (outcome.results.size() != 1) {
    throw Error(ErrorCode::internal, "[classify video] " + input + ": expected one result, got " +
                                         std::to_string(outcome.results.size()));
  }
  Result result = std::move(outcome.results.front());
  result.start_ns = extent.start_ns;
  result.end_ns = result.pts_ns = extent.end_ns;
  result.tag = std::move(tag);
  return {std::move(result), extent};
}

std::vector<float> embed_video(const std::string& input, Model& model, int frames, const ReaderOptions& reading) {
  const ModelInfo& info = model.info();
  if (frames == 0) frames = info.frames;
  const auto indices = test_frame_indices(count_frames(input, reading), frames);
  Preparer preparer(info.preprocess, /*honour_pixel_aspect=*/false);
  PreparedFrame prepared;
  const auto size = static_cast<std::size_t>(info.state_size);
  std::vector<float> states(indices.size() * size);  // [T, state_size]
  read_frames(
      input, indices,
      [&](std::size_t slot, const VideoFrame& frame) {
        preparer.prepare(frame.view, prepared);
        model.encode({&prepared, 1}, std::span(states).subspan(slot * size, size));
      },
      reading);
  std::vector<float> embedding(static_cast<std::size_t>(info.embed_dim));
  model.pool(states, frames, embedding);
  return embedding;
}

}  // namespace vifi
