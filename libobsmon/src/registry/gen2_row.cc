#include "registry/gen2_row.h"

#include <limits>

#include "text/digest.h"

namespace obsmon {
namespace {

// What the ingest writes where a header said nothing (obs_lsst).
bool IsUnknown(std::string_view obsid) {
  return obsid == "unknown" || obsid == "UNKNOWN" || obsid.find('?') != std::string_view::npos;
}

}  // namespace

std::uint32_t TextPool::Add(std::string_view text) {
  const auto found = numbers_.find(text);
  if (found != numbers_.end()) return found->second;
  const auto number = static_cast<std::uint32_t>(texts_.size());
  texts_.emplace_back(text);
  hashes_.push_back(Digest().Add(text).value());
  numbers_.emplace(texts_.back(), number);
  return number;
}

void RawRow::SetNumber(RawField field, std::int64_t value) {
  using Limits = std::numeric_limits<std::int32_t>;
  if (field == RawField::kVisit) {
    visit_ = value;
  } else if (field == RawField::kExpId) {
    exp_id_ = value;
  } else if (value < Limits::min() || value > Limits::max()) {
    return;
  } else if (field == RawField::kDetector) {
    detector_ = static_cast<std::int32_t>(value);
  } else if (field == RawField::kSnap) {
    snap_ = static_cast<std::int32_t>(value);
  } else {
    pointing_ = static_cast<std::int32_t>(value);
  }
  known_.Add(field);
}

std::int64_t RawRow::Number(RawField field) const {
  switch (field) {
    case RawField::kVisit:
      return visit_;
    case RawField::kExpId:
      return exp_id_;
    case RawField::kDetector:
      return detector_;
    case RawField::kSnap:
      return snap_;
    default:
      return pointing_;
  }
}

std::int64_t RawRow::Exposure() const {
  if (Has(RawField::kExpId)) return exp_id_;
  return Has(RawField::kVisit) ? visit_ : 0;
}

std::uint64_t RawRow::HashWith(const TextPool& texts) const {
  MixedDigest digest;
  digest.Add(known_.bits());
  for (std::size_t i = 0; i < kNumRawFields; ++i) {
    const auto field = static_cast<RawField>(i);
    if (!Has(field)) continue;
    digest.Add(IsText(field) ? texts.HashOf(Text(field)) : static_cast<std::uint64_t>(Number(field)));
  }
  return digest.value();
}

std::string StorageStem(const RawRow& row, const TextPool& texts) {
  if (!row.Has(RawField::kObsId)) return {};
  const std::string_view obsid = texts[row.Text(RawField::kObsId)];
  if (IsUnknown(obsid)) return {};
  if (!row.Has(RawField::kRaftName) || !row.Has(RawField::kDetectorName)) return std::string(obsid);
  const std::string_view raft = texts[row.Text(RawField::kRaftName)];
  const std::string_view detector = texts[row.Text(RawField::kDetectorName)];
  std::string stem;
  stem.reserve(obsid.size() + raft.size() + detector.size() + 2);
  stem.append(obsid).append("_").append(raft).append("_").append(detector);
  return stem;
}

}  // namespace obsmon
