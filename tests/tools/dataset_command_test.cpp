// `vifi dataset` as a user runs it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "run.h"
#include "support/temporary_folder.h"

namespace vifi {
namespace {

class DatasetCommand : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& content) {
    std::ofstream(folder_.path(name), std::ios::binary) << content;
    return folder_.path(name);
  }
  std::string content(const std::string& name) {
    std::ifstream file(folder_.path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  TemporaryFolder folder_;
};

TEST_F(DatasetCommand, HelpIsTheProgramsOwn) {
  const Execution run = run_vifi({"dataset", "--help"});
  EXPECT_EQ(run.status, 0);
  EXPECT_NE(run.out.find("few-shot"), std::string::npos) << run.out;
  EXPECT_EQ(run_vifi({"dataset"}).status, 2);
}

TEST_F(DatasetCommand, CountsClasses) {
  const std::string list = write("list.txt", "a.mp4 1\nb c.mp4 1\nd.mp4 0\n");
  const std::string labels = write("labels.csv", "id,name\n0,walking\n1,\"running, fast\"\n2,standing\n");
  const Execution run = run_vifi({"dataset", "list", list, "--labels", labels, "--json"});
  ASSERT_EQ(run.status, 0) << run.err;
  const auto json = nlohmann::json::parse(run.out);
  EXPECT_EQ(json["videos"], 3);
  EXPECT_EQ(json["classes"][1]["name"], "running, fast");
  EXPECT_EQ(json["classes"][1]["videos"], 2);
  EXPECT_EQ(json["classes"][2]["videos"], 0);
}

TEST_F(DatasetCommand, ChecksVideosAndSaysWhatIsWrong) {
  const std::string list = write("list.txt", "vfr.mp4 0\nsingle_frame.mp4 0\ntext.mp4 1\nno such.mp4 1\nvfr.mp4 1\n");
  const Execution run = run_vifi({"dataset", "check", list, "--root", test_file("clips"), "--json"});
  EXPECT_EQ(run.status, 1) << run.err;
  const auto json = nlohmann::json::parse(run.out);
  EXPECT_EQ(json["missing"], 1);
  EXPECT_EQ(json["broken"], 1);
  EXPECT_EQ(json["short"], 1);
  EXPECT_EQ(json["repeated"][0], "vfr.mp4");
  const std::string good = write("good.txt", "vfr.mp4 0\nsingle_frame.mp4 1\n");
  EXPECT_EQ(run_vifi({"dataset", "check", good, "--root", test_file("clips")}).status, 0);
  EXPECT_EQ(run_vifi({"dataset", "check", good, "--root", test_file("clips"), "--not-in", list}).status, 1);
}

TEST_F(DatasetCommand, MakesFewShotListsAndSplits) {
  std::string train, val;
  for (int i = 0; i < 30; ++i) train += "t" + std::to_string(i) + ".mp4 " + std::to_string(i % 3) + "\n";
  train += "more.mp4 2\n";
  for (int i = 0; i < 6; ++i) val += "v" + std::to_string(i) + ".mp4 " + std::to_string(i % 3) + "\n";
  const std::string train_list = write("train.txt", train), val_list = write("val.txt", val);
  const std::string labels = write("labels.csv", "id,name\n0,a\n1,b\n2,c\n");
  ASSERT_EQ(run_vifi({"dataset", "few-shot", train_list, "--shots", "4", "--output", folder_.path("k4.txt")}).status, 0);
  EXPECT_EQ(lines_of(content("k4.txt")).size(), 12U);
  const Execution run = run_vifi({"dataset", "split", "--train", train_list, "--val", val_list, "--labels", labels, "--shots", "2",
                                  "--output", folder_.path("b2n")});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(content("b2n/base_labels.csv"), "id,name\n0,a\n1,c\n");  // c is the most frequent, a comes before b
  EXPECT_EQ(content("b2n/novel_labels.csv"), "id,name\n0,b\n");
  EXPECT_EQ(lines_of(content("b2n/base_train.txt")).size(), 21U);
  EXPECT_EQ(lines_of(content("b2n/fs_base_s3_train.txt")).size(), 4U);
  EXPECT_EQ(content("b2n/novel_val.txt"), "v1.mp4 0\nv4.mp4 0\n");
}

TEST_F(DatasetCommand, NamesWhatItCannotRead) {
  const Execution run = run_vifi({"dataset", "list", folder_.path("none.txt")});
  EXPECT_EQ(run.status, 1);
  EXPECT_NE(run.err.find("none.txt: no such file"), std::string::npos) << run.err;
}

TEST_F(DatasetCommand, AMissingProgramIsNamed) {
  const Execution run = run_vifi({"dataset", "list"}, {{"VIFI_PROGRAM_DIR", folder_.path()}});
  EXPECT_EQ(run.status, 1);
  EXPECT_NE(run.err.find("vifi-dataset cannot be run"), std::string::npos) << run.err;
}

}  // namespace
}  // namespace vifi
