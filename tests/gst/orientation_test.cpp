#include "orientation.h"

#include <gtest/gtest.h>

namespace vifi::gst {
namespace {

void add(OrientationTags& tags, const char* orientation, GstTagScope scope) {
  GstTagList* list = gst_tag_list_new(GST_TAG_IMAGE_ORIENTATION, orientation, nullptr);
  gst_tag_list_set_scope(list, scope);
  tags.add(list);
  gst_tag_list_unref(list);
}

class Orientations : public ::testing::Test {
 protected:
  void SetUp() override { gst_init(nullptr, nullptr); }
  OrientationTags tags;
};

TEST_F(Orientations, UprightWithoutATag) { EXPECT_EQ(tags.current(), Orientation::rotate_0); }

TEST_F(Orientations, TheStreamsTagCountsBeforeTheFiles) {
  add(tags, "rotate-180", GST_TAG_SCOPE_GLOBAL);
  EXPECT_EQ(tags.current(), Orientation::rotate_180);
  add(tags, "rotate-90", GST_TAG_SCOPE_STREAM);
  EXPECT_EQ(tags.current(), Orientation::rotate_90);
}

TEST_F(Orientations, ANewStreamKeepsTheFilesTagAlone) {
  add(tags, "flip-rotate-270", GST_TAG_SCOPE_GLOBAL);
  add(tags, "rotate-90", GST_TAG_SCOPE_STREAM);
  tags.new_stream();
  EXPECT_EQ(tags.current(), Orientation::flip_rotate_270);
}

TEST_F(Orientations, OtherTagsChangeNothing) {
  add(tags, "rotate-90", GST_TAG_SCOPE_STREAM);
  GstTagList* list = gst_tag_list_new(GST_TAG_TITLE, "title", nullptr);
  tags.add(list);
  gst_tag_list_unref(list);
  EXPECT_EQ(tags.current(), Orientation::rotate_90);
}

}  // namespace
}  // namespace vifi::gst
