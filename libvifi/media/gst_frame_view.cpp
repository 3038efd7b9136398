#include "vifi/media/gst_frame_view.h"

#include <array>
#include <string>
#include <utility>

#include "vifi/error.h"

namespace vifi {
namespace {

constexpr std::array<std::pair<GstVideoFormat, PixelFormat>, 21> kFormats{{
    {GST_VIDEO_FORMAT_I420, PixelFormat::i420},
    {GST_VIDEO_FORMAT_YV12, PixelFormat::yv12},
    {GST_VIDEO_FORMAT_NV12, PixelFormat::nv12},
    {GST_VIDEO_FORMAT_NV21, PixelFormat::nv21},
    {GST_VIDEO_FORMAT_YUY2, PixelFormat::yuy2},
    {GST_VIDEO_FORMAT_UYVY, PixelFormat::uyvy},
    {GST_VIDEO_FORMAT_Y42B, PixelFormat::y42b},
    {GST_VIDEO_FORMAT_Y444, PixelFormat::y444},
    {GST_VIDEO_FORMAT_GRAY8, PixelFormat::gray8},
    {GST_VIDEO_FORMAT_RGB, PixelFormat::rgb},
    {GST_VIDEO_FORMAT_BGR, PixelFormat::bgr},
    {GST_VIDEO_FORMAT_RGBx, PixelFormat::rgbx},
    {GST_VIDEO_FORMAT_BGRx, PixelFormat::bgrx},
    {GST_VIDEO_FORMAT_xRGB, PixelFormat::xrgb},
    {GST_VIDEO_FORMAT_xBGR, PixelFormat::xbgr},
    {GST_VIDEO_FORMAT_RGBA, PixelFormat::rgba},
    {GST_VIDEO_FORMAT_BGRA, PixelFormat::bgra},
    {GST_VIDEO_FORMAT_ARGB, PixelFormat::argb},
    {GST_VIDEO_FORMAT_ABGR, PixelFormat::abgr},
    {GST_VIDEO_FORMAT_I420_10LE, PixelFormat::i420_10le},
    {GST_VIDEO_FORMAT_P010_10LE, PixelFormat::p010_10le},
}};

constexpr std::array<std::pair<std::string_view, Orientation>, 8> kOrientations{{
    {"rotate-0", Orientation::rotate_0},
    {"rotate-90", Orientation::rotate_90},
    {"rotate-180", Orientation::rotate_180},
    {"rotate-270", Orientation::rotate_270},
    {"flip-rotate-0", Orientation::flip_rotate_0},
    {"flip-rotate-90", Orientation::flip_rotate_90},
    {"flip-rotate-180", Orientation::flip_rotate_180},
    {"flip-rotate-270", Orientation::flip_rotate_270},
}};

/// What GStreamer assumes for a format and size of which nothing is said.
GstVideoColorimetry default_colorimetry(const GstVideoInfo& info) {
  GstVideoInfo plain;
  gst_video_info_set_format(&plain, GST_VIDEO_INFO_FORMAT(&info), static_cast<guint>(GST_VIDEO_INFO_WIDTH(&info)),
                            static_cast<guint>(GST_VIDEO_INFO_HEIGHT(&info)));
  return plain.colorimetry;
}

std::optional<ColorMatrix> matrix_from(GstVideoColorMatrix matrix) {
  switch (matrix) {
    case GST_VIDEO_COLOR_MATRIX_FCC: return ColorMatrix::fcc;
    case GST_VIDEO_COLOR_MATRIX_BT709: return ColorMatrix::bt709;
    case GST_VIDEO_COLOR_MATRIX_BT601: return ColorMatrix::bt601;
    case GST_VIDEO_COLOR_MATRIX_SMPTE240M: return ColorMatrix::smpte240m;
    case GST_VIDEO_COLOR_MATRIX_BT2020: return ColorMatrix::bt2020;
    default: return std::nullopt;  // unknown, or RGB on a format that is not
  }
}

}  // namespace

std::optional<PixelFormat> pixel_format_of(GstVideoFormat format) {
  for (const auto& [theirs, ours] : kFormats) {
    if (theirs == format) return ours;
  }
  return std::nullopt;
}

GstCaps* readable_caps() {
  GValue formats = G_VALUE_INIT;
  g_value_init(&formats, GST_TYPE_LIST);
  for (const auto& entry : kFormats) {
    GValue name = G_VALUE_INIT;
    g_value_init(&name, G_TYPE_STRING);
    g_value_set_static_string(&name, gst_video_format_to_string(entry.first));
    gst_value_list_append_and_take_value(&formats, &name);
  }
  GstStructure* structure = gst_structure_new_empty("video/x-raw");
  gst_structure_take_value(structure, "format", &formats);
  GstCaps* caps = gst_caps_new_empty();
  gst_caps_append_structure(caps, structure);
  return caps;
}

bool video_info_from_caps(GstVideoInfo& info, const GstCaps* caps) {
  if (!gst_video_info_from_caps(&info, caps)) return false;
  GstVideoColorimetry stated;
  const char* text = gst_structure_get_string(gst_caps_get_structure(caps, 0), "colorimetry");
  if (text != nullptr && gst_video_colorimetry_from_string(&stated, text) &&
      stated.range != GST_VIDEO_COLOR_RANGE_UNKNOWN) {
    info.colorimetry.range = stated.range;
  }
  return true;
}

ColorMatrix color_matrix_of(const GstVideoInfo& info) {
  const GstVideoFormatInfo* format = info.finfo;
  if (GST_VIDEO_FORMAT_INFO_IS_RGB(format)) return ColorMatrix::rgb;
  if (const auto matrix = matrix_from(info.colorimetry.matrix)) return *matrix;
  return matrix_from(default_colorimetry(info).matrix).value_or(ColorMatrix::bt601);
}

ColorRange color_range_of(const GstVideoInfo& info) {
  GstVideoColorRange range = info.colorimetry.range;
  if (range == GST_VIDEO_COLOR_RANGE_UNKNOWN) range = default_colorimetry(info).range;
  return range == GST_VIDEO_COLOR_RANGE_16_235 ? ColorRange::limited : ColorRange::full;
}

std::optional<Orientation> orientation_from(std::string_view tag) {
  for (const auto& [name, orientation] : kOrientations) {
    if (name == tag) return orientation;
  }
  return std::nullopt;
}

std::optional<Orientation> orientation_of(const GstTagList* tags) {
  const char* text = nullptr;
  if (tags == nullptr || !gst_tag_list_peek_string_index(tags, GST_TAG_IMAGE_ORIENTATION, 0, &text)) {
    return std::nullopt;
  }
  return orientation_from(text);
}

FrameView view_of(const GstVideoFrame& frame, Orientation orientation) {
  const GstVideoInfo& info = frame.info;
  const auto format = pixel_format_of(GST_VIDEO_INFO_FORMAT(&info));
  if (!format) {
    throw Error(ErrorCode::unsupported,
                std::string("[frame] pixel format ") + gst_video_format_to_string(GST_VIDEO_INFO_FORMAT(&info)) +
                    " is not read directly",
                "convert it to RGBx first");
  }
  FrameView view;
  view.format = *format;
  view.width = GST_VIDEO_FRAME_WIDTH(&frame);
  view.height = GST_VIDEO_FRAME_HEIGHT(&frame);
  for (guint i = 0; i < GST_VIDEO_FRAME_N_PLANES(&frame); ++i) {
    view.planes[i] = static_cast<const std::uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, i));
    view.strides[i] = GST_VIDEO_FRAME_PLANE_STRIDE(&frame, i);
  }
  view.matrix = color_matrix_of(info);
  view.range = color_range_of(info);
  view.orientation = orientation;
  if (GST_VIDEO_INFO_PAR_N(&info) > 0 && GST_VIDEO_INFO_PAR_D(&info) > 0) {
    view.par_n = GST_VIDEO_INFO_PAR_N(&info);
    view.par_d = GST_VIDEO_INFO_PAR_D(&info);
  }
  return view;
}

}  // namespace vifi
