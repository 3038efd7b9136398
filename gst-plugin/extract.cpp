#include "extract.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "errors.h"
#include "klv.h"
#include "object_lock.h"

namespace vifi::gst {

Extract::Extract(GstElement* element, GstPad* sink, GstPad* source) : element_(element), sink_(sink), source_(source) {
  gst_segment_init(&segment_, GST_FORMAT_UNDEFINED);
}

ExtractSettings Extract::settings() const {
  ObjectLock object_lock(element_);
  std::lock_guard lock(object_lock);
  return settings_;
}

Extract::Outputs Extract::outputs() const {
  ObjectLock object_lock(element_);
  std::lock_guard lock(object_lock);
  return outputs_;
}

GstPad* Extract::request_pad(GstPadTemplate* pad_template) {
  const std::string name = GST_PAD_TEMPLATE_NAME_TEMPLATE(pad_template);
  auto output = std::make_shared<Output>();
  output->kind = name == "text" ? Kind::text : name == "json" ? Kind::json : Kind::klv;
  output->pad = gst_pad_new_from_template(pad_template, name.c_str());
  gst_pad_use_fixed_caps(output->pad);
  {
    ObjectLock object_lock(element_);
    std::lock_guard lock(object_lock);
    const bool taken =
        std::any_of(outputs_.begin(), outputs_.end(), [&](const auto& o) { return o->kind == output->kind; });
    if (taken) {
      gst_object_unref(gst_object_ref_sink(output->pad));
      return nullptr;
    }
    outputs_.push_back(output);
  }
  gst_pad_set_active(output->pad, TRUE);
  gst_element_add_pad(element_, output->pad);
  return output->pad;
}

void Extract::release_pad(GstPad* pad) {
  gst_pad_set_active(pad, FALSE);
  {
    ObjectLock object_lock(element_);
    std::lock_guard lock(object_lock);
    std::erase_if(outputs_, [&](const auto& output) { return output->pad == pad; });
  }
  gst_element_remove_pad(element_, pad);
}

void Extract::stop() {
  forget();
  gst_segment_init(&segment_, GST_FORMAT_UNDEFINED);
  stream_id_.clear();
  for (const auto& output : outputs())
    output->begun = false;
}

/// Nothing of the stream so far counts any more.
void Extract::forget() {
  track_.reset();
  now_ns_ = 0;
  for (const auto& output : outputs())
    output->sent_ns = 0;
}

bool Extract::upstream_is_live() const {
  GstQuery* query = gst_query_new_latency();
  gboolean live = FALSE;
  if (gst_pad_peer_query(sink_, query)) gst_query_parse_latency(query, &live, nullptr, nullptr);
  gst_query_unref(query);
  return live != FALSE;
}

CueTrack& Extract::track() {
  if (track_) return *track_;
  const ExtractSettings wanted = settings();
  CueOptions options{CueStyle::results, wanted.cue_duration_ns, wanted.text_format};
  // A cue for an event is known when the event has ended. A muxer that gets the video from here too would wait for it.
  const bool afterwards = wanted.cues == CueMode::events ||
                          (wanted.cues == CueMode::automatic && !gst_pad_is_linked(source_) && !upstream_is_live());
  if (afterwards) options.style = CueStyle::events;
  GST_INFO_OBJECT(element_, "a cue for each %s", afterwards ? "event" : "result");
  return track_.emplace(std::move(options));
}

std::optional<std::int64_t> Extract::stream_time(GstClockTime pts) const {
  if (!GST_CLOCK_TIME_IS_VALID(pts) || segment_.format != GST_FORMAT_TIME || segment_.rate < 0) return std::nullopt;
  const guint64 time = gst_segment_to_stream_time(&segment_, GST_FORMAT_TIME, pts);
  if (!GST_CLOCK_TIME_IS_VALID(time)) return std::nullopt;
  return static_cast<std::int64_t>(time);
}

/// The segment of the other pads: their time stamps are stream time, which is what subtitle files count in, and their
/// running time is the video's.
GstSegment Extract::output_segment() const {
  GstSegment segment = segment_;
  segment.rate *= segment.applied_rate;
  segment.applied_rate = 1;
  segment.start = segment.time = segment.position =
      gst_segment_to_stream_time(&segment_, GST_FORMAT_TIME, segment_.start);
  if (GST_CLOCK_TIME_IS_VALID(segment_.stop)) {
    segment.stop = gst_segment_to_stream_time(&segment_, GST_FORMAT_TIME, segment_.stop);
  }
  return segment;
}

/// What lies before the segment begins with it.
GstClockTime Extract::time_stamp(std::int64_t stream_ns) const {
  return std::max(static_cast<GstClockTime>(std::max<std::int64_t>(stream_ns, 0)), output_segment().start);
}

void Extract::begin(Output& output) {
  if (output.begun || segment_.format != GST_FORMAT_TIME) return;
  output.begun = true;
  gchar* name = gst_pad_get_name(output.pad);
  GstEvent* start = gst_event_new_stream_start((stream_id_ + "/" + name).c_str());
  g_free(name);
  gst_event_set_stream_flags(start, GST_STREAM_FLAG_SPARSE);
  gst_event_set_group_id(start, group_id_);
  gst_pad_push_event(output.pad, start);
  GstCaps* caps = gst_pad_get_pad_template_caps(output.pad);
  gst_pad_push_event(output.pad, gst_event_new_caps(caps));
  gst_caps_unref(caps);
  const GstSegment segment = output_segment();
  gst_pad_push_event(output.pad, gst_event_new_segment(&segment));
}

void Extract::push(Output& output, const std::string& bytes, std::int64_t start_ns, std::int64_t duration_ns) {
  GstBuffer* buffer = gst_buffer_new_memdup(bytes.data(), bytes.size());
  GST_BUFFER_PTS(buffer) = GST_BUFFER_DTS(buffer) = time_stamp(start_ns);
  if (duration_ns > 0) GST_BUFFER_DURATION(buffer) = static_cast<GstClockTime>(duration_ns);
  output.sent_ns = std::max(output.sent_ns, start_ns);
  gst_pad_push(output.pad, buffer);
}

void Extract::push_cues(const std::vector<Cue>& cues) {
  for (const auto& output : outputs()) {
    if (output->kind != Kind::text || !output->begun) continue;
    for (const Cue& cue : cues)
      push(*output, cue.text, cue.start_ns, cue.duration_ns);
  }
}

void Extract::tell(Output& output, const Report& report) {
  const auto each = [&](const auto& told) {
    push(output, output.kind == Kind::json ? to_json(told, report.element) + "\n" : to_klv(told, report.element),
         now_ns_, 0);
  };
  for (const auto& timed : report.results) {
    if (timed.fresh) each(timed.result);
  }
  for (const Event& event : report.events)
    each(event);
}

void Extract::tell(const std::vector<Report>& reports) {
  if (reports.empty()) return;
  for (const auto& output : outputs()) {
    if (output->kind == Kind::text || !output->begun) continue;
    for (const Report& report : reports)
      tell(*output, report);
  }
  push_cues(track().add(reports.back(), now_ns_));
}

/// Tells muxers that nothing more will come before now: while a cue stands too, or they would wait for its end with the
/// video that leads there.
void Extract::advance(std::int64_t now_ns) {
  const std::int64_t final_ns = track().advance(now_ns);
  for (const auto& output : outputs()) {
    const std::int64_t until = output->kind == Kind::text ? final_ns : now_ns;
    if (!output->begun || until <= output->sent_ns) continue;
    const GstClockTime from = time_stamp(output->sent_ns);
    const GstClockTime to = time_stamp(until);
    output->sent_ns = until;
    if (to > from) gst_pad_push_event(output->pad, gst_event_new_gap(from, to - from));
  }
}

void Extract::finish() {
  if (track_) push_cues(track_->finish());
}

GstFlowReturn Extract::combined(GstFlowReturn video) const {
  std::vector<GstFlowReturn> flows{video};
  for (const auto& output : outputs()) {
    flows.push_back(gst_pad_is_linked(output->pad) ? GST_PAD_LAST_FLOW_RETURN(output->pad) : GST_FLOW_NOT_LINKED);
  }
  const auto all = [&](auto&& is) { return std::all_of(flows.begin(), flows.end(), is); };
  for (const GstFlowReturn flow : flows) {
    if (flow == GST_FLOW_FLUSHING || flow <= GST_FLOW_NOT_NEGOTIATED) return flow;
  }
  if (all([](GstFlowReturn flow) { return flow == GST_FLOW_NOT_LINKED; })) return GST_FLOW_NOT_LINKED;
  if (all([](GstFlowReturn flow) { return flow == GST_FLOW_NOT_LINKED || flow == GST_FLOW_EOS; })) return GST_FLOW_EOS;
  return GST_FLOW_OK;
}

GstFlowReturn Extract::chain(GstBuffer* buffer) {
  const auto error = guarded([&] {
    for (const auto& output : outputs())
      begin(*output);
    const auto reports = reports_on(buffer, settings().source);
    if (const auto time = stream_time(GST_BUFFER_PTS(buffer))) now_ns_ = *time;
    tell(reports);
    advance(now_ns_);
  });
  if (error) post_warning(element_, Stage::stream, *error);
  return combined(gst_pad_push(source_, buffer));  // not linked: the buffer ends here, the other pads go on
}

bool Extract::event(GstEvent* event) {
  if (const auto error = guarded([&] { handle(event); })) post_warning(element_, Stage::stream, *error);
  // Where the video goes nowhere, events that only it could refuse are as good as sent.
  return gst_pad_push_event(source_, event) || !gst_pad_is_linked(source_);
}

void Extract::handle(GstEvent* event) {
  const auto to_outputs = [&] {
    for (const auto& output : outputs()) {
      if (output->begun) gst_pad_push_event(output->pad, gst_event_ref(event));
    }
  };
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_STREAM_START: {
      const gchar* id = nullptr;
      gst_event_parse_stream_start(event, &id);
      stream_id_ = id == nullptr ? "" : id;
      if (!gst_event_parse_group_id(event, &group_id_)) group_id_ = gst_util_group_id_next();
      finish();
      forget();
      for (const auto& output : outputs())
        output->begun = false;
      break;
    }
    case GST_EVENT_SEGMENT: {
      gst_event_copy_segment(event, &segment_);
      const auto begins = stream_time(segment_.start);
      if (begins && *begins < now_ns_) {
        finish();
        forget();
      }
      for (const auto& output : outputs()) {
        if (output->begun && segment_.format == GST_FORMAT_TIME) {
          const GstSegment segment = output_segment();
          gst_pad_push_event(output->pad, gst_event_new_segment(&segment));
        }
        begin(*output);
      }
      break;
    }
    case GST_EVENT_GAP: {
      GstClockTime pts = 0;
      GstClockTime duration = 0;
      gst_event_parse_gap(event, &pts, &duration);
      const auto time = stream_time(pts);
      if (time) advance(*time);
      break;
    }
    case GST_EVENT_CUSTOM_DOWNSTREAM:
      if (gst_event_has_name(event, kTailEvent)) {
        const Report report = report_in(gst_event_get_structure(event));
        const std::string source = settings().source;
        if (source.empty() || source == report.element) tell(std::vector<Report>{report});
      }
      break;
    case GST_EVENT_EOS:
      finish();
      to_outputs();
      break;
    case GST_EVENT_FLUSH_START:
      to_outputs();
      break;
    case GST_EVENT_FLUSH_STOP:
      to_outputs();
      forget();
      // The segment that follows goes to every pad; caps and stream-start stay with the pads.
      gst_segment_init(&segment_, GST_FORMAT_UNDEFINED);
      break;
    default:
      break;
  }
}

}  // namespace vifi::gst
