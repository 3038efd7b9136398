// How much processor time does classifying a video cost besides decoding and encoding?
// usage: classify_share MODEL VIDEO
//
// Decoding is measured by reading the same file alone, encoding by the clock of the model's own thread (the model
// runs on one), and what is left of the whole is everything else: sampling, preparation, windows, hand-over.
#include <dirent.h>

#include <cstdint>
#include <cstdio>
#include <ctime>
#include <exception>
#include <fstream>
#include <sstream>
#include <string>

#include <unistd.h>

#include "vifi/classify.h"
#include "vifi/model_host.h"
#include "vifi/video_reader.h"

namespace {

double process_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

/// Processor time of the threads of this process that bear `name`.
double thread_seconds(const std::string& name) {
  double seconds = 0;
  DIR* tasks = opendir("/proc/self/task");
  while (const dirent* entry = tasks ? readdir(tasks) : nullptr) {
    const std::string folder = std::string("/proc/self/task/") + entry->d_name;
    std::string comm;
    std::getline(std::ifstream(folder + "/comm"), comm);
    if (comm != name) {
      continue;
    }
    std::string line;
    std::getline(std::ifstream(folder + "/stat"), line);
    std::istringstream fields(line.substr(line.rfind(')') + 2));
    std::string skipped;
    for (int i = 0; i < 11; ++i) {
      fields >> skipped;
    }
    double user = 0;
    double system = 0;
    fields >> user >> system;
    seconds += (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
  }
  if (tasks) {
    closedir(tasks);
  }
  return seconds;
}

double decode(const std::string& video) {
  const double before = process_seconds();
  vifi::VideoReader reader(video);
  while (reader.next()) {
  }
  return process_seconds() - before;
}

void measure(const std::string& model, const std::string& video) {
  vifi::ModelOptions options;
  options.path = model;
  options.threads = 1;
  const auto host = vifi::ModelHost::get(options);
  const auto labels = host->embed(vifi::make_label_set({"walking", "running"})).get();
  decode(video);  // plugins are loaded now
  const double decoding = decode(video);

  const double whole_before = process_seconds();
  const double model_before = thread_seconds("vifi-model");
  int results = 0;
  vifi::classify_stream(video, host, labels, vifi::RecogniserOptions{}, vifi::ReaderOptions{}, [&](const vifi::Outcome& outcome, std::int64_t) {
    results += static_cast<int>(outcome.results.size());
  });
  const double encoding = thread_seconds("vifi-model") - model_before;
  const double whole = process_seconds() - whole_before;
  std::printf("whole %.2f s of processor time, decoding %.2f s, model %.2f s, everything else %.2f s (%.1f %%); %d results\n",
              whole, decoding, encoding, whole - decoding - encoding, 100 * (whole - decoding - encoding) / whole, results);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: classify_share MODEL VIDEO\n", stderr);
    return 2;
  }
  try {
    measure(argv[1], argv[2]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "classify_share: %s\n", error.what());
    return 1;
  }
  return 0;
}
