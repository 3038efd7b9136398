#include "overlay_scene.h"

#include <algorithm>

namespace vifi::gst {
namespace {

constexpr std::size_t kMostSpans = 500;  // more could not be told apart on any screen

}  // namespace

void OverlayScene::update(const Report* report, std::int64_t now_ns, std::int64_t history_ns) {
  if (now_ns < now_ns_) clear();  // the stream jumped back
  now_ns_ = now_ns;
  if (report != nullptr) {
    if (!report->results.empty()) result_ = report->results.back().result;
    for (const Event& event : report->events)
      add(event);
  }
  if (result_ && now_ns - result_->pts_ns > 2 * (result_->end_ns - result_->start_ns)) result_.reset();
  std::erase_if(spans_, [&](const Span& span) { return !span.open && span.end_ns < now_ns - history_ns; });
  while (spans_.size() > kMostSpans)
    spans_.pop_front();
}

void OverlayScene::add(const Event& event) {
  const bool open = event.phase != EventPhase::end;
  const auto known =
      std::find_if(spans_.begin(), spans_.end(), [&](const Span& span) { return span.seq == event.seq; });
  if (known != spans_.end()) {
    known->end_ns = event.end_ns;
    known->open = open;
    return;
  }
  spans_.push_back({event.seq, event.name, event.id, event.start_ns, event.end_ns, open});
}

void OverlayScene::clear() {
  *this = {};
}

}  // namespace vifi::gst
