// Operations of training that TensorFlow has only in several passes over memory, as TensorFlow kernels of our own:
// batch normalization with swish, the gate of squeeze-excite, and the gradients of depthwise convolutions.
// float32, channels last. Registered through TensorFlow's C interface when Node loads this library.
// Work is dealt into parts that do not depend on the number of threads, so sums are the same on any machine
// with the same vector instructions.

#include <algorithm>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "tensorflow/c/c_api.h"
#include "tensorflow/c/ops.h"
#include "tensorflow/c/tf_tensor.h"

// Of tensorflow/c/kernels.h, which cannot be included: it asks for headers that the wheel lacks.
extern "C" {
typedef struct TF_KernelBuilder TF_KernelBuilder;
typedef struct TF_OpKernelConstruction TF_OpKernelConstruction;
typedef struct TF_OpKernelContext TF_OpKernelContext;
TF_KernelBuilder* TF_NewKernelBuilder(const char* op_name, const char* device_name,
                                      void* (*create_func)(TF_OpKernelConstruction*),
                                      void (*compute_func)(void*, TF_OpKernelContext*),
                                      void (*delete_func)(void*));
void TF_RegisterKernelBuilder(const char* kernel_name, TF_KernelBuilder* builder, TF_Status* status);
void TF_GetInput(TF_OpKernelContext* context, int i, TF_Tensor** tensor, TF_Status* status);
TF_Tensor* TF_AllocateOutput(TF_OpKernelContext* context, int index, TF_DataType dtype,
                             const int64_t* dims, int num_dims, size_t len, TF_Status* status);
void TF_OpKernelContext_Failure(TF_OpKernelContext* context, TF_Status* status);
void TF_OpKernelConstruction_Failure(TF_OpKernelConstruction* construction, TF_Status* status);
void TF_OpKernelConstruction_GetAttrInt64(TF_OpKernelConstruction* construction, const char* name,
                                          int64_t* value, TF_Status* status);
void TF_OpKernelConstruction_GetAttrFloat(TF_OpKernelConstruction* construction, const char* name,
                                          float* value, TF_Status* status);
void TF_OpKernelConstruction_GetAttrBool(TF_OpKernelConstruction* construction, const char* name,
                                         unsigned char* value, TF_Status* status);
}

// One build for all x86-64 machines: each function is compiled for several, and the loader chooses.
#if defined(__x86_64__) && defined(__linux__)
#define VECTORIZED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define VECTORIZED
#endif
#define INLINE inline __attribute__((always_inline))

namespace {

// ---- Threads ----

/** Runs parts of a task on all cores; the caller is one of them. */
class Threads {
 public:
  static Threads& instance() {
    static Threads* threads = new Threads();  // Never ended: the process takes them along.
    return *threads;
  }

  void run(int64_t parts, const std::function<void(int64_t)>& task) {
    std::lock_guard<std::mutex> one_at_a_time(run_mutex_);
    {
      std::lock_guard<std::mutex> lock(mutex_);
      task_ = &task;
      parts_ = parts;
      next_.store(0);
      working_ = static_cast<int>(helpers_);
      generation_++;
    }
    wake_.notify_all();
    work(task, parts);
    std::unique_lock<std::mutex> lock(mutex_);
    done_.wait(lock, [this] { return working_ == 0; });
    task_ = nullptr;
  }

 private:
  Threads() {
    const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
    helpers_ = cores - 1;
    for (unsigned i = 0; i < helpers_; i++) std::thread([this] { help(); }).detach();
  }

  void work(const std::function<void(int64_t)>& task, int64_t parts) {
    for (int64_t part = next_++; part < parts; part = next_++) task(part);
  }

  void help() {
    uint64_t seen = 0;
    for (;;) {
      const std::function<void(int64_t)>* task;
      int64_t parts;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        wake_.wait(lock, [&] { return generation_ != seen; });
        seen = generation_;
        task = task_;
        parts = parts_;
      }
      work(*task, parts);
      std::lock_guard<std::mutex> lock(mutex_);
      if (--working_ == 0) done_.notify_one();
    }
  }

  std::mutex run_mutex_, mutex_;
  std::condition_variable wake_, done_;
  const std::function<void(int64_t)>* task_ = nullptr;
  int64_t parts_ = 0;
  std::atomic<int64_t> next_{0};
  int working_ = 0;
  unsigned helpers_ = 0;
  uint64_t generation_ = 0;
};

/** [from, to) of a part of `total`, of which each is a whole number of `step`. */
struct Part {
  int64_t from, to;
};

Part part_of(int64_t total, int64_t parts, int64_t part) {
  return {total * part / parts, total * (part + 1) / parts};
}

// ---- Arithmetic ----

/** e^x to 2e-7 of its value: 2^n times a polynomial of the rest (Cephes' coefficients). */
INLINE float exponential(float x) {
  x = std::min(std::max(x, -87.0f), 87.0f);
  const float magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to a whole number.
  const float shifted = x * 1.44269504088896341f + magic;
  const float n = shifted - magic;
  float r = x - n * 0.693359375f;
  r = r - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  int32_t bits;
  std::memcpy(&bits, &shifted, 4);
  bits = static_cast<int32_t>((static_cast<uint32_t>(bits) << 23) + 0x3f800000u);
  float power;
  std::memcpy(&power, &bits, 4);
  return p * power;
}

INLINE float sigmoid(float x) { return 1.0f / (1.0f + exponential(-x)); }

// ---- Rows of channels ----

/** Parts that every sum over rows is dealt into, however many threads there are. */
constexpr int64_t SUM_PARTS = 64;

/** Rows that are added up in float before they go into a double. */
constexpr int64_t FLOAT_ROWS = 128;

/** How many rows of channels are taken as one, so that inner loops are long. */
int64_t rows_at_once(int64_t channels) { return std::max<int64_t>(1, 256 / channels); }

/** A channel's values, repeated for rows that are taken as one. */
std::vector<float> repeated(const float* values, int64_t channels, int64_t times) {
  std::vector<float> all(channels * times);
  for (int64_t i = 0; i < times; i++) std::memcpy(&all[i * channels], values, channels * 4);
  return all;
}

VECTORIZED void add_shifted(const float* __restrict x, const float* __restrict shift, int64_t length,
                            float* __restrict sum, float* __restrict squares) {
  for (int64_t i = 0; i < length; i++) {
    const float d = x[i] - shift[i];
    sum[i] += d;
    squares[i] += d * d;
  }
}

VECTORIZED void scale_offset(const float* __restrict x, const float* __restrict a,
                             const float* __restrict b, int64_t length, float* __restrict y) {
  for (int64_t i = 0; i < length; i++) y[i] = x[i] * a[i] + b[i];
}

VECTORIZED void scale_offset_swish(const float* __restrict x, const float* __restrict a,
                                   const float* __restrict b, int64_t length, float* __restrict y) {
  for (int64_t i = 0; i < length; i++) {
    const float z = x[i] * a[i] + b[i];
    y[i] = z * sigmoid(z);
  }
}

INLINE float swish_slope(float z) {
  const float gate = sigmoid(z);
  return gate * (1.0f + z * (1.0f - gate));
}

/** Sums of dz, and of dz times the distance from the shift. */
VECTORIZED void add_gradients(const float* __restrict dy, const float* __restrict x,
                              const float* __restrict shift, int64_t length, float* __restrict sum,
                              float* __restrict products) {
  for (int64_t i = 0; i < length; i++) {
    sum[i] += dy[i];
    products[i] += dy[i] * (x[i] - shift[i]);
  }
}

VECTORIZED void add_swish_gradients(const float* __restrict dy, const float* __restrict x,
                                    const float* __restrict a, const float* __restrict b,
                                    const float* __restrict shift, int64_t length,
                                    float* __restrict sum, float* __restrict products) {
  for (int64_t i = 0; i < length; i++) {
    const float dz = dy[i] * swish_slope(x[i] * a[i] + b[i]);
    sum[i] += dz;
    products[i] += dz * (x[i] - shift[i]);
  }
}

/** dx = k dz + l x + m */
VECTORIZED void norm_gradient(const float* __restrict dy, const float* __restrict x,
                              const float* __restrict k, const float* __restrict l,
                              const float* __restrict m, int64_t length, float* __restrict dx) {
  for (int64_t i = 0; i < length; i++) dx[i] = k[i] * dy[i] + (l[i] * x[i] + m[i]);
}

VECTORIZED void swish_norm_gradient(const float* __restrict dy, const float* __restrict x,
                                    const float* __restrict a, const float* __restrict b,
                                    const float* __restrict k, const float* __restrict l,
                                    const float* __restrict m, int64_t length,
                                    float* __restrict dx) {
  for (int64_t i = 0; i < length; i++) {
    const float dz = dy[i] * swish_slope(x[i] * a[i] + b[i]);
    dx[i] = k[i] * dz + (l[i] * x[i] + m[i]);
  }
}

/** Two sums a channel over all rows; `add` takes so many values from a place on into float sums. */
template <typename Add>
void channel_sums(int64_t rows, int64_t channels, const Add& add, std::vector<double>& first,
                  std::vector<double>& second) {
  const int64_t at_once = rows_at_once(channels);
  const int64_t width = at_once * channels;
  const int64_t parts = std::min<int64_t>(SUM_PARTS, (rows + at_once - 1) / at_once);
  std::vector<double> partial(parts * 2 * channels, 0.0);
  Threads::instance().run(parts, [&](int64_t part) {
    const Part range = part_of(rows, parts, part);
    double* sums = &partial[part * 2 * channels];
    std::vector<float> a(width), b(width);
    for (int64_t from = range.from; from < range.to; from += FLOAT_ROWS * at_once) {
      const int64_t to = std::min(range.to, from + FLOAT_ROWS * at_once);
      std::fill(a.begin(), a.end(), 0.0f);
      std::fill(b.begin(), b.end(), 0.0f);
      for (int64_t row = from; row < to; row += at_once) {
        add(row * channels, std::min(at_once, to - row) * channels, a.data(), b.data());
      }
      for (int64_t i = 0; i < width; i++) {
        sums[i % channels] += a[i];
        sums[channels + i % channels] += b[i];
      }
    }
  });
  first.assign(channels, 0.0);
  second.assign(channels, 0.0);
  for (int64_t part = 0; part < parts; part++) {
    for (int64_t c = 0; c < channels; c++) {
      first[c] += partial[part * 2 * channels + c];
      second[c] += partial[(part * 2 + 1) * channels + c];
    }
  }
}

/** Calls `apply` for all rows, so many values from a place on. */
template <typename Apply>
void for_rows(int64_t rows, int64_t channels, const Apply& apply) {
  const int64_t at_once = rows_at_once(channels);
  const int64_t parts = std::min<int64_t>(SUM_PARTS, (rows + at_once - 1) / at_once);
  Threads::instance().run(parts, [&](int64_t part) {
    const Part range = part_of(rows, parts, part);
    for (int64_t row = range.from; row < range.to; row += at_once) {
      apply(row * channels, std::min(at_once, range.to - row) * channels);
    }
  });
}

// ---- Kernels ----

/** Inputs, outputs and the status of one call. */
class Call {
 public:
  explicit Call(TF_OpKernelContext* context) : context_(context), status_(TF_NewStatus()) {}

  ~Call() {
    if (TF_GetCode(status_) != TF_OK) TF_OpKernelContext_Failure(context_, status_);
    for (TF_Tensor* each : tensors_) TF_DeleteTensor(each);
    TF_DeleteStatus(status_);
  }

  bool ok() const { return TF_GetCode(status_) == TF_OK; }

  void fail(const char* message) { TF_SetStatus(status_, TF_INVALID_ARGUMENT, message); }

  TF_Tensor* input(int index) {
    TF_Tensor* value = nullptr;
    TF_GetInput(context_, index, &value, status_);
    if (value != nullptr) tensors_.push_back(value);
    return value;
  }

  float* output(int index, const std::vector<int64_t>& shape) {
    int64_t count = 1;
    for (int64_t side : shape) count *= side;
    TF_Tensor* value = TF_AllocateOutput(context_, index, TF_FLOAT, shape.data(),
                                         static_cast<int>(shape.size()), count * 4, status_);
    if (value == nullptr) return nullptr;
    tensors_.push_back(value);
    return static_cast<float*>(TF_TensorData(value));
  }

 private:
  TF_OpKernelContext* context_;
  TF_Status* status_;
  std::vector<TF_Tensor*> tensors_;
};

const float* floats(TF_Tensor* value) { return static_cast<const float*>(TF_TensorData(value)); }

std::vector<int64_t> shape_of(TF_Tensor* value) {
  std::vector<int64_t> shape(TF_NumDims(value));
  for (size_t i = 0; i < shape.size(); i++) shape[i] = TF_Dim(value, static_cast<int>(i));
  return shape;
}

/** The shape that a tensor of int32 holds. */
std::vector<int64_t> shape_in(TF_Tensor* value) {
  const auto* sides = static_cast<const int32_t*>(TF_TensorData(value));
  return {sides, sides + TF_TensorElementCount(value)};
}

struct Options {
  float epsilon = 0;
  bool training = false;
  bool swish = false;
  int64_t stride = 1;
  int64_t padding = 0;
};

/** The attributes of an operation, as far as it has them. */
template <bool Norm>
void* read_options(TF_OpKernelConstruction* construction) {
  auto* options = new Options();
  TF_Status* status = TF_NewStatus();
  unsigned char flag = 0;
  if (Norm) {
    TF_OpKernelConstruction_GetAttrFloat(construction, "epsilon", &options->epsilon, status);
    TF_OpKernelConstruction_GetAttrBool(construction, "training", &flag, status);
    options->training = flag;
    TF_OpKernelConstruction_GetAttrBool(construction, "swish", &flag, status);
    options->swish = flag;
  } else {
    TF_OpKernelConstruction_GetAttrInt64(construction, "stride", &options->stride, status);
    TF_OpKernelConstruction_GetAttrInt64(construction, "padding", &options->padding, status);
  }
  if (TF_GetCode(status) != TF_OK) TF_OpKernelConstruction_Failure(construction, status);
  TF_DeleteStatus(status);
  return options;
}

void delete_options(void* options) { delete static_cast<Options*>(options); }

/** Batch normalization (Ioffe, Szegedy 2015), and swish behind it. */
void norm(void* kernel, TF_OpKernelContext* context) {
  const Options& options = *static_cast<Options*>(kernel);
  Call call(context);
  TF_Tensor* x = call.input(0);
  TF_Tensor* inputs[4];
  for (int i = 0; i < 4; i++) inputs[i] = call.input(1 + i);
  if (!call.ok()) return;
  const std::vector<int64_t> shape = shape_of(x);
  const int64_t channels = shape.back();
  const int64_t rows = TF_TensorElementCount(x) / std::max<int64_t>(1, channels);
  const int64_t statistics = options.training ? 0 : channels;
  if (rows == 0 || TF_TensorElementCount(inputs[0]) != channels ||
      TF_TensorElementCount(inputs[1]) != channels ||
      TF_TensorElementCount(inputs[2]) != statistics ||
      TF_TensorElementCount(inputs[3]) != statistics) {
    return call.fail("scale, offset or statistics do not fit the channels");
  }
  float* y = call.output(0, shape);
  float* mean = call.output(1, {channels});
  float* variance = call.output(2, {channels});
  float* inverse = call.output(3, {channels});
  if (!call.ok()) return;
  const float* data = floats(x);
  const int64_t at_once = rows_at_once(channels);
  if (options.training) {
    const std::vector<float> shift = repeated(data, channels, at_once);
    std::vector<double> sum, squares;
    channel_sums(
        rows, channels,
        [&](int64_t from, int64_t length, float* a, float* b) {
          add_shifted(data + from, shift.data(), length, a, b);
        },
        sum, squares);
    for (int64_t c = 0; c < channels; c++) {
      const double off = sum[c] / rows;
      const double biased = std::max(0.0, squares[c] / rows - off * off);
      mean[c] = static_cast<float>(shift[c] + off);
      variance[c] = static_cast<float>(biased * rows / std::max<int64_t>(1, rows - 1));
      inverse[c] = static_cast<float>(1.0 / std::sqrt(biased + options.epsilon));
    }
  } else {
    std::memcpy(mean, floats(inputs[2]), channels * 4);
    std::memcpy(variance, floats(inputs[3]), channels * 4);
    for (int64_t c = 0; c < channels; c++) {
      inverse[c] = static_cast<float>(1.0 / std::sqrt(static_cast<double>(variance[c]) + options.epsilon));
    }
  }
  const float* scale = floats(inputs[0]);
  const float* offset = floats(inputs[1]);
  std::vector<float> a(channels), b(channels);
  for (int64_t c = 0; c < channels; c++) {
    a[c] = scale[c] * inverse[c];
    b[c] = offset[c] - mean[c] * a[c];
  }
  const std::vector<float> as = repeated(a.data(), channels, at_once);
  const std::vector<float> bs = repeated(b.data(), channels, at_once);
  for_rows(rows, channels, [&](int64_t from, int64_t length) {
    const auto apply = options.swish ? scale_offset_swish : scale_offset;
    apply(data + from, as.data(), bs.data(), length, y + from);
  });
}

/** Gradients of `norm` with regard to its input, scale and offset. */
void norm_gradients(void* kernel, TF_OpKernelContext* context) {
  const Options& options = *static_cast<Options*>(kernel);
  Call call(context);
  TF_Tensor* inputs[6];
  for (int i = 0; i < 6; i++) inputs[i] = call.input(i);
  if (!call.ok()) return;
  const std::vector<int64_t> shape = shape_of(inputs[1]);
  const int64_t channels = shape.back();
  const int64_t rows = TF_TensorElementCount(inputs[1]) / std::max<int64_t>(1, channels);
  if (shape_of(inputs[0]) != shape) return call.fail("the gradient is not of the input's shape");
  for (int i = 2; i < 6; i++) {
    if (TF_TensorElementCount(inputs[i]) != channels) return call.fail("not a value a channel");
  }
  float* dx = call.output(0, shape);
  float* d_scale = call.output(1, {channels});
  float* d_offset = call.output(2, {channels});
  if (!call.ok()) return;
  const float *dy = floats(inputs[0]), *x = floats(inputs[1]), *scale = floats(inputs[2]),
              *offset = floats(inputs[3]), *mean = floats(inputs[4]), *inverse = floats(inputs[5]);
  const int64_t at_once = rows_at_once(channels);
  std::vector<float> a(channels), b(channels);
  for (int64_t c = 0; c < channels; c++) {
    a[c] = scale[c] * inverse[c];
    b[c] = offset[c] - mean[c] * a[c];
  }
  const std::vector<float> as = repeated(a.data(), channels, at_once);
  const std::vector<float> bs = repeated(b.data(), channels, at_once);
  const std::vector<float> means = repeated(mean, channels, at_once);
  std::vector<double> sum, products;
  channel_sums(
      rows, channels,
      [&](int64_t from, int64_t length, float* s, float* p) {
        if (options.swish) {
          add_swish_gradients(dy + from, x + from, as.data(), bs.data(), means.data(), length, s, p);
        } else {
          add_gradients(dy + from, x + from, means.data(), length, s, p);
        }
      },
      sum, products);
  std::vector<float> k(channels), l(channels), m(channels);
  for (int64_t c = 0; c < channels; c++) {
    const double inv = inverse[c];
    d_scale[c] = static_cast<float>(products[c] * inv);
    d_offset[c] = static_cast<float>(sum[c]);
    k[c] = a[c];
    if (options.training) {
      const double slope = -a[c] * inv * inv * products[c] / rows;
      l[c] = static_cast<float>(slope);
      m[c] = static_cast<float>(-a[c] * sum[c] / rows - slope * mean[c]);
    }
  }
  const std::vector<float> ks = repeated(k.data(), channels, at_once);
  const std::vector<float> ls = repeated(l.data(), channels, at_once);
  const std::vector<float> ms = repeated(m.data(), channels, at_once);
  for_rows(rows, channels, [&](int64_t from, int64_t length) {
    if (options.swish) {
      swish_norm_gradient(dy + from, x + from, as.data(), bs.data(), ks.data(), ls.data(), ms.data(),
                          length, dx + from);
    } else {
      norm_gradient(dy + from, x + from, ks.data(), ls.data(), ms.data(), length, dx + from);
    }
  });
}

// ---- Squeeze-excite ----

VECTORIZED void add_products(const float* __restrict a, const float* __restrict b, int64_t length,
                             float* __restrict sum) {
  for (int64_t i = 0; i < length; i++) sum[i] += a[i] * b[i];
}

/** [N, y, x, C] times [N, y, x, C], summed over y and x. */
void spatial_products(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* a = call.input(0);
  TF_Tensor* b = call.input(1);
  if (!call.ok()) return;
  const std::vector<int64_t> shape = shape_of(a);
  if (shape.size() != 4 || shape_of(b) != shape) return call.fail("not two tensors of one shape");
  const int64_t channels = shape[3], rows = shape[1] * shape[2];
  float* sums = call.output(0, {shape[0], channels});
  if (!call.ok()) return;
  const float *as = floats(a), *bs = floats(b);
  Threads::instance().run(shape[0], [&](int64_t n) {
    std::vector<double> total(channels, 0.0);
    std::vector<float> sum(channels);
    for (int64_t from = 0; from < rows; from += FLOAT_ROWS) {
      std::fill(sum.begin(), sum.end(), 0.0f);
      for (int64_t row = from; row < std::min(rows, from + FLOAT_ROWS); row++) {
        const int64_t place = (n * rows + row) * channels;
        add_products(as + place, bs + place, channels, sum.data());
      }
      for (int64_t c = 0; c < channels; c++) total[c] += sum[c];
    }
    for (int64_t c = 0; c < channels; c++) sums[n * channels + c] = static_cast<float>(total[c]);
  });
}

/** x times a factor, plus an offset, both one a channel of each image: [N, C]. */
void scale_channels(void*, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* x = call.input(0);
  TF_Tensor* factor = call.input(1);
  TF_Tensor* offset = call.input(2);
  if (!call.ok()) return;
  const std::vector<int64_t> shape = shape_of(x);
  if (shape.size() != 4 || TF_TensorElementCount(factor) != shape[0] * shape[3] ||
      TF_TensorElementCount(offset) != shape[0] * shape[3]) {
    return call.fail("not a factor and an offset for each channel of each image");
  }
  const int64_t channels = shape[3], rows = shape[1] * shape[2];
  float* y = call.output(0, shape);
  if (!call.ok()) return;
  const float *data = floats(x), *a = floats(factor), *b = floats(offset);
  const int64_t at_once = rows_at_once(channels);
  Threads::instance().run(shape[0], [&](int64_t n) {
    const std::vector<float> as = repeated(a + n * channels, channels, at_once);
    const std::vector<float> bs = repeated(b + n * channels, channels, at_once);
    for (int64_t row = 0; row < rows; row += at_once) {
      const int64_t place = (n * rows + row) * channels;
      scale_offset(data + place, as.data(), bs.data(), std::min(at_once, rows - row) * channels,
                   y + place);
    }
  });
}

// ---- Gradients of depthwise convolutions ----

/** 16 channels, wherever they are in memory. */
typedef float Lanes __attribute__((vector_size(64), aligned(4)));

template <typename V>
INLINE V load(const float* from) {
  V value;
  std::memcpy(&value, from, sizeof(V));
  return value;
}

template <typename V>
INLINE void store(float* to, V value) {
  std::memcpy(to, &value, sizeof(V));
}

constexpr const char* NOT_DEPTHWISE = "not the shapes of a depthwise convolution";

struct Depthwise {
  int64_t height, width, channels, out_height, out_width, stride, padding, kernel;
};

/**
 * One row of the input's gradient, for U times so many channels as V has. K and S: the kernel's side and the stride
 * where the compiler knows them, else 0.
 */
template <typename V, int U, int K, int S>
INLINE void input_gradient_tile(const Depthwise& g, const float* dy, const float* kernel, int64_t y,
                                int64_t c, float* dx) {
  constexpr int64_t lanes = sizeof(V) / 4;
  const int32_t side = K > 0 ? K : g.kernel, stride = S > 0 ? S : g.stride;
  const int32_t width = g.width, out_width = g.out_width, padding = g.padding;
  for (int32_t x = 0; x < width; x++) {
    V sum[U] = {};
    for (int32_t ky = 0; ky < side; ky++) {
      const int32_t down = static_cast<int32_t>(y) + padding - ky;
      if (down < 0 || down % stride != 0 || down / stride >= g.out_height) continue;
      const float* row = dy + down / stride * out_width * g.channels + c;
      const float* weights = kernel + ky * side * g.channels + c;
      for (int32_t kx = 0; kx < side; kx++) {
        const int32_t right = x + padding - kx;
        if (right < 0 || right % stride != 0 || right / stride >= out_width) continue;
        const float* from = row + right / stride * g.channels;
        for (int u = 0; u < U; u++) {
          sum[u] += load<V>(from + u * lanes) * load<V>(weights + kx * g.channels + u * lanes);
        }
      }
    }
    for (int u = 0; u < U; u++) store<V>(dx + x * g.channels + c + u * lanes, sum[u]);
  }
}

template <int K, int S>
INLINE void input_gradient_channels(const Depthwise& g, const float* dy, const float* kernel,
                                    int64_t y, float* dx) {
  int64_t c = 0;
  for (; c + 64 <= g.channels; c += 64) input_gradient_tile<Lanes, 4, K, S>(g, dy, kernel, y, c, dx);
  for (; c + 16 <= g.channels; c += 16) input_gradient_tile<Lanes, 1, K, S>(g, dy, kernel, y, c, dx);
  for (; c < g.channels; c++) input_gradient_tile<float, 1, K, S>(g, dy, kernel, y, c, dx);
}

VECTORIZED void input_gradient_row(const Depthwise& g, const float* dy, const float* kernel,
                                   int64_t y, float* dx) {
  if (g.kernel == 3 && g.stride == 1) return input_gradient_channels<3, 1>(g, dy, kernel, y, dx);
  if (g.kernel == 3 && g.stride == 2) return input_gradient_channels<3, 2>(g, dy, kernel, y, dx);
  if (g.kernel == 5 && g.stride == 1) return input_gradient_channels<5, 1>(g, dy, kernel, y, dx);
  if (g.kernel == 5 && g.stride == 2) return input_gradient_channels<5, 2>(g, dy, kernel, y, dx);
  input_gradient_channels<0, 0>(g, dy, kernel, y, dx);
}

constexpr int64_t LARGEST_KERNEL = 7;

/** One image's share of the kernel's gradient, for as many channels as V has. */
template <typename V, int K>
INLINE void kernel_gradient_tile(const Depthwise& g, const float* x, const float* dy, int64_t c,
                                 float* gradient) {
  const int64_t side = K > 0 ? K : g.kernel;
  constexpr int64_t most = K > 0 ? K : LARGEST_KERNEL;
  V sums[most * most] = {};
  for (int64_t out_y = 0; out_y < g.out_height; out_y++) {
    for (int64_t ky = 0; ky < side; ky++) {
      const int64_t y = out_y * g.stride + ky - g.padding;
      if (y < 0 || y >= g.height) continue;
      V row[most];
      for (int64_t kx = 0; kx < side; kx++) row[kx] = sums[ky * side + kx];
      for (int64_t out_x = 0; out_x < g.out_width; out_x++) {
        const V slope = load<V>(dy + (out_y * g.out_width + out_x) * g.channels + c);
        const int64_t left = out_x * g.stride - g.padding;
        const float* from = x + (y * g.width + left) * g.channels + c;
        if (left >= 0 && left + side <= g.width) {
          for (int64_t kx = 0; kx < side; kx++) row[kx] += slope * load<V>(from + kx * g.channels);
        } else {
          for (int64_t kx = 0; kx < side; kx++) {
            if (left + kx >= 0 && left + kx < g.width) {
              row[kx] += slope * load<V>(from + kx * g.channels);
            }
          }
        }
      }
      for (int64_t kx = 0; kx < side; kx++) sums[ky * side + kx] = row[kx];
    }
  }
  for (int64_t tap = 0; tap < side * side; tap++) {
    store<V>(gradient + tap * g.channels + c, sums[tap]);
  }
}

template <int K>
INLINE void kernel_gradient_channels(const Depthwise& g, const float* x, const float* dy,
                                     float* gradient) {
  int64_t c = 0;
  for (; c + 16 <= g.channels; c += 16) kernel_gradient_tile<Lanes, K>(g, x, dy, c, gradient);
  for (; c < g.channels; c++) kernel_gradient_tile<float, K>(g, x, dy, c, gradient);
}

VECTORIZED void kernel_gradient_image(const Depthwise& g, const float* x, const float* dy,
                                      float* gradient) {
  if (g.kernel == 3) return kernel_gradient_channels<3>(g, x, dy, gradient);
  if (g.kernel == 5) return kernel_gradient_channels<5>(g, x, dy, gradient);
  kernel_gradient_channels<0>(g, x, dy, gradient);
}

/** @return whether the shapes are those of a depthwise convolution, with weights [y, x, C, 1] */
bool describe(const std::vector<int64_t>& x, const std::vector<int64_t>& weights,
              const std::vector<int64_t>& dy, const Options& options, Depthwise* geometry) {
  if (x.size() != 4 || dy.size() != 4 || x[0] != dy[0] || x[3] != dy[3]) return false;
  if (weights.size() != 4) return false;
  const int64_t kernel = weights[0];
  if (kernel < 1 || kernel > LARGEST_KERNEL || options.stride < 1) return false;
  if (weights != std::vector<int64_t>{kernel, kernel, x[3], 1}) return false;
  *geometry = {x[1], x[2], x[3], dy[1], dy[2], options.stride, options.padding, kernel};
  const auto fits = [&](int64_t in, int64_t out) {
    return (in + 2 * options.padding - kernel) / options.stride + 1 == out;
  };
  return fits(x[1], dy[1]) && fits(x[2], dy[2]);
}

/** Inputs: the input's shape (int32), kernel [y, x, C, 1], the output's gradient. */
void depthwise_input_gradient(void* kernel, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* sizes = call.input(0);
  TF_Tensor* weights = call.input(1);
  TF_Tensor* dy = call.input(2);
  if (!call.ok()) return;
  const std::vector<int64_t> shape = shape_in(sizes);
  Depthwise g;
  if (!describe(shape, shape_of(weights), shape_of(dy), *static_cast<Options*>(kernel), &g)) {
    return call.fail(NOT_DEPTHWISE);
  }
  float* dx = call.output(0, shape);
  if (!call.ok()) return;
  Threads::instance().run(shape[0] * g.height, [&](int64_t part) {
    const int64_t n = part / g.height, y = part % g.height;
    input_gradient_row(g, floats(dy) + n * g.out_height * g.out_width * g.channels, floats(weights),
                       y, dx + part * g.width * g.channels);
  });
}

/** Inputs: the input, the kernel's shape (int32), the output's gradient. */
void depthwise_kernel_gradient(void* kernel, TF_OpKernelContext* context) {
  Call call(context);
  TF_Tensor* x = call.input(0);
  TF_Tensor* sizes = call.input(1);
  TF_Tensor* dy = call.input(2);
  if (!call.ok()) return;
  const std::vector<int64_t> shape = shape_in(sizes);
  Depthwise g;
  if (!describe(shape_of(x), shape, shape_of(dy), *static_cast<Options*>(kernel), &g)) {
    return call.fail(NOT_DEPTHWISE);
  }
  float* gradient = call.output(0, shape);
  if (!call.ok()) return;
  const int64_t images = shape_of(x)[0], size = g.kernel * g.kernel * g.channels;
  std::vector<float> partial(images * size);
  Threads::instance().run(images, [&](int64_t n) {
    kernel_gradient_image(g, floats(x) + n * g.height * g.width * g.channels,
                          floats(dy) + n * g.out_height * g.out_width * g.channels,
                          &partial[n * size]);
  });
  for (int64_t i = 0; i < size; i++) {
    double sum = 0;
    for (int64_t n = 0; n < images; n++) sum += partial[n * size + i];
    gradient[i] = static_cast<float>(sum);
  }
}

// ---- Registration ----

struct Operation {
  const char* name;
  std::vector<const char*> inputs, outputs, attributes;
  void* (*create)(TF_OpKernelConstruction*);
  void (*compute)(void*, TF_OpKernelContext*);
};

void no_shape(TF_ShapeInferenceContext*, TF_Status*) {}

void register_operation(const Operation& operation) {
  TF_Status* status = TF_NewStatus();
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(operation.name);
  for (const char* each : operation.inputs) TF_OpDefinitionBuilderAddInput(definition, each);
  for (const char* each : operation.outputs) TF_OpDefinitionBuilderAddOutput(definition, each);
  for (const char* each : operation.attributes) TF_OpDefinitionBuilderAddAttr(definition, each);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(definition, no_shape);
  TF_RegisterOpDefinition(definition, status);
  if (TF_GetCode(status) == TF_OK) {
    TF_KernelBuilder* builder =
        TF_NewKernelBuilder(operation.name, "CPU", operation.create, operation.compute, delete_options);
    TF_RegisterKernelBuilder(operation.name, builder, status);
  }
  if (TF_GetCode(status) != TF_OK) {
    std::fprintf(stderr, "naevus: %s cannot be registered: %s\n", operation.name, TF_Message(status));
  }
  TF_DeleteStatus(status);
}

void* no_options(TF_OpKernelConstruction*) { return nullptr; }

void register_all() {
  const std::vector<const char*> norm_attributes = {"epsilon: float", "training: bool", "swish: bool"};
  const std::vector<const char*> convolution = {"stride: int", "padding: int"};
  register_operation({"NaevusNorm",
                      {"x: float", "scale: float", "offset: float", "mean: float", "variance: float"},
                      {"y: float", "batch_mean: float", "batch_variance: float", "inverse: float"},
                      norm_attributes, read_options<true>, norm});
  register_operation({"NaevusNormGrad",
                      {"dy: float", "x: float", "scale: float", "offset: float", "mean: float",
                       "inverse: float"},
                      {"dx: float", "d_scale: float", "d_offset: float"},
                      norm_attributes, read_options<true>, norm_gradients});
  register_operation({"NaevusSpatialProducts", {"a: float", "b: float"}, {"sums: float"}, {},
                      no_options, spatial_products});
  register_operation({"NaevusScaleChannels", {"x: float", "factor: float", "offset: float"},
                      {"y: float"}, {}, no_options, scale_channels});
  register_operation({"NaevusDepthwiseInputGrad", {"sizes: int32", "kernel: float", "dy: float"},
                      {"dx: float"}, convolution, read_options<false>, depthwise_input_gradient});
  register_operation({"NaevusDepthwiseKernelGrad", {"x: float", "sizes: int32", "dy: float"},
                      {"d_kernel: float"}, convolution, read_options<false>,
                      depthwise_kernel_gradient});
}

}  // namespace

/** What Node calls when it loads the library; nothing is exported to JavaScript. */
extern "C" __attribute__((visibility("default"))) void* napi_register_module_v1(void*, void* exports) {
  static std::once_flag once;
  std::call_once(once, register_all);
  return exports;
}
