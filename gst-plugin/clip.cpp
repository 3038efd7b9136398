#include "clip.h"

#include <chrono>
#include <filesystem>
#include <iterator>
#include <mutex>
#include <utility>

#include <vifi/engine.h>
#include <vifi/model_cache.h>

#include "info_structures.h"
#include "label_source.h"
#include "messages.h"
#include "metadata.h"
#include "object_lock.h"

#include "debug.h"

namespace vifi::gst {
namespace {

/// What can be told without a model, so that a typing error costs no loading.
void check(const Settings& settings) {
  check_labels(settings.labels);
  EventDetector{settings.recogniser.events};
  const std::string path = find_model(settings.model.path);
  if (!std::filesystem::exists(path)) {
    throw Error(ErrorCode::not_found, "[model-file] " + path + ": no such file or folder, and no fetched model of that name",
                "give model-file a bundle's folder, its vifi.json or a checkpoint; `vifi fetch --list` names models to download");
  }
}

void append(Outcome& to, Outcome from) {
  std::move(from.results.begin(), from.results.end(), std::back_inserter(to.results));
  std::move(from.events.begin(), from.events.end(), std::back_inserter(to.events));
}

}  // namespace

Clip::Clip(GstBaseTransform* element) : base_(element), element_(GST_ELEMENT(element)) {
  gst_base_transform_set_in_place(element, TRUE);
  gst_base_transform_set_passthrough(element, FALSE);
}

void Clip::set_property(Property property, const GValue* value) {
  ObjectLock object_lock(element_);
  std::shared_ptr<Session> session;
  LabelSettings before;
  LabelSettings wanted;
  Change change = Change::none;
  {
    std::lock_guard lock(object_lock);
    before = settings_.labels;
    change = gst::set_property(settings_, property, value);
    if (change == Change::recogniser) ++settings_version_;
    wanted = settings_.labels;
    session = session_;
  }
  if (!session) return;
  if (change == Change::restart) {
    GST_WARNING_OBJECT(element_, "the change takes effect when the element goes from READY to PAUSED again");
  }
  if (change == Change::labels) request_labels(*session, wanted, before);
}

/// Has `wanted` embedded; if that is no label set, `before` becomes the property's value again.
void Clip::request_labels(Session& session, const LabelSettings& wanted, const LabelSettings& before) {
  if (const auto error = guarded([&] { session.request_labels(wanted); })) {
    {
      ObjectLock object_lock(element_);
      std::lock_guard lock(object_lock);
      settings_.labels = before;
    }
    post_warning(element_, Stage::setup, *error);
  }
}

void Clip::get_property(Property property, GValue* value) {
  if (property == Property::stats) {
    g_value_take_boxed(value, stats().release());
  } else if (property == Property::model_info) {
    g_value_take_boxed(value, model_info().release());
  } else {
    ObjectLock object_lock(element_);
    std::lock_guard lock(object_lock);
    gst::get_property(settings_, property, value);
  }
}

bool Clip::start() {
  ObjectLock object_lock(element_);
  Settings settings;
  {
    std::lock_guard lock(object_lock);
    settings = settings_;
    options_version_ = settings_version_;
  }
  errors_ = 0;
  newest_frame_ns_ = newest_result_ns_ = -1;
  frame_cost_ns_ = 0;
  drops_told_ = 0;
  last_warning_.clear();
  live_source_ = false;

  Stage stage = Stage::setup;
  std::shared_ptr<Session> session;
  const auto error = guarded([&] {
    check(settings);
    stage = Stage::library;
    engine();
    stage = Stage::setup;
    session = std::make_shared<Session>(settings, [this](const auto& use) { read_picture(use); });
  });
  if (error) return tolerate(*error, stage, settings.on_error);

  GST_INFO_OBJECT(element_, "model %s (%s) on %s", session->model().name.c_str(), session->model().method.c_str(),
                  session->model().device.c_str());
  latency_ns_ = session->warm_up_ns();
  LabelSettings wanted;
  {
    std::lock_guard lock(object_lock);
    session_ = session;
    wanted = settings_.labels;
  }
  if (wanted != settings.labels) request_labels(*session, wanted, settings.labels);  // set while the model was loading
  g_object_notify(G_OBJECT(element_), "model-info");
  return true;
}

void Clip::stop() {
  std::shared_ptr<Session> session;
  {
    ObjectLock object_lock(element_);
    std::lock_guard lock(object_lock);
    session = std::exchange(session_, nullptr);
  }
  session.reset();  // joins the worker: not under the lock
  timeline_ = {};
  clock_ = {};
  orientation_.clear();
  newest_.reset();
  latency_ns_ = 0;
}

Clip::Live Clip::live() const {
  ObjectLock object_lock(element_);
  std::lock_guard lock(object_lock);
  return {session_, settings_.attach, settings_.messages, settings_.on_error, settings_version_};
}

bool Clip::set_caps(const GstCaps* caps) {
  if (!reader_.set_caps(caps)) return false;
  timeline_.set_framerate(GST_VIDEO_INFO_FPS_N(&reader_.info()), GST_VIDEO_INFO_FPS_D(&reader_.info()));
  return true;
}

GstFlowReturn Clip::transform(GstBuffer* buffer) {
  const Live now = live();
  if (!now.session) return GST_FLOW_OK;
  Outcome fresh;
  std::optional<FrameTime> time;
  const auto error = guarded([&] { analyse(*now.session, now, buffer, fresh, time); });
  deliver(now, buffer, fresh, time);
  if (!error) return GST_FLOW_OK;
  if (error->code() == ErrorCode::cancelled) return GST_FLOW_FLUSHING;
  return tolerate(*error, Stage::stream, now.on_error) ? GST_FLOW_OK : GST_FLOW_ERROR;
}

void Clip::analyse(Session& session, const Live& now, GstBuffer* buffer, Outcome& fresh,
                   std::optional<FrameTime>& time) {
  if (!session.begun()) {
    live_source_ = upstream_is_live();
    session.begin(live_source_);
    GST_INFO_OBJECT(element_, "%s source: %s", live_source_ ? "live" : "not a live",
                    session.async() ? "async" : "sync");
  }
  take_over_options(session, now);
  if (const auto error = guarded([&] { append(fresh, session.take_over_labels()); })) {
    {
      ObjectLock object_lock(element_);
      std::lock_guard lock(object_lock);
      settings_.labels = session.labels();
    }
    warn(*error, Stage::setup);
  }

  time = timeline_.time_of(buffer);
  if (!time || GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_GAP)) return;
  newest_frame_ns_ = time->stream_ns;
  picture_ = buffer;
  picture_read_ = false;
  const auto began = std::chrono::steady_clock::now();
  append(fresh, session.push(time->stream_ns, {time->running_ns, clock_.utc_of(element_, buffer, time->running_ns),
                                               timecode_of(buffer)}));
  if (!picture_read_) return;
  if (session.async()) {
    tell_drops(session, *time, buffer);
  } else if (live_source_) {
    watch_latency(std::chrono::nanoseconds(std::chrono::steady_clock::now() - began).count());
  }
}

void Clip::read_picture(const std::function<bool(const FrameView&)>& use) {
  picture_read_ = true;
  reader_.read(picture_, orientation_.current(), use);
}

/// Inference that was skipped is a matter of quality of service, although no frame is lost.
void Clip::tell_drops(const Session& session, const FrameTime& time, GstBuffer* buffer) {
  const StreamStats stats = session.stats();
  if (stats.samples_dropped == drops_told_) return;
  drops_told_ = stats.samples_dropped;
  GstMessage* message =
      gst_message_new_qos(GST_OBJECT(element_), live_source_, static_cast<guint64>(time.running_ns),
                          static_cast<guint64>(time.stream_ns), GST_BUFFER_PTS(buffer), GST_BUFFER_DURATION(buffer));
  gst_message_set_qos_stats(message, GST_FORMAT_BUFFERS, stats.frames_sampled + stats.frames_unchanged, stats.samples_dropped);
  gst_element_post_message(element_, message);
}

void Clip::take_over_options(Session& session, const Live& now) {
  if (options_version_ == now.version) return;
  options_version_ = now.version;
  RecogniserOptions options;
  {
    ObjectLock object_lock(element_);
    std::lock_guard lock(object_lock);
    options = settings_.recogniser;
  }
  // Thresholds are set one after the other: until they fit together the former ones stay in force.
  if (const auto error = guarded([&] { session.set_options(options); })) warn(*error, Stage::setup);
}

void Clip::deliver(const Live& now, GstBuffer* buffer, const Outcome& fresh, const std::optional<FrameTime>& time) {
  if (!fresh.results.empty()) {
    newest_ = fresh.results.back();
    newest_result_ns_ = newest_->pts_ns;
  }
  const bool again = time && newest_ && now.attach == Attach::every_buffer;
  attach(element_, buffer, {fresh, again ? &*newest_ : nullptr, time ? time->stream_ns : newest_frame_ns_.load()});
  post_messages(element_, fresh, now.messages);
}

void Clip::stream_start() {
  finish_stream();
  orientation_.new_stream();
}

void Clip::segment(const GstSegment& segment) {
  const auto session = live().session;
  if (timeline_.set_segment(segment, session ? session->period_ns() : 0)) return;
  GST_INFO_OBJECT(element_, "the new segment does not go on where the stream was");
  finish_stream();
}

void Clip::end_of_stream() { finish_stream(); }

void Clip::finish_stream() {
  const Live now = live();
  if (now.session && timeline_.has_frames()) {
    Outcome last;
    const auto error = guarded([&] {
      last = now.session->finish();
      now.session->check();
    });
    if (!last.results.empty()) newest_result_ns_ = last.results.back().pts_ns;
    post_messages(element_, last, now.messages);
    if (GstEvent* tail = tail_event(element_, last)) gst_pad_push_event(GST_BASE_TRANSFORM_SRC_PAD(base_), tail);
    if (error && error->code() != ErrorCode::cancelled) tolerate(*error, Stage::stream, now.on_error);
  }
  timeline_.forget();
  newest_.reset();
}

void Clip::flush_start() {
  if (const auto session = live().session) session->flush();
}

void Clip::flush_stop() {
  if (const auto session = live().session; session && session->begun()) session->reset();
  timeline_ = {};
  timeline_.set_framerate(GST_VIDEO_INFO_FPS_N(&reader_.info()), GST_VIDEO_INFO_FPS_D(&reader_.info()));
  newest_.reset();
}

/// @return whether the stream may go on
bool Clip::tolerate(const Error& error, Stage stage, OnError on_error) {
  ++errors_;
  if (on_error == OnError::fail) {
    post_error(element_, stage, error);
    return false;
  }
  warn(error, stage);
  return true;
}

/// Warns once of what repeats with every frame.
void Clip::warn(const Error& error, Stage stage) {
  if (last_warning_ == error.what()) return;
  last_warning_ = error.what();
  post_warning(element_, stage, error);
}

bool Clip::upstream_is_live() const {
  GstQuery* query = gst_query_new_latency();
  gboolean live = FALSE;
  if (gst_pad_peer_query(GST_BASE_TRANSFORM_SINK_PAD(base_), query)) {
    gst_query_parse_latency(query, &live, nullptr, nullptr);
  }
  gst_query_unref(query);
  return live != FALSE;
}

void Clip::add_latency(GstQuery* query) {
  const GstClockTime own = static_cast<GstClockTime>(latency_ns_.load());
  gboolean live = FALSE;
  GstClockTime shortest = 0;
  GstClockTime longest = 0;
  gst_query_parse_latency(query, &live, &shortest, &longest);
  if (!live || own == 0) return;
  shortest += own;
  if (GST_CLOCK_TIME_IS_VALID(longest)) longest += own;
  gst_query_set_latency(query, live, shortest, longest);
}

void Clip::watch_latency(std::int64_t took_ns) {
  constexpr double kWeight = 0.25;
  const auto took = static_cast<double>(took_ns);
  frame_cost_ns_ = frame_cost_ns_ == 0 ? took : frame_cost_ns_ + kWeight * (took - frame_cost_ns_);
  if (frame_cost_ns_ <= 1.2 * static_cast<double>(latency_ns_.load())) return;
  latency_ns_ = static_cast<std::int64_t>(frame_cost_ns_);
  gst_element_post_message(element_, gst_message_new_latency(GST_OBJECT(element_)));
}

StructurePtr Clip::stats() const {
  const auto session = live().session;
  StructurePtr structure = session ? stats_structure(session->stats(), session->host_stats())
                                   : stats_structure({}, {});
  const std::int64_t lag = newest_frame_ns_ - newest_result_ns_;
  gst_structure_set(structure.get(), "mode", G_TYPE_STRING, session && session->async() ? "async" : "sync", "errors",
                    G_TYPE_UINT64, static_cast<guint64>(errors_), "frames-converted", G_TYPE_UINT64,
                    static_cast<guint64>(reader_.converted()), "lag", G_TYPE_UINT64,
                    newest_result_ns_ >= 0 && lag > 0 ? static_cast<guint64>(lag) : guint64{0}, nullptr);
  return structure;
}

StructurePtr Clip::model_info() const {
  const auto session = live().session;
  return session ? info_structure(session->model()) : nullptr;
}

}  // namespace vifi::gst
