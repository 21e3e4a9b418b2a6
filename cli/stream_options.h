// The streams that options ask for: one by its folders, or some of a streams.yaml.
#ifndef OBSMON_CLI_STREAM_OPTIONS_H_
#define OBSMON_CLI_STREAM_OPTIONS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "obsmon/monitor.h"
#include "obsmon/stream.h"
#include "options.h"

namespace obsmon::cli {

// The options of a stream that commands share, for their tables.
inline constexpr OptionSpec kInputDir{
    .name = "input_dir", .value = "DIR", .help = "the folder that holds storage/ and gen2repo/"};
inline constexpr OptionSpec kStorage{
    .name = "storage", .value = "DIR", .help = "where files arrive (default: input_dir/storage)"};
inline constexpr OptionSpec kRepo{
    .name = "repo", .value = "REPO", .help = "the data repository: folder, butler.yaml or label"};
inline constexpr OptionSpec kPendingFolder{
    .name = "pending_folder", .value = "DIR", .help = "a folder whose files wait to be ingested"};
inline constexpr OptionSpec kBadFolder{
    .name = "bad_folder", .value = "DIR", .help = "a folder of files that could not be ingested"};
inline constexpr OptionSpec kHistory{
    .name = "history", .value = "URI", .help = "a history shared by streams: postgresql://USER@HOST/DB"};
inline constexpr OptionSpec kName{
    .name = "name", .value = "NAME", .help = "the stream's name (default: that of its folder)"};
inline constexpr OptionSpec kGen{
    .name = "gen", .value = "2|3", .help = "generation of the repository (default: found out)"};
inline constexpr OptionSpec kRepositoryIndex{
    .name = "repository_index",
    .value = "FILE",
    .help = "labels of repositories (DAF_BUTLER_REPOSITORY_INDEX)",
    .further_variables = {"DAF_BUTLER_REPOSITORIES", "DAF_BUTLER_REPOSITORY_INDEX"}};
inline constexpr OptionSpec kInstrument{
    .name = "instrument", .value = "NAME", .help = "Gen3: whose datasets count, if there are several"};
inline constexpr OptionSpec kCollection{
    .name = "collection", .value = "NAME,...", .help = "Gen3: whose datasets count (default: all runs)"};
inline constexpr OptionSpec kDatasetType{
    .name = "dataset_type", .value = "NAME,...", .help = "Gen3: what raw files are (raw, guider_raw)"};
inline constexpr OptionSpec kDetectorNames{
    .name = "detector_names", .value = "A=B,...", .help = "detector A of a file's name is the registry's B"};
inline constexpr OptionSpec kSearchLinks{.name = "search_links",
                                         .kind = OptionKind::kSwitch,
                                         .help = "take links in the repository for ingests, not rows"};
inline constexpr OptionSpec kCompareChecksums{.name = "compare_checksums",
                                              .kind = OptionKind::kSwitch,
                                              .help = "Gen3: read copies, to compare their checksums"};
/// The prototype's name of --search_links until 2020, which its README still has.
inline constexpr OptionSpec kQueryLinks{
    .name = "query_links", .kind = OptionKind::kSwitch, .alias_of = "search_links", .in_environment = false};
inline constexpr OptionSpec kRegistrySql{
    .name = "registry_sql", .value = "URI", .help = "a database that says what is ingested, no repository"};
inline constexpr OptionSpec kRegistryQuery{
    .name = "registry_query", .value = "SQL", .help = "what to ask it; {night} in it is the night"};
inline constexpr OptionSpec kRegistryEvents{.name = "registry_events",
                                            .value = "URI",
                                            .help = "a database of event tables (default: by PGHOST, ...)"};
inline constexpr OptionSpec kRegistryPrefix{
    .name = "registry_prefix", .value = "NAME", .help = "what the names of its tables begin with"};
inline constexpr OptionSpec kRegistryFilesTable{
    .name = "registry_files_table", .value = "NAME", .help = "the table of files (prefix + files)"};
inline constexpr OptionSpec kRegistryEventsTables{
    .name = "registry_events_tables", .value = "NAME,...", .help = "of events (prefix + gen3_file_events)"};
inline constexpr OptionSpec kDbAuth{.name = "db_auth",
                                    .value = "FILE",
                                    .help = "passwords of databases (~/.lsst/db-auth.yaml)",
                                    .further_variables = {"LSST_DB_AUTH_CREDENTIALS", "LSST_DB_AUTH"}};
inline constexpr OptionSpec kGrace{
    .name = "grace", .value = "SPAN", .help = "how long a new file is settling (default: 60s)"};
inline constexpr OptionSpec kGuiderGrace{
    .name = "guider_grace", .value = "SPAN", .help = "the same for files of guiders (as --grace)"};
inline constexpr OptionSpec kMissingGrace{
    .name = "missing_grace", .value = "SPAN", .help = "how long an expected file may take (grace)"};
inline constexpr OptionSpec kPartialAge{
    .name = "partial_age", .value = "SPAN", .help = "age at which a partial file is missing (1h)"};
inline constexpr OptionSpec kIgnore{.name = "ignore",
                                    .kind = OptionKind::kRepeated,
                                    .value = "RULE",
                                    .help = "pattern=P,...,reason=WHY: not minded (repeatable)"};
inline constexpr OptionSpec kManifest{
    .name = "manifest", .value = "FILE", .help = "lists what was taken; {night} in its name"};
inline constexpr OptionSpec kExpectedSql{
    .name = "expected_sql", .value = "URI", .help = "a database that lists what was taken"};
inline constexpr OptionSpec kExpectedQuery{
    .name = "expected_query", .value = "SQL", .help = "what to ask it; {night} in it is the night"};
inline constexpr OptionSpec kIngestLog{
    .name = "ingest_log", .value = "FILE", .help = "log of the ingest: why files failed"};
inline constexpr OptionSpec kRsyncLog{
    .name = "rsync_log", .value = "FILE", .help = "rsync's --log-file (UTC): when files arrived"};
inline constexpr OptionSpec kNightOffset{
    .name = "night_offset", .value = "SPAN", .help = "when, from midnight on, today begins"};
inline constexpr OptionSpec kNightScale{
    .name = "night_scale", .value = "utc|tai", .help = "the clock in which it does (default: utc)"};
inline constexpr OptionSpec kBusyTimeout{
    .name = "busy_timeout", .value = "SPAN", .help = "how long to wait for a locked registry (10s)"};
inline constexpr OptionSpec kMaxAge{
    .name = "max_age", .value = "SPAN", .help = "after a look so old pages call obsmon stopped (15min)"};
inline constexpr OptionSpec kThreads{
    .name = "threads", .value = "N", .help = "threads that read disks (default: chosen)"};
inline constexpr OptionSpec kConfig{
    .name = "config", .value = "FILE", .help = "a streams.yaml: the streams, each with its options"};
inline constexpr OptionSpec kStream{.name = "stream",
                                    .kind = OptionKind::kRepeated,
                                    .value = "NAME",
                                    .help = "of the file, only this stream (may be repeated)"};
inline constexpr OptionSpec kQuiet{
    .name = "quiet", .kind = OptionKind::kSwitch, .help = "print only what went wrong"};
inline constexpr OptionSpec kVerbose{
    .name = "verbose", .kind = OptionKind::kSwitch, .help = "say more on standard error"};
inline constexpr OptionSpec kHelp{
    .name = "help", .kind = OptionKind::kSwitch, .help = "show this help", .in_environment = false};

/// The streams that `options` ask for; at least one. What is given on the command line or in the environment
/// holds for each of them, over what the file says.
///
/// Errors: one sentence for the user, whatever the code.
absl::StatusOr<std::vector<StreamConfig>> StreamsOf(const Options& options);

/// The only stream that `options` ask for. An error where the file has several and none is chosen.
absl::StatusOr<Stream> OneStreamOf(const Options& options);

/// What `options` say of the outputs of all streams: the history that they share, if they do. Errors: as
/// StreamsOf.
absl::StatusOr<StreamOutput> CommonOutputOf(const Options& options);

/// Where the histories of `streams` are.
std::vector<StreamOutput> OutputsOf(const std::vector<StreamConfig>& streams);

}  // namespace obsmon::cli

#endif  // OBSMON_CLI_STREAM_OPTIONS_H_
