#include "session.h"

#include <chrono>
#include <utility>

#include <vifi/error.h>

#include "label_source.h"

namespace vifi::gst {
namespace {

/// Prepared frames that wait for the encoder. More would only add to the age of results.
constexpr std::size_t kQueueLength = 4;

Prepare prepare_with(ReadPicture read, Model& model) {
  auto preparer = std::make_shared<Preparer>(model.info().preprocess);
  return [read = std::move(read), preparer, &model](const FrameView&, PreparedFrame& out) {
    read([&](const FrameView& picture) {
      if (picture.memory != MemoryKind::host) return model.prepare_on_device(picture, out);
      preparer->prepare(picture, out);
      return true;
    });
  };
}

}  // namespace

Session::Session(const Settings& settings, ReadPicture read)
    : mode_(settings.mode), host_(ModelHost::get(settings.model, settings.host, settings.instance_id)) {
  auto bank = host_->embed(label_set_from(settings.labels, host_->info())).get();
  labels_ = settings.labels;
  recogniser_ = std::make_unique<Recogniser>(host_, std::move(bank), settings.recogniser,
                                             prepare_with(std::move(read), host_->model()));
  const RecogniserOptions& options = recogniser_->options();
  period_ns_ = options.window_ns / options.frames;
  if (mode_ == Mode::sync) warm_up_ns_ = measure_encoder();
}

Session::~Session() = default;

std::int64_t Session::measure_encoder() {
  PreparedFrame black;
  black.size = host_->info().preprocess.size;
  black.pixels.resize(3 * static_cast<std::size_t>(black.size) * static_cast<std::size_t>(black.size));
  host_->encode(black).get();  // the first pass makes tables and buffers
  const auto begin = std::chrono::steady_clock::now();
  host_->encode(std::move(black)).get();
  return std::chrono::nanoseconds(std::chrono::steady_clock::now() - begin).count();
}

std::int64_t Session::period_ns() const { return period_ns_; }

void Session::begin(bool live) {
  begun_ = true;
  if (mode_ == Mode::sync || (mode_ == Mode::automatic && !live)) return;
  std::lock_guard lock(mutex_);
  async_ = std::make_unique<AsyncRecogniser>(std::move(recogniser_), kQueueLength);
}

bool Session::async() const {
  std::lock_guard lock(mutex_);
  return async_ != nullptr;
}

Outcome Session::take_over_labels() {
  std::optional<PendingLabels> ready;
  {
    std::lock_guard lock(mutex_);
    if (!pending_ || pending_->bank.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return {};
    ready = std::exchange(pending_, std::nullopt);
  }
  std::shared_ptr<const LabelBank> bank = ready->bank.get();
  {
    std::lock_guard lock(mutex_);
    labels_ = ready->settings;
  }
  if (!async_) return recogniser_->set_labels(std::move(bank));
  async_->set_labels(std::move(bank));
  return {};
}

Outcome Session::push(std::int64_t stream_ns, FrameTag tag) {
  FrameView frame;  // no picture: the recogniser has it read if it takes the frame
  frame.pts_ns = stream_ns;
  frame.tag = std::move(tag);
  if (!async_) return recogniser_->push(frame);
  async_->push(frame);
  return async_->take();
}

Outcome Session::finish() { return async_ ? async_->finish() : recogniser_->finish(); }

void Session::check() {
  if (async_) async_->take();
}

void Session::reset() {
  if (async_) {
    async_->flush();
  } else {
    recogniser_->reset();
  }
}

void Session::set_options(const RecogniserOptions& options) {
  if (async_) {
    async_->set_options(options);
  } else {
    recogniser_->set_options(options);
  }
}

void Session::flush() {
  std::lock_guard lock(mutex_);
  if (async_) async_->flush();
}

void Session::request_labels(const LabelSettings& labels) {
  const LabelSet set = label_set_from(labels, host_->info());
  auto bank = host_->embed(set);
  std::lock_guard lock(mutex_);
  pending_ = PendingLabels{labels, std::move(bank)};
}

LabelSettings Session::labels() const {
  std::lock_guard lock(mutex_);
  return labels_;
}

StreamStats Session::stats() const {
  std::lock_guard lock(mutex_);
  return async_ ? async_->stats() : recogniser_->stats();
}

}  // namespace vifi::gst
