#include "runner.h"

#include <chrono>
#include <exception>
#include <map>
#include <new>

#include "vifi/error.h"

namespace vifi::parity {
namespace {

std::map<std::string, Operation>& operations() {
  static std::map<std::string, Operation> map;
  return map;
}

/// A refusal: its kind and what the user reads.
struct Refusal {
  std::string kind;
  std::string message;
};

Outcome judge_refusal(const Refusal& refusal, const Expectation& expect) {
  Outcome outcome;
  if (!expect.error) {
    outcome.complaints.push_back("refused (" + refusal.kind + "): " + refusal.message);
    return outcome;
  }
  if (!same_kind(refusal.kind, *expect.error)) {
    outcome.complaints.push_back("refused as " + refusal.kind + ", expected " + *expect.error + ": " + refusal.message);
  }
  const nlohmann::json parts = expect.values.value("message_contains", nlohmann::json::array());
  for (const auto& part : parts) {
    if (refusal.message.find(part.get<std::string>()) == std::string::npos) {
      outcome.complaints.push_back("message without " + part.dump() + ": " + refusal.message);
    }
  }
  outcome.status = outcome.complaints.empty() ? Status::passed : Status::failed;
  outcome.details.push_back("refused (" + refusal.kind + "): " + refusal.message);
  return outcome;
}

Outcome judge_output(const Output& output, const Expectation& expect) {
  Outcome outcome;
  if (expect.error) {
    outcome.complaints.push_back("accepted, expected to be refused as " + *expect.error);
    return outcome;
  }
  std::vector<TensorComparison> comparisons;
  outcome.complaints = compare_output(output, expect, &comparisons);
  for (const TensorComparison& comparison : comparisons) {
    outcome.details.push_back(comparison.text());
  }
  outcome.status = outcome.complaints.empty() ? Status::passed : Status::failed;
  return outcome;
}

Outcome run(const CaseFile& file, const Operation& operation) {
  try {
    return judge_output(operation(file.input), file.expect);
  } catch (const Unsupported& unsupported) {
    return {Status::unsupported, {unsupported.what()}, {}, 0};
  } catch (const Refused& refused) {
    return judge_refusal({refused.what(), refused.message}, file.expect);
  } catch (const Error& error) {
    return judge_refusal({std::string(name_of(error.code())), error.what()}, file.expect);
  } catch (const std::bad_alloc&) {
    return {Status::failed, {"ran out of memory"}, {}, 0};
  } catch (const std::exception& error) {
    return {Status::failed, {std::string("threw: ") + error.what()}, {}, 0};
  }
}

}  // namespace

void register_operation(const std::string& op, Operation operation) {
  if (!operations().emplace(op, std::move(operation)).second) {
    throw std::logic_error("operation " + op + " is registered twice");
  }
}

const Operation* find_operation(const std::string& op) {
  const auto found = operations().find(op);
  return found == operations().end() ? nullptr : &found->second;
}

Outcome run_case(const CaseFile& file) {
  const Operation* operation = find_operation(file.op);
  if (!operation) {
    return {Status::unsupported, {"operation " + file.op + " is unknown to this build"}, {}, 0};
  }
  const auto begin = std::chrono::steady_clock::now();
  Outcome outcome = run(file, *operation);
  outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return outcome;
}

}  // namespace vifi::parity
