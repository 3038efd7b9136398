#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cue_track.h"
#include "metadata.h"

namespace vifi::gst {

enum class CueMode { automatic, results, events };

/// The values of vificlipextract's properties. Guarded by the object lock.
struct ExtractSettings {
  CueMode cues = CueMode::automatic;
  std::int64_t cue_duration_ns = 0;
  std::string text_format;
  std::string source;
};

/// The element's state and behaviour; vificlipextract.cpp is the GObject around it. No member throws.
class Extract {
 public:
  Extract(GstElement* element, GstPad* sink, GstPad* source);

  // Any thread.
  ExtractSettings settings() const;
  /// Calls `change` with the settings, under the object lock.
  template <typename Change>
  void change(Change&& change) {
    GST_OBJECT_LOCK(element_);
    change(settings_);
    GST_OBJECT_UNLOCK(element_);
  }
  /// @return null where the pad exists already
  GstPad* request_pad(GstPadTemplate* pad_template);
  void release_pad(GstPad* pad);

  /// After the pads were deactivated.
  void stop();

  // Streaming thread.
  GstFlowReturn chain(GstBuffer* buffer);
  bool event(GstEvent* event);

 private:
  enum class Kind { text, json, klv };

  struct Output {
    Kind kind;
    GstPad* pad;               // owned by the element
    bool begun = false;        // stream-start, caps and segment were sent
    std::int64_t sent_ns = 0;  // stream time up to which it has been told what there is
  };
  using Outputs = std::vector<std::shared_ptr<Output>>;

  Outputs outputs() const;
  CueTrack& track();
  bool upstream_is_live() const;
  std::optional<std::int64_t> stream_time(GstClockTime pts) const;
  GstSegment output_segment() const;
  GstClockTime time_stamp(std::int64_t stream_ns) const;
  void handle(GstEvent* event);
  void begin(Output& output);
  void tell(const std::vector<Report>& reports);
  void tell(Output& output, const Report& report);
  void push(Output& output, const std::string& bytes, std::int64_t start_ns, std::int64_t duration_ns);
  void push_cues(const std::vector<Cue>& cues);
  void advance(std::int64_t now_ns);
  void finish();
  void forget();
  GstFlowReturn combined(GstFlowReturn video) const;

  GstElement* const element_;
  GstPad* const sink_;
  GstPad* const source_;

  // Under the object lock.
  ExtractSettings settings_;
  Outputs outputs_;

  // Streaming thread.
  GstSegment segment_;
  std::string stream_id_;
  guint group_id_ = 0;
  std::optional<CueTrack> track_;
  std::int64_t now_ns_ = 0;  // of the newest buffer
};

}  // namespace vifi::gst
