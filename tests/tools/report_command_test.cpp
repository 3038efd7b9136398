// `vifi report` as a user runs it, on a training of a few drawn clips.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "run.h"
#include "support/temporary_folder.h"

namespace vifi {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// Whether every tag of a page is closed in its turn, as XML asks. @return what is wrong, or nothing
std::string misnested(const std::string& page) {
  std::vector<std::string> open;
  std::size_t at = page.find("<html");
  while ((at = page.find('<', at)) != std::string::npos) {
    const std::size_t end = page.find('>', at);
    if (end == std::string::npos) return "a tag without an end";
    const std::string tag = page.substr(at + 1, end - at - 1);
    if (tag.find('<') != std::string::npos) return "a < within <" + tag;
    const std::size_t begin = tag.starts_with('/') ? 1 : 0;
    const std::string name = tag.substr(begin, tag.find_first_of(" /", 1) - begin);
    if (begin == 1) {
      if (open.empty() || open.back() != name) return "</" + name + "> at " + std::to_string(at);
      open.pop_back();
    } else if (!tag.ends_with('/')) {
      open.push_back(name);
    }
    at = end;
  }
  return open.empty() ? "" : "<" + open.back() + "> is not closed";
}

class ReportCommand : public testing::Test {
 protected:
  TemporaryFolder folder_;
};

TEST_F(ReportCommand, MakesAPageOfATrainingAndItsTest) {
  ASSERT_EQ(
      run_vifi({"dataset", "mini", folder_.path("world"), "--list", "base", "--set", "train", "--clips", "1"}).status,
      0);
  // Labels in another order than the clips', so that clips are named wrong.
  const std::vector<std::string> list = lines_of(content(folder_.path("world/train.txt")));
  const std::vector<std::string> names = lines_of(content(folder_.path("world/base_labels.csv")));
  std::ofstream few(folder_.path("few_shot_1.txt")), labels(folder_.path("labels.csv"));
  labels << names.at(0) << '\n';
  for (std::size_t i = 0; i < 6; ++i) {
    const std::string& next = names.at(1 + (i + 1) % 6);
    few << list.at(i) << '\n';
    labels << i << next.substr(next.find(',')) << '\n';
  }
  few.close();
  labels.close();
  std::ofstream(folder_.path("run.yaml"))
      << "DATA:\n  INPUT_SIZE: 64\n  NUM_FRAMES: 2\n  NUM_CLASSES: 6\n  ROOT: '" << folder_.path("world")
      << "'\n  LABEL_LIST: '" << folder_.path("labels.csv") << "'\n  TRAIN_FILE: '" << folder_.path("few_shot_1.txt")
      << "'\n  VAL_FILE: '" << folder_.path("few_shot_1.txt")
      << "'\nTRAIN:\n  EPOCHS: 2\n  WARMUP_EPOCHS: 0\n  LR: 1.e-7\n  BATCH_SIZE: 2\nPRINT_FREQ: 1\n";
  const auto command = [&](const std::string& name, const std::vector<std::string>& more) {
    std::vector<std::string> words{
        name,        "--config", folder_.path("run.yaml"), "--pretrained", std::getenv("VIFI_DEFAULT_MODEL"),
        "--threads", "1"};
    words.insert(words.end(), more.begin(), more.end());
    return run_vifi(words);
  };
  const std::string run = folder_.path("<run> & co");
  const Execution train = command("train", {"--output", run});
  ASSERT_EQ(train.status, 0) << train.err;
  const Execution eval = command("eval", {"--weights", run + "/best.pth", "--report", run + "/test.json"});
  ASSERT_EQ(eval.status, 0) << eval.err;

  const Execution report = run_vifi({"report", run, "--json"});
  ASSERT_EQ(report.status, 0) << report.err;
  const auto summary = nlohmann::json::parse(report.out);
  EXPECT_EQ(summary["page"], run + "/report.html");
  EXPECT_EQ(summary["rows"][0]["name"], "<run> & co");
  const auto scores = nlohmann::json::parse(content(run + "/test.json"));
  EXPECT_EQ(scores["weights"], run + "/best.pth");
  EXPECT_EQ(summary["rows"][0]["scores"]["K=1"]["top1"], scores["rows"][0]["top1"]);
  EXPECT_TRUE(summary["rows"][0]["scores"].contains("validation"));

  const std::string page = content(run + "/report.html");
  EXPECT_EQ(misnested(page), "");
  EXPECT_THAT(page, Not(HasSubstr("http")));
  for (const char* part :
       {"<th>&lt;run&gt; &amp; co</th>", ">K=1</th>", ">validation</th>", "aria-label=\"loss over epochs\"",
        "aria-label=\"accuracy over epochs\"", "aria-label=\"learning rate over epochs\"",
        "aria-label=\"confusion matrix\"", "Weakest classes", "src=\"data:image/png;base64,iVBORw0KGgo"}) {
    EXPECT_THAT(page, HasSubstr(part));
  }

  const Execution elsewhere =
      run_vifi({"report", run, "--root", folder_.path("gone"), "--output", folder_.path("two.html")});
  ASSERT_EQ(elsewhere.status, 0) << elsewhere.err;
  const std::string other = content(folder_.path("two.html"));
  EXPECT_THAT(other, HasSubstr("clips cannot be shown: [data root] " + folder_.path("gone")));
  EXPECT_THAT(other, Not(HasSubstr("base64")));
}

TEST_F(ReportCommand, RefusesWhatIsNoRun) {
  const Execution missing = run_vifi({"report", folder_.path("none")});
  EXPECT_EQ(missing.status, 1);
  EXPECT_THAT(missing.err, HasSubstr("[report] " + folder_.path("none") + ": no such file or run folder"));
  std::ofstream(folder_.path("log.jsonl")) << "{\"epoch\":0,\"step\":1,\"loss\":1,\"lr\":0}\n{\"epoch\":\n";
  const Execution broken = run_vifi({"report", folder_.path()});
  EXPECT_EQ(broken.status, 1);
  EXPECT_THAT(broken.err, HasSubstr("log.jsonl: line 2 is"));
  EXPECT_EQ(run_vifi({"report"}).status, 2);
  EXPECT_EQ(run_vifi({"report", "--errors", "-1", folder_.path()}).status, 2);
  const Execution help = run_vifi({"report", "--help"});
  EXPECT_EQ(help.status, 0);
  EXPECT_THAT(help.out, HasSubstr("Example:\n  vifi eval"));
}

}  // namespace
}  // namespace vifi
