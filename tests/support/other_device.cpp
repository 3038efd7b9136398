#include "support/other_device.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <map>
#include <mutex>
#include <stdexcept>
#include <vector>

#include <ATen/EmptyTensor.h>
#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <ATen/native/CPUFallback.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/view_native.h>
#include <c10/core/Allocator.h>
#include <c10/core/DeviceType.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

namespace vifi {
namespace {

constexpr c10::DeviceType kType = c10::DeviceType::PrivateUse1;

/// Memory that is mapped twice: where tensors say it lies, nobody may touch it.
class Memory {
 public:
  static Memory& of_device() {
    static auto* memory = new Memory;  // tensors may outlive every static object
    return *memory;
  }

  void* allocate(std::size_t bytes) {
    const std::size_t size = std::bit_ceil(std::max<std::size_t>(bytes, 64));
    std::lock_guard lock(mutex_);
    std::vector<char*>& free = free_[size];
    if (!free.empty()) {
      char* place = free.back();
      free.pop_back();
      return place;
    }
    if (used_ + size > kBytes) {
      throw std::runtime_error("the test's device is full");
    }
    char* place = locked_ + used_;
    used_ += size;
    sizes_[place] = size;
    return place;
  }

  void release(void* place) {
    std::lock_guard lock(mutex_);
    free_[sizes_.at(static_cast<char*>(place))].push_back(static_cast<char*>(place));
  }

  /// The same memory where it may be touched.
  void* open(const void* place) const { return open_ + (static_cast<const char*>(place) - locked_); }

 private:
  static constexpr std::size_t kBytes = std::size_t{8} << 30;  // of addresses; pages are taken when written to

  Memory() {
    const int file = memfd_create("other device", 0);
    if (file < 0 || ftruncate(file, kBytes) != 0) {
      throw std::runtime_error("no memory for the test's device");
    }
    locked_ = static_cast<char*>(mmap(nullptr, kBytes, PROT_NONE, MAP_SHARED, file, 0));
    open_ = static_cast<char*>(mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));
    close(file);
    if (locked_ == MAP_FAILED || open_ == MAP_FAILED) {
      throw std::runtime_error("no addresses for the test's device");
    }
  }

  std::mutex mutex_;  // protects all but the addresses
  char* locked_ = nullptr;
  char* open_ = nullptr;
  std::size_t used_ = 0;
  std::map<char*, std::size_t> sizes_;
  std::map<std::size_t, std::vector<char*>> free_;
};

struct OtherAllocator final : c10::Allocator {
  c10::DataPtr allocate(std::size_t bytes) override {
    void* place = Memory::of_device().allocate(bytes);
    return {place, place, &release, c10::Device(kType, 0)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    const Memory& memory = Memory::of_device();
    default_copy_data(memory.open(to), memory.open(from), bytes);
  }
  static void release(void* place) { Memory::of_device().release(place); }
};

OtherAllocator allocator;
REGISTER_ALLOCATOR(kType, &allocator)

struct OtherGuard final : c10::impl::NoOpDeviceGuardImpl<kType> {
  c10::Device exchangeDevice(c10::Device) const override { return {kType, 0}; }
  c10::Device getDevice() const override { return {kType, 0}; }
  c10::Stream getStream(c10::Device) const noexcept override { return c10::Stream(c10::Stream::DEFAULT, c10::Device(kType, 0)); }
};

struct OtherHooks final : at::PrivateUse1HooksInterface {
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
};

/// The same values as a tensor of the processor.
at::Tensor opened(const at::Tensor& tensor) {
  if (tensor.is_cpu()) {
    return tensor;
  }
  auto* values = static_cast<char*>(Memory::of_device().open(tensor.storage().data())) +
                 tensor.storage_offset() * static_cast<std::int64_t>(tensor.itemsize());
  return at::from_blob(values, tensor.sizes(), tensor.strides(), tensor.options().device(at::kCPU));
}

at::Tensor empty(at::IntArrayRef size, std::optional<at::ScalarType> type, std::optional<at::Layout>,
                 std::optional<at::Device>, std::optional<bool>, std::optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(size, &allocator, c10::DispatchKeySet(c10::DispatchKey::PrivateUse1),
                                   type.value_or(at::kFloat), format);
}

at::Tensor empty_strided(at::IntArrayRef size, at::IntArrayRef stride, std::optional<at::ScalarType> type,
                         std::optional<at::Layout>, std::optional<at::Device>, std::optional<bool>) {
  return at::detail::empty_strided_generic(size, stride, &allocator,
                                           c10::DispatchKeySet(c10::DispatchKey::PrivateUse1), type.value_or(at::kFloat));
}

at::Tensor& copy(at::Tensor& self, const at::Tensor& from, bool) {
  opened(self).copy_(opened(from));
  return self;
}

at::Tensor copy_from_and_resize(const at::Tensor& from, const at::Tensor& to) {
  if (from.sizes() != to.sizes()) {
    throw std::runtime_error("the test's device changes no sizes");
  }
  opened(to).copy_(opened(from));
  return to;
}

void on_the_processor(const c10::OperatorHandle& op, torch::jit::Stack* stack) { at::native::cpu_fallback(op, stack); }

TORCH_LIBRARY_IMPL(aten, PrivateUse1, library) {
  library.impl("empty.memory_format", TORCH_FN(empty));
  library.impl("empty_strided", TORCH_FN(empty_strided));
  library.impl("copy_", TORCH_FN(copy));
  library.impl("_copy_from_and_resize", TORCH_FN(copy_from_and_resize));
  library.impl("as_strided", TORCH_FN(at::native::as_strided_tensorimpl));
  library.impl("view", TORCH_FN(at::native::view));
  library.impl("_reshape_alias", TORCH_FN(at::native::_reshape_alias));
}

TORCH_LIBRARY_IMPL(_, PrivateUse1, library) {
  library.fallback(torch::CppFunction::makeFromBoxedFunction<&on_the_processor>());
}

}  // namespace

C10_REGISTER_GUARD_IMPL(PrivateUse1, OtherGuard)

c10::Device other_device() {
  [[maybe_unused]] static const bool named = [] {
    static OtherHooks hooks;
    at::RegisterPrivateUse1HooksInterface(&hooks);
    c10::register_privateuse1_backend("other");  // which makes it the accelerator that autograd asks for
    return true;
  }();
  return {kType, 0};
}

}  // namespace vifi
