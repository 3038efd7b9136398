#include <gst/gst.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "support/handles.h"

namespace vifi::testing {
namespace {

bool mapped(const std::string& library) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find(library) != std::string::npos) return true;
  }
  return false;
}

/// What gst-inspect-1.0 does, without a second process.
TEST(Inspect, LooksAtTheElementWithoutMappingLibtorch) {
  gst_init(nullptr, nullptr);
  const Handle<GstElement> element(gst_element_factory_make("vificlip", nullptr));
  ASSERT_TRUE(element);
  ASSERT_EQ(gst_element_set_state(element.get(), GST_STATE_READY), GST_STATE_CHANGE_SUCCESS);
  EXPECT_TRUE(mapped("libgstvifi.so"));
  EXPECT_FALSE(mapped("libtorch"));
  EXPECT_FALSE(mapped("libvifi-torch"));
  gst_element_set_state(element.get(), GST_STATE_NULL);
}

TEST(Inspect, TellsWhatTheElementIs) {
  gst_init(nullptr, nullptr);
  GstElementFactory* factory = gst_element_factory_find("vificlip");
  ASSERT_NE(factory, nullptr);
  EXPECT_STREQ(gst_element_factory_get_metadata(factory, GST_ELEMENT_METADATA_KLASS), "Filter/Analyzer/Video");
  EXPECT_EQ(gst_plugin_feature_get_rank(GST_PLUGIN_FEATURE(factory)), static_cast<guint>(GST_RANK_NONE));
  GstPlugin* plugin = gst_plugin_feature_get_plugin(GST_PLUGIN_FEATURE(factory));
  EXPECT_STREQ(gst_plugin_get_license(plugin), "Apache 2.0");
  EXPECT_STREQ(gst_plugin_get_name(plugin), "vifi");
  gst_object_unref(plugin);
  gst_object_unref(factory);
}

/// Runs with VIFI_ENGINE_DIR set to a folder without an engine.
TEST(WithoutEngine, TheElementSaysWhatIsMissingAndWhatToDo) {
  gst_init(nullptr, nullptr);
  const Handle<GstElement> element(gst_element_factory_make("vificlip", nullptr));
  ASSERT_TRUE(element);
  const Handle<GstBus> bus(gst_bus_new());
  gst_element_set_bus(element.get(), bus.get());
  EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
  const Handle<GstMessage> message(gst_bus_pop_filtered(bus.get(), GST_MESSAGE_ERROR));
  ASSERT_TRUE(message);
  GError* error = nullptr;
  gst_message_parse_error(message.get(), &error, nullptr);
  EXPECT_TRUE(g_error_matches(error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_INIT));
  EXPECT_NE(std::string(error->message).find("VIFI_ENGINE_DIR"), std::string::npos) << error->message;
  g_error_free(error);
  gst_element_set_state(element.get(), GST_STATE_NULL);
  gst_element_set_bus(element.get(), nullptr);
}

}  // namespace
}  // namespace vifi::testing
