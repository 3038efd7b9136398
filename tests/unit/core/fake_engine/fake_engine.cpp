// An engine without libtorch: loads nothing, knows its version.
#include "vifi/engine.h"
#include "vifi/error.h"

namespace {

class FakeEngine final : public vifi::Engine {
 public:
  vifi::EngineInfo info() override { return {.library = "fake 1.0", .path = {}, .devices = {}, .cuda = {}}; }
  std::shared_ptr<vifi::Model> load_model(const vifi::ModelOptions& options) override {
    throw vifi::Error(vifi::ErrorCode::corrupt, "[load model] " + options.path + ": a fake loads nothing");
  }
  vifi::ModelReport inspect(const std::string&) override { return {}; }
  vifi::ConvertReport convert(const vifi::ConvertOptions&) override { return {}; }
  vifi::BenchReport bench(const vifi::BenchOptions&) override { return {}; }
};

}  // namespace

extern "C" VIFI_API vifi::Engine* vifi_engine_open(int abi) {
  static FakeEngine engine;
  return abi == FAKE_ENGINE_ABI ? &engine : nullptr;
}
