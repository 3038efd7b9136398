// What is written here, opened by PyTorch. Needs a Python with the package torch: $VIFI_TEST_PYTHON, else python3.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <array>
#include <cstdio>
#include <string>

#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>

#include "convert.h"
#include "file_builders.h"
#include "weights/torch_writer.h"

namespace vifi {
namespace {

std::string python() {
  const char* chosen = ::getenv("VIFI_TEST_PYTHON");
  return chosen != nullptr ? chosen : "python3";
}

/// What a command prints, both streams; its status is appended where it is not 0.
std::string output_of(const std::string& command) {
  std::string output;
  std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  std::array<char, 4096> buffer{};
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    output.append(buffer.data(), count);
  }
  if (const int status = ::pclose(pipe); status != 0) {
    output += "[status " + std::to_string(status) + "]";
  }
  return output;
}

/// Prints what torch.load gives: types, values, and of tensors type, sizes and values.
constexpr const char* kShow = R"(
import sys, torch
def show(v):
    if isinstance(v, torch.Tensor): return f'{str(v.dtype)[6:]}{list(v.shape)}{v.tolist()}'
    if isinstance(v, dict): return type(v).__name__ + '{' + ','.join(f'{k!r}:{show(x)}' for k, x in v.items()) + '}'
    if isinstance(v, (list, tuple)): return type(v).__name__ + '(' + ','.join(map(show, v)) + ')'
    return repr(v)
print(show(torch.load(sys.argv[1], weights_only=True)), end='')
)";

bool has(const std::string& modules) { return output_of(python() + " -c 'import " + modules + "'").empty(); }

/// Are the converted files equal, and is the configuration a plain dict?
constexpr const char* kCompare = R"(
import sys, torch, safetensors.torch
file = torch.load(sys.argv[1], weights_only=True)
named = {k.removeprefix('module.'): v for k, v in file['model'].items()}
flat = safetensors.torch.load_file(sys.argv[2])
assert type(file['config']) is dict and file['config'], file['config']
assert set(flat) - set(named) == {'token_embedding.weight'} and not set(named) - set(flat), set(flat) ^ set(named)
assert all(torch.equal(named[k], flat[k]) and named[k].dtype == flat[k].dtype for k in named)
count = len(file['model']) - sum(k.endswith('token_embedding.weight') for k in file['model'])
group = file['optimizer']['param_groups'][0]
assert group['params'] == list(range(count)), (group['params'], count)
parameters = [torch.nn.Parameter(v.clone()) for v in file['model'].values()]
optimizer = torch.optim.AdamW(parameters, lr=1.0)
optimizer.load_state_dict(file['optimizer'])
print('fine', end='')
)";

TEST(PyTorch, OpensConvertedWeightsAndTheirTraining) {
  if (!has("torch, safetensors.torch")) {
    GTEST_SKIP() << python() << " has no torch and safetensors; name one that has them in VIFI_TEST_PYTHON";
  }
  const testing_files::TemporaryFolder folder;
  const std::string data = std::string(::getenv("VIFI_TEST_DATA")) + "/golden/vifi-forward/_files/";
  const std::string container = folder.path() + "/out.pth", flat = folder.path() + "/out.safetensors";
  ConvertOptions options{.input = data + "prompt-deep.pth", .output = container, .layout = WeightsLayout::vifi_clip,
                         .base = data + "token-embedding-p.safetensors"};
  convert_weights(options);
  options.output = flat;
  options.layout = WeightsLayout::safetensors;
  convert_weights(options);
  const std::string script = folder.write("compare.py", kCompare);
  EXPECT_EQ(output_of(python() + " " + script + " " + container + " " + flat), "fine");
}

TEST(PyTorch, OpensWhatIsWrittenHereWithWeightsOnly) {
  if (!has("torch")) {
    GTEST_SKIP() << python() << " has no torch; name one that has it in VIFI_TEST_PYTHON";
  }
  const testing_files::TemporaryFolder folder;
  const auto float_type = at::TensorOptions().dtype(at::kFloat);
  TorchDict model;
  model.ordered = true;
  model.add("module.b", at::full({}, 4.5, float_type));
  model.add("module.a", at::arange(4, float_type).view({2, 2}).t());
  model.add("half", at::arange(2, float_type.dtype(at::kHalf)));
  model.add("brain", at::arange(2, float_type.dtype(at::kBFloat16)));
  model.add("ids", at::arange(2, float_type.dtype(at::kLong)));
  model.add("empty", at::arange(0, float_type));
  TorchDict state;
  state.add(0, TorchTuple{{0.9, 0.98}});
  TorchDict checkpoint;
  checkpoint.add("model", std::move(model));
  checkpoint.add("state", std::move(state));
  checkpoint.add("list", TorchList{1, -70000, std::int64_t{1} << 40, 8e-6, true, TorchValue(), "größer"});
  save_torch_archive(folder.path() + "/file.pth", checkpoint);
  const std::string script = folder.write("show.py", kShow);
  EXPECT_EQ(output_of(python() + " " + script + " " + folder.path() + "/file.pth"),
            "dict{'model':OrderedDict{'module.b':float32[]4.5,'module.a':float32[2, 2][[0.0, 2.0], [1.0, 3.0]],"
            "'half':float16[2][0.0, 1.0],'brain':bfloat16[2][0.0, 1.0],'ids':int64[2][0, 1],'empty':float32[0][]},"
            "'state':dict{0:tuple(0.9,0.98)},'list':list(1,-70000,1099511627776,8e-06,True,None,'größer')}");
}

}  // namespace
}  // namespace vifi
