#pragma once

#include <gst/base/gstbasetransform.h>
#include <gst/gst.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <vifi/error.h>
#include <vifi/result.h>

#include "errors.h"
#include "frame_reader.h"
#include "orientation.h"
#include "properties.h"
#include "session.h"
#include "settings.h"
#include "structures.h"
#include "timeline.h"
#include "wall_clock.h"

namespace vifi::gst {

/// The element's state and behaviour; vificlip.cpp is the GObject around it. No member throws.
class Clip {
 public:
  explicit Clip(GstBaseTransform* element);

  // Any thread.
  void set_property(Property property, const GValue* value);
  void get_property(Property property, GValue* value);
  /// Answers a LATENCY query that upstream has answered: adds what the element itself takes.
  void add_latency(GstQuery* query);
  void flush_start();

  // State changes.
  bool start();
  void stop();

  // Streaming thread.
  bool set_caps(const GstCaps* caps);
  GstFlowReturn transform(GstBuffer* buffer);
  void stream_start();
  void segment(const GstSegment& segment);
  void tags(const GstTagList* tags) { orientation_.add(tags); }
  void flush_stop();
  void end_of_stream();

 private:
  /// The settings that count for one buffer.
  struct Live {
    std::shared_ptr<Session> session;  // null: nothing is recognised
    Attach attach;
    Messages messages;
    OnError on_error;
    std::uint64_t version;
  };

  Live live() const;
  void request_labels(Session& session, const LabelSettings& wanted, const LabelSettings& before);
  void take_over_options(Session& session, const Live& live);
  void analyse(Session& session, const Live& live, GstBuffer* buffer, Outcome& fresh, std::optional<FrameTime>& time);
  void deliver(const Live& live, GstBuffer* buffer, const Outcome& fresh, const std::optional<FrameTime>& time);
  void finish_stream();
  bool tolerate(const Error& error, Stage stage, OnError on_error);
  void warn(const Error& error, Stage stage);
  bool upstream_is_live() const;
  void read_picture(const std::function<bool(const FrameView&)>& use);
  void tell_drops(const Session& session, const FrameTime& time, GstBuffer* buffer);
  void watch_latency(std::int64_t took_ns);
  StructurePtr stats() const;
  StructurePtr model_info() const;

  GstBaseTransform* const base_;
  GstElement* const element_;

  // Under the object lock.
  Settings settings_;
  std::uint64_t settings_version_ = 0;  // counts changes of settings_.recogniser
  std::shared_ptr<Session> session_;

  // Streaming thread.
  Timeline timeline_;
  FrameReader reader_;
  OrientationTags orientation_;
  WallClock clock_;
  std::optional<Result> newest_;
  std::uint64_t options_version_ = 0;   // of settings_version_, as the session knows it
  double frame_cost_ns_ = 0;            // smoothed time that a sampled frame takes (sync)
  std::uint64_t drops_told_ = 0;
  std::string last_warning_;
  GstBuffer* picture_ = nullptr;        // the buffer at hand, and whether the recogniser took it
  bool picture_read_ = false;

  std::atomic<bool> live_source_ = false;
  std::atomic<std::int64_t> latency_ns_ = 0;   // announced
  std::atomic<std::int64_t> newest_frame_ns_ = -1;
  std::atomic<std::int64_t> newest_result_ns_ = -1;
  std::atomic<std::uint64_t> errors_ = 0;
};

}  // namespace vifi::gst
