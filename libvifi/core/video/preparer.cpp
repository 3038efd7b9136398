#include <vector>

#include "vifi/preprocess.h"
#include "video/normaliser.h"
#include "video/prepare_plan.h"
#include "video/resizer.h"
#include "video/row_reader.h"

namespace vifi {

class Preparer::Impl {
 public:
  Impl(const PreprocessSpec& spec, bool honour_pixel_aspect)
      : spec_(spec), rule_(rule_of(spec)), honour_pixel_aspect_(honour_pixel_aspect), normaliser_(spec.mean, spec.std) {}

  void prepare(const FrameView& frame, PreparedFrame& out) {
    check_frame(frame);
    const ResizePlan plan = plan_of(spec_, rule_, frame, honour_pixel_aspect_);
    out.size = spec_.size;
    out.device = nullptr;
    out.pixels.resize(std::size_t{3} * spec_.size * spec_.size);
    if (rule_ == ResizeRule::antialias_bilinear) {
      resizer_.resize(frame, plan, std::span(out.pixels));
      normaliser_.apply(std::span(out.pixels));
    } else {
      bytes_.resize(out.pixels.size());
      resizer_.resize(frame, plan, std::span(bytes_));
      normaliser_.apply(bytes_, out.pixels);
    }
  }

  const PreprocessSpec& spec() const { return spec_; }

 private:
  PreprocessSpec spec_;
  ResizeRule rule_;
  bool honour_pixel_aspect_;
  Normaliser normaliser_;
  Resizer resizer_;
  std::vector<std::uint8_t> bytes_;  // [3, S, S] before normalisation
};

Preparer::Preparer(const PreprocessSpec& spec, bool honour_pixel_aspect)
    : impl_(std::make_unique<Impl>(spec, honour_pixel_aspect)) {}
Preparer::~Preparer() = default;
Preparer::Preparer(Preparer&&) noexcept = default;
Preparer& Preparer::operator=(Preparer&&) noexcept = default;

void Preparer::prepare(const FrameView& frame, PreparedFrame& out) { impl_->prepare(frame, out); }

const PreprocessSpec& Preparer::spec() const noexcept { return impl_->spec(); }

}  // namespace vifi
