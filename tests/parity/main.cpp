// The parity runner: every golden case below the given folders, through the library's own code paths.

#include <getopt.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <set>

#include "parity_config.h"
#include "runner.h"

namespace vifi::parity {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUsage =
    "usage: vifi-parity [--suite S]... [--list] [--verbose] [--report FILE.json] [--allow-unsupported] FOLDER...\n"
    "Runs the golden cases below each FOLDER and compares results with the stored ones.\n"
    "\n"
    "  --suite S            only this suite (may be repeated)\n"
    "  --list               print suite/case and operation, run nothing\n"
    "  --verbose            a line for every case, and one for every tensor\n"
    "  --report FILE.json   write all outcomes there\n"
    "  --allow-unsupported  operations unknown to this build do not fail the run\n"
    "\n"
    "example: vifi-parity --suite preprocess tests/data/golden\n"
    "exit status: 0 all passed, 1 a case failed or is unsupported, 2 usage\n";

struct Options {
  std::set<std::string> suites;
  std::vector<fs::path> folders;
  std::string report;
  bool list = false;
  bool verbose = false;
  bool allow_unsupported = false;
};

struct Tally {
  int passed = 0, failed = 0, unsupported = 0;

  void add(Status status) { ++(status == Status::passed ? passed : status == Status::failed ? failed : unsupported); }
};

struct Entry {
  CaseFile header;
  Outcome outcome;
};

/// @throws std::invalid_argument with what is wrong with the command line
Options parse(int argc, char** argv) {
  const option options[] = {{"suite", required_argument, nullptr, 's'},
                            {"list", no_argument, nullptr, 'l'},
                            {"verbose", no_argument, nullptr, 'v'},
                            {"report", required_argument, nullptr, 'r'},
                            {"allow-unsupported", no_argument, nullptr, 'a'},
                            {"help", no_argument, nullptr, 'h'},
                            {nullptr, 0, nullptr, 0}};
  Options parsed;
  for (int letter; (letter = getopt_long(argc, argv, "", options, nullptr)) != -1;) {
    switch (letter) {
      case 's':
        parsed.suites.insert(optarg);
        break;
      case 'l':
        parsed.list = true;
        break;
      case 'v':
        parsed.verbose = true;
        break;
      case 'r':
        parsed.report = optarg;
        break;
      case 'a':
        parsed.allow_unsupported = true;
        break;
      case 'h':
        std::fputs(kUsage, stdout);
        std::exit(0);
      default:
        throw std::invalid_argument("unknown option");
    }
  }
  parsed.folders.assign(argv + optind, argv + argc);
  if (parsed.folders.empty()) {
    throw std::invalid_argument("no folder given");
  }
  return parsed;
}

std::string case_name(const CaseFile& file) {
  return file.suite + "/" + file.name;
}

std::vector<Entry> collect(const Options& options) {
  std::vector<Entry> entries;
  std::set<fs::path> seen;
  for (const fs::path& root : options.folders) {
    for (const fs::path& folder : find_cases(root)) {
      CaseFile header = read_case_header(folder);
      if ((options.suites.empty() || options.suites.contains(header.suite)) &&
          seen.insert(header.input.folder).second) {
        entries.push_back({std::move(header), {}});
      }
    }
  }
  return entries;
}

bool is_isolated(const Entry& entry) {
  return entry.header.limits.time || entry.header.limits.memory_bytes;
}

Outcome run(const Entry& entry) {
  try {
    const CaseFile file = read_case(entry.header.input.folder);
    return is_isolated(entry) && find_operation(file.op) ? run_case_isolated(file) : run_case(file);
  } catch (const std::exception& error) {
    return {Status::failed, {error.what()}, {}, 0};
  }
}

void print(const Entry& entry, const Options& options) {
  const Outcome& outcome = entry.outcome;
  const char* words[] = {"PASS", "FAIL", "UNSUPPORTED"};
  const bool loud = options.verbose || outcome.status == Status::failed;
  if (!loud) {
    return;
  }
  std::cout << words[static_cast<int>(outcome.status)] << ' ' << case_name(entry.header);
  if (!outcome.complaints.empty()) {
    std::cout << ": " << outcome.complaints.front();
    if (outcome.complaints.size() > 1) {
      std::cout << " (and " << outcome.complaints.size() - 1 << " more)";
    }
  }
  std::cout << '\n';
  if (options.verbose) {
    for (std::size_t i = 1; i < outcome.complaints.size(); ++i) {
      std::cout << "    also: " << outcome.complaints[i] << '\n';
    }
    for (const std::string& detail : outcome.details) {
      std::cout << "    " << detail << '\n';
    }
  }
}

void write_report(const std::string& path, const std::vector<Entry>& entries,
                  const std::map<std::string, Tally>& suites, const Tally& total) {
  const auto as_json = [](const Tally& tally) {
    return nlohmann::json{{"passed", tally.passed}, {"failed", tally.failed}, {"unsupported", tally.unsupported}};
  };
  nlohmann::json report = as_json(total);
  for (const auto& [suite, tally] : suites) {
    report["suites"][suite] = as_json(tally);
  }
  const char* words[] = {"passed", "failed", "unsupported"};
  for (const Entry& entry : entries) {
    report["cases"].push_back({{"suite", entry.header.suite},
                               {"case", entry.header.name},
                               {"op", entry.header.op},
                               {"status", words[static_cast<int>(entry.outcome.status)]},
                               {"seconds", entry.outcome.seconds},
                               {"complaints", entry.outcome.complaints}});
  }
  std::ofstream stream(path);
  stream << report.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  if (!stream.flush()) {
    throw std::runtime_error(path + ": the report cannot be written");
  }
}

int run_all(const Options& options) {
#define VIFI_PARITY_REGISTER(name) register_##name##_operations();
  VIFI_PARITY_OPERATIONS(VIFI_PARITY_REGISTER)
#undef VIFI_PARITY_REGISTER

  std::vector<Entry> entries = collect(options);
  if (entries.empty()) {
    throw std::runtime_error("no golden case found there");
  }
  if (options.list) {
    for (const Entry& entry : entries) {
      std::cout << case_name(entry.header) << ' ' << entry.header.op
                << (find_operation(entry.header.op) ? "" : " (unsupported)") << '\n';
    }
    return 0;
  }

  // Isolated cases first: they fork, which is safe only while no thread pool runs in this process.
  std::stable_partition(entries.begin(), entries.end(), is_isolated);
  std::map<std::string, Tally> suites;
  Tally total;
  for (Entry& entry : entries) {
    entry.outcome = run(entry);
    suites[entry.header.suite].add(entry.outcome.status);
    total.add(entry.outcome.status);
    print(entry, options);
  }
  for (const auto& [suite, tally] : suites) {
    std::cout << suite << ": " << tally.passed << " passed, " << tally.failed << " failed, " << tally.unsupported
              << " unsupported\n";
  }
  if (!options.report.empty()) {
    write_report(options.report, entries, suites, total);
  }
  std::cout << total.passed << " passed, " << total.failed << " failed" << std::endl;
  return total.failed == 0 && (total.unsupported == 0 || options.allow_unsupported) ? 0 : 1;
}

}  // namespace
}  // namespace vifi::parity

int main(int argc, char** argv) {
  using namespace vifi::parity;
  try {
    return run_all(parse(argc, argv));
  } catch (const std::invalid_argument& error) {
    std::cerr << "vifi-parity: " << error.what() << "\n\n" << kUsage;
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "vifi-parity: " << error.what() << '\n';
    return 1;
  }
}
