#include "stream/window_scorer.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "stream/sampling_grid.h"
#include "vifi/error.h"

namespace vifi {
namespace {

constexpr int kMaxFrames = 1024;
constexpr std::int64_t kMaxWindowNs = 86'400'000'000'000;  // a day

void require(bool condition, const std::string& message, const std::string& hint) {
  if (!condition) {
    throw Error(ErrorCode::invalid_argument, "[recogniser] " + message, hint);
  }
}

/// softmax(logits / temperature), in double precision. Both: [L].
void softmax(std::span<const float> logits, double temperature, std::span<float> probabilities) {
  const double highest = *std::max_element(logits.begin(), logits.end());
  std::vector<double> powers(logits.size());
  std::transform(logits.begin(), logits.end(), powers.begin(),
                 [&](float logit) { return std::exp((logit - highest) / temperature); });
  const double sum = std::accumulate(powers.begin(), powers.end(), 0.0);
  std::transform(powers.begin(), powers.end(), probabilities.begin(),
                 [&](double power) { return static_cast<float>(power / sum); });
}

}  // namespace

void check_bank(const LabelBank* bank, const ModelInfo& info) {
  require(bank != nullptr, "no label bank: expected the text features of a label set",
          "make one with ModelHost::embed");
  const std::size_t labels = bank->labels().labels.size();
  const std::size_t expected = labels * static_cast<std::size_t>(info.embed_dim);
  if (labels == 0 || bank->features().size() != expected) {
    throw Error(ErrorCode::internal, "[recogniser] label bank: expected [" + std::to_string(labels) + ", " +
                                         std::to_string(info.embed_dim) + "] features for model " + info.name +
                                         ", got " + std::to_string(bank->features().size()) + " values",
                "a label bank works with the model that made it only");
  }
}

RecogniserOptions resolved(RecogniserOptions options, const ModelInfo& info) {
  options.frames = options.frames == 0 ? info.frames : options.frames;
  options.window_ns = options.window_ns == 0 ? info.window_ns : options.window_ns;
  options.hop_ns = options.hop_ns == 0 ? info.hop_ns : options.hop_ns;
  options.temperature = options.temperature == 0 ? info.temperature : options.temperature;

  require(options.frames >= 1 && options.frames <= kMaxFrames,
          "frames: expected 1 to " + std::to_string(kMaxFrames) + ", got " + std::to_string(options.frames),
          "0 takes the model's own number of frames");
  require(info.states_reusable || options.frames <= info.frames,
          "frames: model " + info.name + " sees " + std::to_string(info.frames) + " frames at once, got " +
              std::to_string(options.frames),
          "0 takes the model's own number of frames");
  require(options.window_ns >= options.frames && options.window_ns <= kMaxWindowNs,
          "window: expected at least a nanosecond a frame and at most a day, got " +
              std::to_string(options.window_ns) + " ns",
          "0 takes the model's own window");
  require(options.hop_ns > 0, "hop: expected a positive time, got " + std::to_string(options.hop_ns) + " ns",
          "0 takes the model's own hop");
  require(options.temperature > 0 && std::isfinite(options.temperature),
          "temperature: expected a positive number, got " + std::to_string(options.temperature),
          "0 takes the model's own temperature");
  require(options.top_k >= 1, "top_k: expected at least 1, got " + std::to_string(options.top_k),
          "a large number lists all labels");
  require(options.threshold >= 0 && options.threshold <= 1,
          "threshold: expected 0 to 1, got " + std::to_string(options.threshold), "0 accepts every result");
  require(options.skip_unchanged >= 0 && options.skip_unchanged <= 1,
          "skip_unchanged: expected 0 to 1, got " + std::to_string(options.skip_unchanged), "0 encodes every sample");
  return options;
}

WindowScorer::WindowScorer(std::shared_ptr<ModelHost> host, std::shared_ptr<const LabelBank> labels,
                           const RecogniserOptions& options)
    : host_(std::move(host)),
      labels_(std::move(labels)),
      options_(options),
      gate_(host_->info().preprocess),
      ring_(options.frames, host_->info().state_size),
      clock_(options.frames, hop_in_samples(options.hop_ns, options.window_ns, options.frames)),
      events_(options.events) {
  check_bank(labels_.get(), host_->info());
}

Outcome WindowScorer::process(Sample sample) {
  if (sample.epoch < epoch_) {
    return {};
  }
  enter(sample.epoch);
  if (sample.reset_before) {
    add(events_.finish());
    clear();
  }
  try {
    bool encoded = true;
    const std::vector<float> state = state_of(std::move(sample.frame), encoded);
    std::vector<float> states;  // [W, frames, state_size]
    std::vector<Window> windows;
    keep(sample, state, encoded, states, windows);
    score(std::move(states), options_.frames, windows);
  } catch (...) {
    clear();
    throw;
  }
  return std::exchange(outcome_, {});
}

std::vector<float> WindowScorer::state_of(PreparedFrame frame, bool& encoded) {
  const bool gated = options_.skip_unchanged > 0;
  if (gated) {
    if (std::optional<std::vector<float>> state = gate_.state_of(frame, options_.skip_unchanged)) {
      ++frames_unchanged_;
      encoded = false;
      return std::move(*state);
    }
  }
  std::vector<float> state = host_->encode(std::move(frame)).get();
  ++frames_sampled_;
  encoded = true;
  if (gated) {
    gate_.keep(state);
  }
  return state;
}

void WindowScorer::keep(const Sample& sample, std::span<const float> state, bool encoded, std::vector<float>& states,
                        std::vector<Window>& windows) {
  if (clock_.samples() == 0) {
    base_ns_ = sample.base_ns;
    first_point_ = sample.first_point;
  }
  newest_pts_ns_ = sample.pts_ns;
  newest_tag_ = sample.tag;

  const std::int64_t end_point = sample.first_point + sample.points;
  // Of a hole longer than a window only the newest window is of interest.
  const std::int64_t skipped_to = end_point - options_.frames;
  for (std::int64_t point = first_point_ + clock_.samples(); point < end_point; ++point) {
    ring_.push(state, encoded);
    encoded = false;
    ++samples_;
    if (clock_.advance() && point >= skipped_to) {
      ring_.append_to(states);
      windows.push_back({point + 1 - options_.frames, point + 1});
    }
  }
  sampling_rate_ = static_cast<double>(ring_.encoded()) * 1e9 * options_.frames /
                   (static_cast<double>(options_.window_ns) * ring_.size());
}

void WindowScorer::score(std::vector<float> states, int frames, const std::vector<Window>& windows) {
  if (windows.empty()) {
    return;
  }
  const std::size_t count = labels_->labels().labels.size();
  const std::vector<float> logits = host_->score(std::move(states), frames, labels_);  // [W, L]
  if (logits.size() != windows.size() * count) {
    throw Error(ErrorCode::internal, "[score] expected [" + std::to_string(windows.size()) + ", " +
                                         std::to_string(count) + "] logits, got " + std::to_string(logits.size()));
  }
  if (!std::all_of(logits.begin(), logits.end(), [](float logit) { return std::isfinite(logit); })) {
    throw Error(ErrorCode::corrupt, "[score] a logit of model " + host_->info().name + " is not a finite number",
                "the weights may be damaged, or the precision too low: try precision=fp32");
  }
  std::vector<float> probabilities(count);
  for (std::size_t w = 0; w < windows.size(); ++w) {
    const auto row = std::span(logits).subspan(w * count, count);
    softmax(row, options_.temperature, probabilities);
    Result result = result_of(row, probabilities, windows[w]);
    add(events_.update(result, labels_->labels(), probabilities));
    outcome_.results.push_back(std::move(result));
    ++results_;
  }
}

Result WindowScorer::result_of(std::span<const float> logits, std::span<const float> probabilities,
                               const Window& window) {
  const ModelInfo& info = host_->info();
  const std::vector<Label>& labels = labels_->labels().labels;

  Result result;
  result.seq = next_seq_++;
  result.start_ns = base_ns_ + grid_offset(window.first_point, options_.window_ns, options_.frames);
  result.end_ns = base_ns_ + grid_offset(window.end_point, options_.window_ns, options_.frames);
  result.pts_ns = newest_pts_ns_;
  result.tag = newest_tag_;
  result.model = info.name;

  std::vector<std::size_t> order;  // positions of the action labels
  double background = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i].background) {
      background += probabilities[i];
    } else {
      order.push_back(i);
    }
  }
  result.background = static_cast<float>(background);
  const std::size_t top = std::min(order.size(), static_cast<std::size_t>(options_.top_k));
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(top), order.end(),
                    [&](std::size_t a, std::size_t b) {
                      return probabilities[a] != probabilities[b] ? probabilities[a] > probabilities[b] : a < b;
                    });
  result.accepted = top > 0 && probabilities[order[0]] >= options_.threshold;
  if (result.accepted) {
    for (std::size_t k = 0; k < top; ++k) {
      const std::size_t i = order[k];
      const double similarity = (logits[i] - info.logit_bias) / info.logit_scale;
      result.labels.push_back({labels[i].name, labels[i].id, probabilities[i], static_cast<float>(similarity)});
    }
  }
  return result;
}

Outcome WindowScorer::finish() {
  if (clock_.has_tail()) {
    std::vector<float> states;
    ring_.append_to(states);
    const std::int64_t end_point = first_point_ + clock_.samples();
    score(std::move(states), ring_.size(), {{end_point - ring_.size(), end_point}});
  }
  add(events_.finish());
  clear();
  return std::exchange(outcome_, {});
}

Outcome WindowScorer::set_labels(std::shared_ptr<const LabelBank> labels) {
  check_bank(labels.get(), host_->info());
  labels_ = std::move(labels);
  add(events_.set_labels(labels_->labels()));
  return std::exchange(outcome_, {});
}

void WindowScorer::set_options(const RecogniserOptions& options) {
  events_.set_options(options.events);
  options_ = options;
}

void WindowScorer::enter(std::uint64_t epoch) {
  if (epoch != epoch_) {
    epoch_ = epoch;
    events_.finish();
    outcome_ = {};
    clear();
  }
}

void WindowScorer::clear() {
  ring_.clear();
  clock_.reset();
}

void WindowScorer::add(std::vector<Event> events) {
  for (Event& event : events) {
    events_started_ += event.phase == EventPhase::start ? 1 : 0;
    outcome_.events.push_back(std::move(event));
  }
}

void WindowScorer::fill(StreamStats& stats) const {
  stats.frames_sampled = frames_sampled_;
  stats.frames_unchanged = frames_unchanged_;
  stats.samples = samples_;
  stats.results = results_;
  stats.events = events_started_;
  stats.sampling_rate = sampling_rate_;
}

}  // namespace vifi
