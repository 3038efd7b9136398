#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vifi/error.h"
#include "vifi/labels.h"

namespace vifi {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class LabelFile : public ::testing::Test {
 protected:
  LabelFile() : folder_(std::filesystem::path(::testing::TempDir()) / ("vifi-labels-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~LabelFile() override { std::filesystem::remove_all(folder_); }

  std::string file(std::string_view content) const {
    const std::string path = folder_ / "labels";
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  std::vector<Label> labels(std::string_view content) const { return read_label_file(file(content)).labels; }

  /// The code and the message, without the path, of what reading `content` throws.
  std::string refusal(std::string_view content) const {
    try {
      read_label_file(file(content));
    } catch (const Error& error) {
      const std::string prefix = "[labels] " + (folder_ / "labels").string() + ": ";
      EXPECT_THAT(error.message(), HasSubstr(prefix));
      EXPECT_FALSE(error.hint().empty());
      return std::string(name_of(error.code())) + ": " + error.message().substr(prefix.size());
    }
    return "read";
  }

  std::filesystem::path folder_;
};

TEST_F(LabelFile, HoldsOneNameALine) {
  EXPECT_THAT(labels("brush hair\n\n  climb stairs \r\nfall, floor"),
              ElementsAre(Label{0, "brush hair"}, Label{1, "climb stairs"}, Label{2, "fall, floor"}));
}

TEST_F(LabelFile, ReadsCsvWithTheIdsOfTheFile) {
  EXPECT_THAT(labels("id,name\n3,archery\n1,arm wrestling\n"),
              ElementsAre(Label{3, "archery"}, Label{1, "arm wrestling"}));
}

TEST_F(LabelFile, ReadsQuotedNamesWithCommasApostrophesAndParentheses) {
  EXPECT_THAT(labels("id,name\n"
                     "0,\"Approaching something with your camera\"\n"
                     "1,\"Pushing something so that it almost falls off but doesn't\"\n"
                     "2,\"Lifting a surface with something on it until it starts sliding down, or (almost)\"\n"
                     "3,\"a \"\"quoted\"\" word\"\n"),
              ElementsAre(Label{0, "Approaching something with your camera"},
                          Label{1, "Pushing something so that it almost falls off but doesn't"},
                          Label{2, "Lifting a surface with something on it until it starts sliding down, or (almost)"},
                          Label{3, "a \"quoted\" word"}));
}

TEST_F(LabelFile, NoCarriageReturnAndNoByteOrderMarkReachesAName) {
  EXPECT_THAT(labels("\xEF\xBB\xBFid,name\r\n0,ApplyEyeMakeup\r\n1,ApplyLipstick\r\n"),
              ElementsAre(Label{0, "ApplyEyeMakeup"}, Label{1, "ApplyLipstick"}));
  EXPECT_THAT(labels("\xEF\xBB\xBFwalking\rrunning"), ElementsAre(Label{0, "walking"}, Label{1, "running"}));
}

TEST_F(LabelFile, FindsTheColumnsByTheirNames) {
  EXPECT_THAT(labels("\"name\", \"id\", \"group\"\nwalking, 5, legs\n"), ElementsAre(Label{5, "walking"}));
}

TEST_F(LabelFile, ReadsAJsonList) {
  EXPECT_THAT(labels(R"(  ["walking", "dog, on leash", "caf\u00e9"] )"),
              ElementsAre(Label{0, "walking"}, Label{1, "dog, on leash"}, Label{2, "café"}));
}

TEST_F(LabelFile, APlainNameMayBeginWithABracket) {
  EXPECT_THAT(labels("[unknown]\nwalking"), ElementsAre(Label{0, "[unknown]"}, Label{1, "walking"}));
}

TEST_F(LabelFile, ReadsAPipe) {
  EXPECT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  std::thread writer([this] { std::ofstream(folder_ / "pipe") << "walking\n"; });
  EXPECT_THAT(read_label_file(folder_ / "pipe").labels, ElementsAre(Label{0, "walking"}));
  writer.join();
}

TEST_F(LabelFile, NamesTheLineThatIsWrong) {
  EXPECT_EQ(refusal("walking\nrunning\n\nwalking\n"), "corrupt: line 4 is \"walking\", which line 1 is already");
  EXPECT_EQ(refusal("id,name\n0,a\n\n0,b"), "corrupt: line 4 has the id 0 a second time");
  EXPECT_EQ(refusal("id,name\nx,a"), "corrupt: line 2 has the id \"x\", expected a whole number from 0 to 999999999");
  EXPECT_EQ(refusal("id,name\n-1,a"), "corrupt: line 2 has the id \"-1\", expected a whole number from 0 to 999999999");
  EXPECT_EQ(refusal("id,name\n1000000000,a"),
            "corrupt: line 2 has the id \"1000000000\", expected a whole number from 0 to 999999999");
  EXPECT_EQ(refusal("a\n" + std::string(4097, 'b')), "corrupt: line 2 has a name of 4097 bytes, expected at most 4096");
  EXPECT_EQ(refusal("id,name\n0,a, b"), "corrupt: line 2 has 3 fields, expected 2");
  EXPECT_EQ(refusal("id,name\n0,\"a"), "corrupt: line 2 opens a quote that does not close");
  EXPECT_EQ(refusal("id,name\n0,\"a\"b"), "corrupt: line 2 goes on after a closing quote");
  EXPECT_EQ(refusal("id,name\n0,"), "corrupt: line 2 has an empty name");
  EXPECT_EQ(refusal("walking\nr\xE9sum\xE9\n"), "corrupt: line 2 is not UTF-8");
  EXPECT_EQ(refusal(std::string_view("walking\nx\0y", 11)), "corrupt: line 2 holds a NUL byte, not text");
}

TEST_F(LabelFile, NamesTheItemOfAJsonListThatIsWrong) {
  EXPECT_EQ(refusal(R"(["a", 2])"), "corrupt: item 2 is a JSON number, expected a string");
  EXPECT_EQ(refusal(R"(["a", ""])"), "corrupt: item 2 has an empty name");
  EXPECT_EQ(refusal(R"(["a", "a"])"), "corrupt: item 2 is \"a\", which item 1 is already");
  EXPECT_EQ(refusal(R"(["a", ["b"]])"), "corrupt: the JSON list holds a list or an object, expected strings");
  EXPECT_EQ(refusal(R"(["a", "b")"), "corrupt: the JSON list is broken at byte 10");
  EXPECT_EQ(refusal(R"(["a", 1e999])"), "corrupt: the JSON list holds a number out of range, expected strings");
}

TEST_F(LabelFile, TakesABracketBeforeAHugeNumberForPlainText) {
  EXPECT_THAT(labels("[1e999]"), ElementsAre(Label{0, "[1e999]"}));
}

TEST_F(LabelFile, RefusesAFileWithoutLabels) {
  EXPECT_EQ(refusal(""), "corrupt: holds no label");
  EXPECT_EQ(refusal("\n \n"), "corrupt: holds no label");
  EXPECT_EQ(refusal("id,name\n"), "corrupt: holds no label");
  EXPECT_EQ(refusal("[]"), "corrupt: holds no label");
}

TEST_F(LabelFile, RefusesAFileThatIsTooLarge) {
  EXPECT_EQ(refusal(std::string((16 << 20) + 1, 'a')), "corrupt: more than 16 MiB, too large for a label file");
}

TEST_F(LabelFile, TellsAMissingFileFromAFolder) {
  try {
    read_label_file(folder_ / "missing");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::not_found);
  }
  try {
    read_label_file(folder_);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unreadable);
  }
}

}  // namespace
}  // namespace vifi
