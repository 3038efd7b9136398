#pragma once

#include <gst/gst.h>
#include <gst/video/video.h>

#include <memory>

namespace vifi {

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};

using ElementHandle = std::unique_ptr<GstElement, Freed<gst_object_unref>>;
using PadHandle = std::unique_ptr<GstPad, Freed<gst_object_unref>>;
using BusHandle = std::unique_ptr<GstBus, Freed<gst_object_unref>>;
using CapsHandle = std::unique_ptr<GstCaps, Freed<gst_caps_unref>>;
using SampleHandle = std::unique_ptr<GstSample, Freed<gst_sample_unref>>;
using BufferHandle = std::unique_ptr<GstBuffer, Freed<gst_buffer_unref>>;
using EventHandle = std::unique_ptr<GstEvent, Freed<gst_event_unref>>;
using MessageHandle = std::unique_ptr<GstMessage, Freed<gst_message_unref>>;
using TextHandle = std::unique_ptr<char, Freed<g_free>>;
using ErrorHandle = std::unique_ptr<GError, Freed<g_error_free>>;
using ConverterHandle = std::unique_ptr<GstVideoConverter, Freed<gst_video_converter_free>>;

}  // namespace vifi
