#include "data/annotations.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "support/temporary_folder.h"
#include "vifi/error.h"

namespace vifi::train {
namespace {

using List = std::vector<Annotation>;

class Annotations : public testing::Test {
 protected:
  std::string file(const std::string& content) {
    const std::string path = folder_.path("list.txt");
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  Error refusal(const std::string& content) {
    try {
      read_annotations(file(content));
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "was read: " << content;
    return Error(ErrorCode::internal, "");
  }

  TemporaryFolder folder_;
};

TEST_F(Annotations, ALineIsAPathAndALabel) {
  EXPECT_EQ(read_annotations(file("val/a.mp4 3\nval/b.mp4 0\n")), (List{{"val/a.mp4", 3}, {"val/b.mp4", 0}}));
}

TEST_F(Annotations, TheLabelStandsBehindTheLastBlank) {
  EXPECT_EQ(read_annotations(file("my clips/a 1.mp4 2")), (List{{"my clips/a 1.mp4", 2}}));
}

TEST_F(Annotations, WindowsLineEndsBlankLinesAndAByteOrderMarkArePassed) {
  EXPECT_EQ(read_annotations(file("\xEF\xBB\xBF" "a.mp4 1\r\n\r\nb.mp4\t2\r\n")), (List{{"a.mp4", 1}, {"b.mp4", 2}}));
}

TEST_F(Annotations, NoCharacterOfANameIsSpecial) {
  EXPECT_EQ(read_annotations(file("#1_[HD]&(x);~+'\"%20.avi 7\n")), (List{{"#1_[HD]&(x);~+'\"%20.avi", 7}}));
}

TEST_F(Annotations, ACommaSeparatesWhereNoBlankDoes) {
  EXPECT_EQ(read_annotations(file("kick ball/a b.avi,4\n")), (List{{"kick ball/a b.avi", 4}}));
}

TEST_F(Annotations, NameTheLineThatHasNoLabel) {
  const Error error = refusal("a.mp4 1\nb.mp4\n");
  EXPECT_EQ(error.code(), ErrorCode::corrupt);
  EXPECT_NE(error.message().find("line 2 is \"b.mp4\", expected a path"), std::string::npos) << error.what();
}

TEST_F(Annotations, RefuseWhatIsNoList) {
  EXPECT_EQ(refusal("").code(), ErrorCode::corrupt);
  EXPECT_EQ(refusal("a.mp4 -1\n").code(), ErrorCode::corrupt);
  EXPECT_EQ(refusal("a.mp4 99999999999999999999\n").code(), ErrorCode::corrupt);
  EXPECT_EQ(refusal("7\n").code(), ErrorCode::corrupt);
  EXPECT_EQ(refusal(std::string("a\0b 1\n", 6)).code(), ErrorCode::corrupt);
  EXPECT_THROW(read_annotations("no/such/list.txt"), Error);
  EXPECT_THROW(read_annotations("/"), Error);
}

TEST_F(Annotations, WhatIsWrittenIsReadBack) {
  const List list{{"a b/#1.mp4", 3}, {"-c.mp4", 0}};
  const std::string path = folder_.path("out.txt");
  write_annotations(path, list);
  EXPECT_EQ(read_annotations(path), list);
  EXPECT_THROW(write_annotations(path, List{{"two\nlines", 0}}), Error);
  EXPECT_THROW(write_annotations(folder_.path("none/out.txt"), list), Error);
}

TEST_F(Annotations, LabelFilesKeepCommasAndQuotes) {
  const LabelSet labels = make_label_set({"Removing something, revealing something", "a \"quoted\" name", "plain"});
  const std::string path = folder_.path("labels.csv");
  write_label_file(path, labels);
  EXPECT_EQ(read_label_file(path), labels);
}

TEST_F(Annotations, CaptionsFollowATab) {
  const std::vector<Caption> captions{{"a b.mp4", "a person, running"}, {"c.mp4", "nobody"}};
  const std::string path = folder_.path("captions.tsv");
  write_captions(path, captions);
  EXPECT_EQ(read_captions(path), captions);
  EXPECT_THROW(read_captions(file("a.mp4 no tab\n")), Error);
}

TEST_F(Annotations, ThePublishedListsAreReadToTheLastByte) {
  const char* shared = std::getenv("VIFI_SHARED");
  if (shared == nullptr) GTEST_SKIP() << "VIFI_SHARED is not set: there are no published lists";
  std::size_t lists = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(shared) / "data/splits")) {
    if (entry.path().extension() != ".txt") continue;
    const List list = read_annotations(entry.path());
    EXPECT_EQ(list.size(), 40U) << entry.path();
    for (const Annotation& item : list) {
      EXPECT_NE(item.path.find_last_of('.'), std::string::npos) << item.path;
      EXPECT_EQ(item.path.find_first_of(" \r"), std::string::npos) << item.path;
      EXPECT_LT(item.label, 400) << item.path;
    }
    ++lists;
  }
  EXPECT_EQ(lists, 8U);
}

}  // namespace
}  // namespace vifi::train
