#include "history/packs.h"

#include <algorithm>
#include <bit>
#include <optional>

#include "text/digest.h"
#include "text/path_text.h"
#include "text/utf8.h"

namespace obsmon {
namespace {

constexpr std::size_t kMostFilesOfAWholeFolder = 1024;
constexpr std::size_t kMostFilesOfAPack = 8192;

// Mixed, for the lowest bits of an FNV digest depend on the lowest bits of the text alone: there are whole
// series of names in which these never change.
bool EndsAPack(std::string_view path) {
  constexpr std::uint64_t kEndsOneIn = 512;
  return MixedDigest().Add(Digest().Add(path).value()).value() % kEndsOneIn == 0;
}

std::string_view SharedBeginning(std::string_view a, std::string_view b) {
  const auto end = std::ranges::mismatch(a, b).in1 - a.begin();
  return Utf8Prefix(a, static_cast<std::size_t>(end));  // no character is cut in two
}

// From when a pack's times are counted: from its first file's, where no difference is too large for that.
class Since {
 public:
  void Add(std::int64_t time) {
    if (!first_) first_ = time;
    std::int64_t difference = 0;
    fits_ = fits_ && !__builtin_sub_overflow(time, *first_, &difference);
  }
  std::int64_t value() const { return fits_ ? first_.value_or(0) : 0; }

 private:
  std::optional<std::int64_t> first_;
  bool fits_ = true;
};

// Of a text that was damaged the sum may be too large; it is then as wrong as its parts.
std::int64_t Sum(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  static_cast<void>(__builtin_add_overflow(a, b, &sum));
  return sum;
}

void BeginPack(std::span<const KeyedRow> rows, const FileId& first, Pack& pack) {
  const Key& key = rows.front().key;
  pack.path = key.path;
  // In the order of paths, what the first and the last begin with all do.
  pack.beginning = key.is_text ? SharedBeginning(key.path, rows.back().key.path) : key.path;
  pack.target.clear();
  pack.device = std::bit_cast<std::int64_t>(first.device);
}

std::string_view NameIn(const Pack& pack, const KeyedRow& row) {
  return row.key.path.substr(pack.beginning.size());
}

void WriteInode(const FileId& id, PackWriter& out) { out.Int(std::bit_cast<std::int64_t>(id.inode)); }

bool HasItsOwnDevice(const FileId& id, const Pack& pack) {
  return std::bit_cast<std::int64_t>(id.device) != pack.device;
}

FileId FileIdOf(std::int64_t inode, std::optional<std::int64_t> device, const Pack& pack) {
  return {.device = std::bit_cast<std::uint64_t>(device.value_or(pack.device)),
          .inode = std::bit_cast<std::uint64_t>(inode)};
}

}  // namespace

bool IsTextInJson(std::string_view path) { return path.find('\0') == std::string_view::npos && IsUtf8(path); }

Key SqliteKeys::OfStored(std::string_view path) { return {.path = path, .is_text = IsTextInJson(path)}; }

std::size_t SizeOfPack(std::span<const KeyedRow> rows) {
  if (!rows.front().key.is_text) return 1;
  const std::string_view folder = FolderOf(rows.front().key.path);
  const auto is_elsewhere = [folder](const KeyedRow& row) {
    return !row.key.is_text || FolderOf(row.key.path) != folder;
  };
  const auto begin = rows.first(std::min(rows.size(), kMostFilesOfAWholeFolder + 1));
  const auto end = std::ranges::find_if(begin, is_elsewhere) - begin.begin();
  if (static_cast<std::size_t>(end) <= kMostFilesOfAWholeFolder) return static_cast<std::size_t>(end);
  std::size_t size = 1;
  while (size < std::min(rows.size(), kMostFilesOfAPack) && !EndsAPack(rows[size - 1].key.path) &&
         !is_elsewhere(rows[size])) {
    ++size;
  }
  return size;
}

// A file is [name, size, creation, arrival, inode, state, verdict, checksum, device], without the last two
// where they say nothing.
void MakePack(std::span<const KeyedRow> rows, std::span<const StoredTransfer> values, Pack& pack) {
  BeginPack(rows, values.front().file_id, pack);
  Since since;
  for (const StoredTransfer& value : values) {
    since.Add(value.creation);
    since.Add(value.arrival);
  }
  pack.since = since.value();
  PackWriter out(pack.files);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const StoredTransfer& value = values[i];
    out.BeginRow();
    out.Text(NameIn(pack, rows[i]));
    out.Int(value.size);
    out.Int(value.creation - pack.since);
    out.Int(value.arrival - pack.since);
    WriteInode(value.file_id, out);
    out.Int(value.state);
    out.Int(value.verdict);
    const bool has_its_own_device = HasItsOwnDevice(value.file_id, pack);
    if (has_its_own_device || value.checksum != kNoChecksum) {
      out.Int(std::bit_cast<std::int64_t>(value.checksum));
    }
    if (has_its_own_device) out.Int(std::bit_cast<std::int64_t>(value.file_id.device));
    out.EndRow();
  }
  out.Finish();
}

StoredTransfer ReadPacked(PackReader& values, const Pack& pack, std::string& /*target*/,
                          const StoredTransfer* /*kind*/) {
  StoredTransfer row;
  row.size = values.Int();
  row.creation = Sum(pack.since, values.Int());
  row.arrival = Sum(pack.since, values.Int());
  const std::int64_t inode = values.Int();
  row.state = values.Int();
  row.verdict = values.Int();
  row.checksum = std::bit_cast<Checksum>(values.IntOrNull().value_or(0));
  row.file_id = FileIdOf(inode, values.IntOrNull(), pack);
  return row;
}

// A dataset is [name, inode, ingest time, artifact, status, link target, device], likewise.
void MakePack(std::span<const KeyedRow> rows, std::span<const StoredIngest> values, Pack& pack) {
  BeginPack(rows, values.front().file_id, pack);
  Since since;
  std::optional<std::string_view> target;
  for (const StoredIngest& value : values) {
    if (value.ingest_time) since.Add(ToNanos(*value.ingest_time));
    if (value.link_target.empty()) continue;
    target = target ? SharedBeginning(*target, value.link_target) : value.link_target;
  }
  pack.since = since.value();
  pack.target = target.value_or(std::string_view());
  PackWriter out(pack.files);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const StoredIngest& value = values[i];
    out.BeginRow();
    out.Text(NameIn(pack, rows[i]));
    WriteInode(value.file_id, out);
    out.IntOrNull(value.ingest_time ? std::optional(ToNanos(*value.ingest_time) - pack.since) : std::nullopt);
    out.Int(value.artifact);
    out.Int(value.status);
    const bool has_its_own_device = HasItsOwnDevice(value.file_id, pack);
    if (!value.link_target.empty()) {
      out.Text(value.link_target.substr(pack.target.size()));
    } else if (has_its_own_device) {
      out.Null();
    }
    if (has_its_own_device) out.Int(std::bit_cast<std::int64_t>(value.file_id.device));
    out.EndRow();
  }
  out.Finish();
}

StoredIngest ReadPacked(PackReader& values, const Pack& pack, std::string& target,
                        const StoredIngest* /*kind*/) {
  StoredIngest row;
  const std::int64_t inode = values.Int();
  if (const auto time = values.IntOrNull()) row.ingest_time = FromNanos(Sum(pack.since, *time));
  row.artifact = values.Int();
  row.status = values.Int();
  if (const auto rest = values.TextOrNull()) {
    target.assign(pack.target).append(*rest);
    row.link_target = target;
  }
  row.file_id = FileIdOf(inode, values.IntOrNull(), pack);
  return row;
}

// A folder is [name, exists, device, inode, mtime, plain files, ctime].
std::size_t MakePack(std::span<const FolderStamp> folders, Pack& pack) {
  std::size_t size = 1;
  std::string_view beginning = folders.front().path;
  Since since;
  if (IsTextInJson(beginning)) {
    for (; size < folders.size() && IsTextInJson(folders[size].path); ++size) {
      beginning = SharedBeginning(beginning, folders[size].path);
    }
  }
  for (const FolderStamp& folder : folders.first(size)) {
    since.Add(ToNanos(folder.modified));
    since.Add(ToNanos(folder.changed));
  }
  pack.beginning = beginning;
  pack.since = since.value();
  PackWriter out(pack.files);
  for (const FolderStamp& folder : folders.first(size)) {
    out.BeginRow();
    out.Text(std::string_view(folder.path).substr(beginning.size()));
    out.Int(folder.exists ? 1 : 0);
    out.Int(std::bit_cast<std::int64_t>(folder.file_id.device));
    WriteInode(folder.file_id, out);
    out.Int(ToNanos(folder.modified) - pack.since);
    out.IntOrNull(folder.num_plain_files);
    out.Int(ToNanos(folder.changed) - pack.since);
    out.EndRow();
  }
  out.Finish();
  return size;
}

bool AppendFolders(const Pack& pack, std::vector<FolderStamp>& folders) {
  PackReader reader(pack.files);
  while (reader.NextRow()) {
    FolderStamp& folder = folders.emplace_back();
    folder.path.assign(pack.beginning).append(reader.TextOrNull().value_or(std::string_view()));
    folder.exists = reader.Int() != 0;
    folder.file_id.device = std::bit_cast<std::uint64_t>(reader.Int());
    folder.file_id.inode = std::bit_cast<std::uint64_t>(reader.Int());
    folder.modified = FromNanos(Sum(pack.since, reader.Int()));
    folder.num_plain_files = reader.IntOrNull();
    folder.changed = FromNanos(Sum(pack.since, reader.Int()));
  }
  return !reader.damaged();
}

}  // namespace obsmon
