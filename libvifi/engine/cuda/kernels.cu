// libvifi-cuda.so: everything of ours that runs on a GPU. No torch here: nvcc would need minutes.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <climits>
#include <cstring>
#include <vector>

#include "add_norm_row.h"
#include "cuda/kernels.h"
#include "cuda/resized_pixel.h"

namespace vifi::cuda {
namespace {

// ---- frames

__global__ void resize_kernel(Picture picture, Resize resize, void* out) {
  const int x = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  const int y = static_cast<int>(blockIdx.y * blockDim.y + threadIdx.y);
  if (x < resize.along.count && y < resize.over.count) {
    write_pixel(picture, resize, x, y, out);
  }
}

/// Device memory until the end of a scope. Nothing is kept between frames: a context of GStreamer's may be gone by then.
class DeviceMemory {
 public:
  explicit DeviceMemory(std::size_t bytes) : error_(cudaMalloc(&memory_, bytes)) {}
  ~DeviceMemory() { cudaFree(memory_); }
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  cudaError_t error() const { return error_; }
  char* get() const { return static_cast<char*>(memory_); }

 private:
  void* memory_ = nullptr;
  cudaError_t error_;
};

/// Tables side by side in host memory, and where they will lie on the device.
class TablePacker {
 public:
  template <typename T>
  std::size_t add(const T* values, std::size_t count) {
    const std::size_t at = bytes_.size();
    bytes_.resize(at + (count * sizeof(T) + 15) / 16 * 16);
    std::memcpy(bytes_.data() + at, values, count * sizeof(T));
    return at;
  }
  const std::vector<char>& bytes() const { return bytes_; }

 private:
  std::vector<char> bytes_;
};

struct TapOffsets {
  std::size_t first, used, weights;
};

TapOffsets pack(TablePacker& packer, const Taps& taps, bool real) {
  const auto count = static_cast<std::size_t>(taps.count), weights = count * static_cast<std::size_t>(taps.taps);
  return {packer.add(taps.first, count), packer.add(taps.used, count),
          real ? packer.add(taps.real, weights) : packer.add(taps.fixed, weights)};
}

Taps on_device(Taps taps, const TapOffsets& offsets, const char* base, bool real) {
  taps.first = reinterpret_cast<const int*>(base + offsets.first);
  taps.used = reinterpret_cast<const int*>(base + offsets.used);
  taps.fixed = real ? nullptr : reinterpret_cast<const std::int32_t*>(base + offsets.weights);
  taps.real = real ? reinterpret_cast<const float*>(base + offsets.weights) : nullptr;
  return taps;
}

int prepare(const Picture* picture, const Resize* resize, void* out) {
  const bool real = resize->rule == Rule::antialias_bilinear;
  TablePacker tables;
  const TapOffsets along = pack(tables, resize->along, real), over = pack(tables, resize->over, real);
  const std::size_t out_bytes = std::size_t{3} * resize->along.count * resize->over.count * (real ? sizeof(float) : 1);

  // Whoever wrote the picture did it on a stream of its own.
  if (const cudaError_t error = cudaDeviceSynchronize()) {
    return error;
  }
  const DeviceMemory memory(tables.bytes().size() + out_bytes);
  if (memory.error() != cudaSuccess) {
    return memory.error();
  }
  if (const cudaError_t error =
          cudaMemcpy(memory.get(), tables.bytes().data(), tables.bytes().size(), cudaMemcpyHostToDevice)) {
    return error;
  }
  Resize there = *resize;
  there.along = on_device(resize->along, along, memory.get(), real);
  there.over = on_device(resize->over, over, memory.get(), real);
  void* pixels = memory.get() + tables.bytes().size();
  const dim3 block(32, 4);
  const dim3 grid((resize->along.count + block.x - 1) / block.x, (resize->over.count + block.y - 1) / block.y);
  resize_kernel<<<grid, block>>>(*picture, there, pixels);
  if (const cudaError_t error = cudaGetLastError()) {
    return error;
  }
  return cudaMemcpy(out, pixels, out_bytes, cudaMemcpyDeviceToHost);  // waits for the kernel
}

// ---- encoder

constexpr int kThreads = 128;  // that share a row
constexpr int kWarp = 32;

/// The threads of a block as a group.
struct Block {
  int rank;
  int size;
  float* shared;  // [kThreads / kWarp]

  __device__ static float sum_of_warp(float value) {
    for (int distance = kWarp / 2; distance > 0; distance /= 2) {
      value += __shfl_xor_sync(0xffffffffU, value, distance);
    }
    return value;
  }

  __device__ float sum(float value) const {
    value = sum_of_warp(value);
    if (rank % kWarp == 0) {
      shared[rank / kWarp] = value;
    }
    __syncthreads();
    value = sum_of_warp(rank % kWarp < kThreads / kWarp ? shared[rank % kWarp] : 0.0F);
    __syncthreads();  // `shared` may be written again
    return value;
  }
};

template <typename T>
__global__ void __launch_bounds__(kThreads) add_norm_kernel(AddNorm work) {
  __shared__ float shared[kThreads / kWarp];
  const std::int64_t at = static_cast<std::int64_t>(blockIdx.x) * work.width;
  const T* delta = static_cast<const T*>(work.delta);
  add_norm_row(Block{static_cast<int>(threadIdx.x), kThreads, shared}, static_cast<T*>(work.x) + at,
               delta ? delta + at : nullptr, static_cast<T*>(work.y) + at, work.weight, work.bias, work.eps, work.width);
}

int add_norm(const AddNorm* work, int device) {
  if (work->rows == 0) {
    return cudaSuccess;
  }
  if (work->rows < 0 || work->rows > INT_MAX || work->width < 1) {
    return cudaErrorInvalidValue;
  }
  if (const cudaError_t error = cudaSetDevice(device)) {
    return error;
  }
  const auto rows = static_cast<unsigned>(work->rows);
  switch (work->type) {
    case Number::fp32: add_norm_kernel<float><<<rows, kThreads>>>(*work); break;
    case Number::fp16: add_norm_kernel<__half><<<rows, kThreads>>>(*work); break;
    case Number::bf16: add_norm_kernel<__nv_bfloat16><<<rows, kThreads>>>(*work); break;
  }
  return cudaGetLastError();
}

// ---- memory and words

int upload(const void* from, std::size_t bytes, void** device_memory) {
  *device_memory = nullptr;
  if (const cudaError_t error = cudaMalloc(device_memory, bytes)) {
    return error;
  }
  return cudaMemcpy(*device_memory, from, bytes, cudaMemcpyHostToDevice);
}

int release(void* device_memory) { return cudaFree(device_memory); }

const char* error_text(int error) { return cudaGetErrorString(static_cast<cudaError_t>(error)); }

constexpr Kernels kKernels{kKernelsAbi, prepare, add_norm, upload, release, error_text};

}  // namespace
}  // namespace vifi::cuda

extern "C" __attribute__((visibility("default"))) const vifi::cuda::Kernels* vifi_cuda_kernels(int abi) {
  return abi == vifi::cuda::kKernelsAbi ? &vifi::cuda::kKernels : nullptr;
}
