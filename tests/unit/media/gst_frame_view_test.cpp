#include "vifi/media/gst_frame_view.h"

#include <gtest/gtest.h>

#include <memory>

#include "vifi/error.h"

namespace vifi {
namespace {

GstVideoInfo info_of(const char* caps_text) {
  GstCaps* caps = gst_caps_from_string(caps_text);
  GstVideoInfo info;
  EXPECT_TRUE(video_info_from_caps(info, caps)) << caps_text;
  gst_caps_unref(caps);
  return info;
}

/// A mapped frame of its own buffer.
class MappedFrame {
 public:
  explicit MappedFrame(const char* caps_text) {
    GstVideoInfo info = info_of(caps_text);
    GstBuffer* buffer = gst_buffer_new_allocate(nullptr, GST_VIDEO_INFO_SIZE(&info), nullptr);
    EXPECT_TRUE(gst_video_frame_map(&frame_, &info, buffer, GST_MAP_READ));
    gst_buffer_unref(buffer);
  }
  ~MappedFrame() { gst_video_frame_unmap(&frame_); }
  MappedFrame(const MappedFrame&) = delete;
  MappedFrame& operator=(const MappedFrame&) = delete;

  const GstVideoFrame& get() const { return frame_; }

 private:
  GstVideoFrame frame_;
};

TEST(GstFrameView, PlanesKeepTheFormatsOwnOrder) {
  const MappedFrame frame("video/x-raw,format=YV12,width=8,height=4,framerate=25/1");
  const FrameView view = view_of(frame.get(), Orientation::rotate_0);
  EXPECT_EQ(view.format, PixelFormat::yv12);
  EXPECT_EQ(view.width, 8);
  EXPECT_EQ(view.height, 4);
  EXPECT_EQ(view.strides[0], 8);
  EXPECT_EQ(view.strides[1], 4);
  EXPECT_EQ(view.planes[1], view.planes[0] + 32);  // V lies directly behind Y
  EXPECT_EQ(view.planes[2], view.planes[1] + 8);
  EXPECT_EQ(view.planes[3], nullptr);
}

TEST(GstFrameView, CarriesPixelAspectAndOrientation) {
  const MappedFrame frame("video/x-raw,format=I420,width=16,height=16,framerate=25/1,pixel-aspect-ratio=16/11");
  const FrameView view = view_of(frame.get(), Orientation::flip_rotate_90);
  EXPECT_EQ(view.par_n, 16);
  EXPECT_EQ(view.par_d, 11);
  EXPECT_EQ(view.orientation, Orientation::flip_rotate_90);
}

TEST(GstFrameView, UntaggedMaterialFollowsGStreamersDefaults) {
  const GstVideoInfo sd = info_of("video/x-raw,format=I420,width=320,height=240,framerate=25/1");
  EXPECT_EQ(color_matrix_of(sd), ColorMatrix::bt601);
  EXPECT_EQ(color_range_of(sd), ColorRange::limited);
  const GstVideoInfo hd = info_of("video/x-raw,format=NV12,width=1280,height=720,framerate=25/1");
  EXPECT_EQ(color_matrix_of(hd), ColorMatrix::bt709);
  const GstVideoInfo rgb = info_of("video/x-raw,format=BGRx,width=320,height=240,framerate=25/1");
  EXPECT_EQ(color_matrix_of(rgb), ColorMatrix::rgb);
  EXPECT_EQ(color_range_of(rgb), ColorRange::full);
}

TEST(GstFrameView, TagsAreFollowed) {
  const GstVideoInfo full = info_of("video/x-raw,format=I420,width=320,height=240,framerate=25/1,colorimetry=1:3:5:1");
  EXPECT_EQ(color_matrix_of(full), ColorMatrix::bt709);
  EXPECT_EQ(color_range_of(full), ColorRange::full);
  const GstVideoInfo wide = info_of("video/x-raw,format=I420_10LE,width=320,height=240,framerate=25/1,colorimetry=bt2020-10");
  EXPECT_EQ(color_matrix_of(wide), ColorMatrix::bt2020);
}

TEST(GstFrameView, AnUnknownMatrixDoesNotHideAKnownRange) {
  const GstVideoInfo info = info_of("video/x-raw,format=I420,width=320,height=240,framerate=25/1,colorimetry=1:0:0:0");
  EXPECT_EQ(color_matrix_of(info), ColorMatrix::bt601);
  EXPECT_EQ(color_range_of(info), ColorRange::full);
  const GstVideoInfo range_unknown =
      info_of("video/x-raw,format=I420,width=320,height=240,framerate=25/1,colorimetry=0:3:0:0");
  EXPECT_EQ(color_matrix_of(range_unknown), ColorMatrix::bt709);
  EXPECT_EQ(color_range_of(range_unknown), ColorRange::limited);
}

TEST(GstFrameView, OtherFormatsAreRefusedByName) {
  const MappedFrame frame("video/x-raw,format=A420,width=8,height=8,framerate=25/1");
  try {
    view_of(frame.get(), Orientation::rotate_0);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unsupported);
    EXPECT_NE(error.message().find("A420"), std::string::npos);
  }
}

TEST(GstFrameView, EveryReadableFormatHasAView) {
  GstCaps* caps = readable_caps();
  const GValue* formats = gst_structure_get_value(gst_caps_get_structure(caps, 0), "format");
  ASSERT_EQ(gst_value_list_get_size(formats), 21U);
  for (guint i = 0; i < 21; ++i) {
    const char* name = g_value_get_string(gst_value_list_get_value(formats, i));
    EXPECT_TRUE(pixel_format_of(gst_video_format_from_string(name)).has_value()) << name;
  }
  gst_caps_unref(caps);
}

TEST(GstFrameView, ReadsTheOrientationTag) {
  GstTagList* tags = gst_tag_list_new(GST_TAG_IMAGE_ORIENTATION, "flip-rotate-270", nullptr);
  EXPECT_EQ(orientation_of(tags), Orientation::flip_rotate_270);
  gst_tag_list_unref(tags);
  EXPECT_EQ(orientation_of(nullptr), std::nullopt);
  EXPECT_EQ(orientation_from("upside-down"), std::nullopt);
}

}  // namespace
}  // namespace vifi
