#include "published.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "vifi/bundle.h"

namespace vifi {
namespace {

TEST(Published, NamesAndChecksumsAreDifferent) {
  std::set<std::string> names;
  std::set<std::string> sums;
  for (const PublishedModel& model : published_models()) {
    names.insert(model.name);
    sums.insert(model.sha256);
    EXPECT_EQ(model.sha256.size(), 64U) << model.name;
    EXPECT_NE(model.address.find("/" + model.sha256 + "/" + model.file), std::string::npos) << model.address;
  }
  EXPECT_EQ(names.size(), 9U);
  EXPECT_EQ(sums.size(), 9U);
}

TEST(Published, AreFoundWhateverTheirCapitals) {
  ASSERT_NE(published_model("vit-l/14@336PX"), nullptr);
  EXPECT_EQ(published_model("vit-l/14@336PX")->file, "ViT-L-14-336px.pt");
  EXPECT_EQ(published_model("ViT-B/1"), nullptr);
  EXPECT_EQ(published_model(""), nullptr);
}

TEST(Published, TheirBundlesCanBeRead) {
  const auto folder = std::filesystem::path(::testing::TempDir()) / "vifi-published";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "weights.pt") << "x";
  for (const PublishedModel& model : published_models()) {
    auto json = published_bundle(model);
    json.update({{"format", "vifi-bundle"}, {"version", 1}, {"weights", "weights.pt"}});
    std::ofstream(folder / "vifi.json") << json;
    const Bundle bundle = read_bundle(folder.string());
    EXPECT_EQ(bundle.preprocess.has_value(), model.runs) << model.name;
    if (!model.runs) continue;
    EXPECT_EQ(bundle.preprocess->size, model.name == "ViT-L/14@336px" ? 336 : 224);
  }
}

}  // namespace
}  // namespace vifi
