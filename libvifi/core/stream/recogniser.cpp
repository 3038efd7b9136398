#include "vifi/recogniser.h"

#include <utility>

#include "stream/recogniser_impl.h"
#include "vifi/error.h"

namespace vifi {
namespace {

std::shared_ptr<ModelHost> present(std::shared_ptr<ModelHost> host) {
  if (!host) {
    throw Error(ErrorCode::invalid_argument, "[recogniser] no model host", "make one with ModelHost::get");
  }
  return host;
}

Prepare default_prepare(Model& model) {
  auto preparer = std::make_shared<Preparer>(model.info().preprocess);
  return [&model, preparer](const FrameView& frame, PreparedFrame& out) {
    if (frame.memory == MemoryKind::host || !model.prepare_on_device(frame, out)) {
      preparer->prepare(frame, out);
    }
  };
}

}  // namespace

Recogniser::Impl::Impl(std::shared_ptr<ModelHost> model_host, std::shared_ptr<const LabelBank> labels,
                       const RecogniserOptions& options, Prepare prepare)
    : host(present(std::move(model_host))),
      sampler(options.window_ns, options.frames, prepare ? std::move(prepare) : default_prepare(host->model())),
      scorer(host, std::move(labels), options) {}

StreamStats Recogniser::Impl::stats() const {
  StreamStats stats;
  scorer.fill(stats);
  stats.frames_seen = sampler.frames_seen();
  stats.resets = sampler.jumps() + resets;
  stats.prepare_ns_total = sampler.prepare_ns_total();
  return stats;
}

RecogniserOptions changed(const RecogniserOptions& current, RecogniserOptions options, const ModelInfo& info) {
  options.frames = options.frames == 0 ? current.frames : options.frames;
  options.window_ns = options.window_ns == 0 ? current.window_ns : options.window_ns;
  options.hop_ns = options.hop_ns == 0 ? current.hop_ns : options.hop_ns;
  options = resolved(options, info);
  if (options.frames != current.frames || options.window_ns != current.window_ns ||
      options.hop_ns != current.hop_ns) {
    throw Error(ErrorCode::invalid_argument, "[recogniser] frames, window and hop cannot change while a stream runs",
                "stop the stream first, or leave them at 0");
  }
  return options;
}

Recogniser::Recogniser(std::shared_ptr<ModelHost> host, std::shared_ptr<const LabelBank> labels,
                       const RecogniserOptions& options, Prepare prepare) {
  const RecogniserOptions complete = resolved(options, present(host)->info());
  impl_ = std::make_unique<Impl>(std::move(host), std::move(labels), complete, std::move(prepare));
}

Recogniser::~Recogniser() = default;

Outcome Recogniser::push(const FrameView& frame) {
  if (std::optional<Sample> next = sample(frame)) {
    return process(std::move(*next));
  }
  return {};
}

std::optional<Sample> Recogniser::sample(const FrameView& frame) { return impl_->sampler.sample(frame); }

Outcome Recogniser::process(Sample sample) {
  impl_->scorer.enter(impl_->sampler.epoch());
  return impl_->scorer.process(std::move(sample));
}

Outcome Recogniser::finish() {
  impl_->scorer.enter(impl_->sampler.epoch());
  impl_->sampler.reset();
  return impl_->scorer.finish();
}

void Recogniser::reset() {
  ++impl_->resets;
  impl_->sampler.reset();
}

Outcome Recogniser::set_labels(std::shared_ptr<const LabelBank> labels) {
  impl_->scorer.enter(impl_->sampler.epoch());
  return impl_->scorer.set_labels(std::move(labels));
}

void Recogniser::set_options(const RecogniserOptions& options) {
  impl_->scorer.set_options(changed(impl_->scorer.options(), options, impl_->host->info()));
}

const RecogniserOptions& Recogniser::options() const { return impl_->scorer.options(); }

StreamStats Recogniser::stats() const { return impl_->stats(); }

}  // namespace vifi
