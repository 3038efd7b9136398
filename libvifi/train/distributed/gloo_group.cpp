// c10d's Gloo, which is compiled into libtorch. Its headers want a few of Gloo's, which libtorch does not bring: those
// in gloo_headers declare what is needed to compile them.
#define USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <chrono>
#include <utility>

#include "distributed/process_group.h"
#include "vifi/error.h"

namespace vifi::train {
namespace {

constexpr std::chrono::minutes kPatience{10};    // for a process that lives but does not answer
constexpr std::chrono::seconds kGathering{300};  // until all have come

class GlooGroup final : public ProcessGroup {
 public:
  explicit GlooGroup(const Launch& launch) : launch_(launch) {
    guarded("no contact with the others", [&] {
      c10d::TCPStoreOptions options;
      options.port = static_cast<std::uint16_t>(launch.port);
      options.isServer = launch.hosts_store;
      options.waitWorkers = false;
      options.timeout = kGathering;
      store_ = c10::make_intrusive<c10d::TCPStore>(launch.address, options);
      auto gloo = c10d::ProcessGroupGloo::Options::create(kPatience);
      gloo->devices.push_back(launch.address == "127.0.0.1" || launch.address == "localhost"
                                  ? c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1")
                                  : c10d::ProcessGroupGloo::createDefaultDevice());
      group_ = c10::make_intrusive<c10d::ProcessGroupGloo>(store_, launch.rank, launch.size, std::move(gloo));
    });
  }

  int rank() const override { return launch_.rank; }
  int size() const override { return launch_.size; }

  std::unique_ptr<PendingSum> begin_sum(const at::Tensor& values) override {
    const at::Tensor here = values.to(at::kCPU);  // `values` itself, but for those of a GPU: libtorch's Gloo reads no other
    c10::intrusive_ptr<c10d::Work> work;
    guarded(kLost, [&] {
      std::vector<at::Tensor> tensors{here};
      work = group_->allreduce(tensors);
    });
    return std::make_unique<Sum>(*this, std::move(work), here, values);
  }

 private:
  static constexpr const char* kLost = "another process has ended or does not answer";

  class Sum final : public PendingSum {
   public:
    Sum(const GlooGroup& group, c10::intrusive_ptr<c10d::Work> work, at::Tensor here, at::Tensor values)
        : group_(group), work_(std::move(work)), here_(std::move(here)), values_(std::move(values)) {}
    void wait() override {
      group_.guarded(kLost, [&] { work_->wait(); });
      if (!values_.is_cpu()) {
        values_.copy_(here_);
      }
    }

   private:
    const GlooGroup& group_;
    c10::intrusive_ptr<c10d::Work> work_;
    at::Tensor here_, values_;
  };

  template <typename Work>
  void guarded(const std::string& what, const Work& work) const {
    try {
      work();
    } catch (const std::exception& problem) {
      const std::string reason = problem.what();
      throw Error(ErrorCode::internal,
                  "[distributed] rank " + std::to_string(launch_.rank) + " of " + std::to_string(launch_.size) + ": " +
                      what + ": " + reason.substr(0, reason.find('\n')),
                  "look at what the other processes say, and start all again; a training goes on with --resume auto");
    }
  }

  Launch launch_;
  c10::intrusive_ptr<c10d::Store> store_;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> group_;
};

}  // namespace

std::unique_ptr<ProcessGroup> join_gloo(const Launch& launch) {
  return std::make_unique<GlooGroup>(launch);
}

}  // namespace vifi::train
