// Rows of files that follow each other in their table, as one row of an SQLite database: a pack.
//
// A row for each of the hundreds of thousands of files of a night costs as much as asking the disk for all of
// them, and most of its bytes are those of the row before. The files of one exposure come together and stay
// together: so they are kept in one text (pack_text.h), of which a view makes rows again for whoever reads
// the database (schema.cc).
#ifndef OBSMON_SRC_HISTORY_PACKS_H_
#define OBSMON_SRC_HISTORY_PACKS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/hash/hash.h"
#include "history/merge_rows.h"
#include "history/pack_text.h"
#include "history/stored_rows.h"
#include "obsmon/files.h"

namespace obsmon {

/// Keys of SQLite's tables: JSON holds text alone, and a path that is none is kept as a BLOB.
struct SqliteKeys {
  Key operator()(std::string_view path) const { return OfStored(path); }
  static Key OfStored(std::string_view path);
};

/// A row of a table of packs, but for its night.
struct Pack {
  std::string path{};       ///< its key: the path of its first file
  std::string beginning{};  ///< of all paths. Where that is no text, it is the path of the only one.
  std::string target{};     ///< the beginning of all link targets
  std::int64_t device = 0;  ///< of the first file, bit for bit; a file with another one has its own
  std::int64_t since = 0;   ///< from when times are counted, in nanoseconds
  std::string files{};      ///< PackWriter's

  std::size_t HashOfContents() const { return absl::HashOf(beginning, target, device, since, files); }
};

/// Whether a pack can hold `path` together with others.
bool IsTextInJson(std::string_view path);

/// How many of `rows` belong to the pack that begins with the first: those of its folder. Of a folder with
/// more than a thousand, those up to a name whose digest ends a pack: what comes or goes in it then changes
/// the pack that it lies in, and not all that follow.
std::size_t SizeOfPack(std::span<const KeyedRow> rows);

/// Makes `pack` that of `rows`, which have `values`. Its strings keep their memory for the next.
void MakePack(std::span<const KeyedRow> rows, std::span<const StoredTransfer> values, Pack& pack);
void MakePack(std::span<const KeyedRow> rows, std::span<const StoredIngest> values, Pack& pack);

/// Reads a row's values, which follow its name. What they view is in `target`.
StoredTransfer ReadPacked(PackReader& values, const Pack& pack, std::string& target, const StoredTransfer*);
StoredIngest ReadPacked(PackReader& values, const Pack& pack, std::string& target, const StoredIngest*);

/// The same for the folders of a fingerprint, which keep their order: of those from the first on, a pack with
/// as many as belong together. Returns how many. Of `pack`, path, device and target are not used.
std::size_t MakePack(std::span<const FolderStamp> folders, Pack& pack);
/// False where MakePack has not made it.
bool AppendFolders(const Pack& pack, std::vector<FolderStamp>& folders);

/// Calls `use(path, row)` for each row of the pack, in its order; what they view lives for the call. False
/// where the text is none that MakePack has made: then for some alone.
template <typename Stored, typename Use>
bool ForEachRow(const Pack& pack, Use use) {
  PackReader reader(pack.files);
  std::string path;
  std::string target;
  while (reader.NextRow()) {
    path = pack.beginning;
    if (const auto name = reader.TextOrNull()) path += *name;
    const Stored row = ReadPacked(reader, pack, target, static_cast<const Stored*>(nullptr));
    if (!reader.damaged()) use(std::string_view(path), row);
  }
  return !reader.damaged();
}

}  // namespace obsmon

#endif  // OBSMON_SRC_HISTORY_PACKS_H_
