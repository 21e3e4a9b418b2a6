// A small LATISS-like stream on a real disk: files arrive, are ingested, replaced and removed as a test says.
#ifndef OBSMON_TESTS_SUPPORT_SAMPLE_STREAM_H_
#define OBSMON_TESTS_SUPPORT_SAMPLE_STREAM_H_

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "obsmon/night.h"
#include "obsmon/stream.h"
#include "support/temp_tree.h"

namespace obsmon {

/// How an ingest puts a file into the repository.
enum class IngestMode { kSymlink, kHardLink, kCopy };

class SampleStream {
 public:
  /// An empty stream: storage/, and gen2repo/ with a registry without rows.
  SampleStream();

  /// A file arrives as storage/<path>. Returns its absolute path.
  std::filesystem::path Arrive(std::string_view path, std::size_t size = 57'600) const;
  /// What arrived as storage/<path> is ingested under `night`: a row, and a file in raw/.
  void Ingest(std::string_view path, std::string_view night, IngestMode mode = IngestMode::kSymlink);
  /// The repository is made anew: no rows, no files.
  void RemakeRepository();
  void Remove(std::string_view path) const;
  /// Runs `sql` on the registry.
  void Sql(const std::string& sql) const;

  /// A stream with a grace of one minute, and a registry that is waited for 50 ms.
  Stream Options() const;
  /// An instant at which everything that has arrived so far is an hour old.
  UtcTime Later() const;

  std::filesystem::path Storage() const { return tree_ / "storage"; }
  std::filesystem::path Repo() const { return tree_ / "gen2repo"; }
  std::filesystem::path Output() const { return tree_ / "output"; }
  std::filesystem::path Page(std::string_view name) const { return Output() / name; }
  const TempTree& tree() const { return tree_; }

 private:
  TempTree tree_;
  int next_sequence_ = 1;
};

}  // namespace obsmon

#endif  // OBSMON_TESTS_SUPPORT_SAMPLE_STREAM_H_
