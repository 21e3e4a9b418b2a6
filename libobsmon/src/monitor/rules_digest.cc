#include "monitor/rules_digest.h"

#include <chrono>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "files/directory.h"
#include "obsmon/pages.h"
#include "text/digest.h"

namespace obsmon {
namespace {

std::uint64_t DigestOfChoices(const Stream& stream) {
  Digest digest;
  const auto add = [&digest](std::string_view text) { digest.Add(text).Add(std::uint64_t{text.size()}); };
  add(stream.instrument);
  for (const std::string& collection : stream.collections) add(collection);
  add("");
  for (const std::string& type : stream.dataset_types) add(type);
  add("");
  for (const DetectorAlias& alias : stream.detector_names) {
    add(alias.in_storage);
    add(alias.in_registry);
  }
  for (const SqlQuery& sql : {stream.sql, stream.expected}) {
    add(sql.uri);
    add(sql.query);
  }
  const EventTables events = EventTablesOf(stream).value_or(EventTables{});
  for (const std::string& text : {events.uri, events.prefix, events.files_table}) add(text);
  for (const std::string& table : events.events_tables) add(table);
  add("");
  for (const std::filesystem::path& folder : {stream.pending_folder, stream.bad_folder}) {
    add(folder.empty() ? folder.native() : AbsolutePath(folder).native());
  }
  if (stream.compare_checksums) add("checksums");
  return digest.value();
}

// What is let pass, and for how long.
std::uint64_t DigestOfTolerance(const MatchOptions& options) {
  Digest digest;
  const auto add = [&digest](std::string_view text) { digest.Add(text).Add(std::uint64_t{text.size()}); };
  for (const std::chrono::seconds span :
       {options.grace, options.guider_grace.value_or(options.grace),
        options.missing_grace.value_or(options.grace), options.partial_age}) {
    digest.Add(static_cast<std::uint64_t>(span.count()));
  }
  for (const IgnoreRule& rule : options.ignore) {
    add(rule.pattern);
    add(rule.detector);
    add(rule.observation_type);
    digest.Add(std::uint64_t{rule.missing});
    add(rule.reason);
  }
  return digest.value();
}

}  // namespace

// Links lead to storage and the repository by all their names, and not only by those that the options have.
std::uint64_t DigestOfRules(const Stream& stream, const MatchOptions& options) {
  Digest digest;
  for (const std::string& name : options.storage_names) digest.Add(name).Add("\n");
  return digest.Add(WithoutLinks(stream.RepoFolder()).native())
      .Add(AbsolutePath(stream.RepoFolder()).native())
      .Add(static_cast<std::uint64_t>(stream.search_links))
      .Add(DigestOfChoices(stream))
      .Add(static_cast<std::uint64_t>(stream.generation))
      .Add(DigestOfTolerance(options))
      .Add(stream.manifest.native())
      .Add(stream.rsync_log.native())
      .Add(static_cast<std::uint64_t>(options.min_fits_bytes))
      .Add(static_cast<std::uint64_t>(kPageLayoutVersion))
      .Add(stream.name)
      .value();
}

std::uint64_t DigestOfFile(const std::filesystem::path& file) {
  if (file.empty()) return 0;
  const absl::StatusOr<FileFacts> facts = StatPath(file.string());
  if (!facts.ok()) return static_cast<std::uint64_t>(facts.status().code());
  return Digest()
      .Add(facts->file_id.device)
      .Add(facts->file_id.inode)
      .Add(static_cast<std::uint64_t>(facts->size_bytes))
      .Add(static_cast<std::uint64_t>(facts->mtime.time_since_epoch().count()))
      .Add(static_cast<std::uint64_t>(facts->ctime.time_since_epoch().count()))
      .value();
}

}  // namespace obsmon
