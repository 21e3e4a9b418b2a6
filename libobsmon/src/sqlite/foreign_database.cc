#include "sqlite/foreign_database.h"

#include <fmt/format.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <functional>
#include <stop_token>
#include <system_error>
#include <utility>

#include "files/system_error.h"
#include "status_macros.h"
#include "text/digest.h"

namespace obsmon::sqlite {
namespace {

constexpr std::int64_t kChunkBytes = std::int64_t{1} << 20U;
constexpr std::int64_t kMaxHashedWalBytes = std::int64_t{64} << 20U;
constexpr std::chrono::milliseconds kNoWait{0};

// The format's fixed first bytes, and where the header keeps what we need (sqlite.org/fileformat,
// section 1.3).
constexpr std::string_view kMagic("SQLite format 3\0", 16);
constexpr std::int64_t kHeaderBytes = 100;
constexpr std::size_t kPageSizeAt = 16;
constexpr std::size_t kReadVersionAt = 19;
constexpr std::size_t kChangeCounterAt = 24;
constexpr char kWalVersion = 2;

// What recovery needs besides the database; the index of a -wal file, -shm, SQLite builds again.
constexpr std::array<std::string_view, 2> kSideFiles = {"-wal", "-journal"};

std::string Beside(const std::string& file, std::string_view suffix) { return file + std::string(suffix); }

bool Exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error) || error;  // what can't be asked may be there
}

// Gives the bytes from an offset on, at most kChunkBytes of them; none at the end.
using ByteSource = std::function<absl::StatusOr<std::string>(std::int64_t offset)>;

ByteSource BytesOf(Connection& connection) {
  return [&connection](std::int64_t offset) { return connection.ReadFile(offset, kChunkBytes); };
}

// A side file bears no locks of SQLite's, so that it may be opened and closed at will.
ByteSource BytesOf(const std::string& path) {
  return [path](std::int64_t offset) -> absl::StatusOr<std::string> {
    std::ifstream file(path, std::ios::binary);
    if (!file.is_open()) {
      if (errno == ENOENT) return std::string();
      return absl::UnavailableError(fmt::format("{}: {}", path, std::generic_category().message(errno)));
    }
    std::string bytes(static_cast<std::size_t>(kChunkBytes), '\0');
    file.seekg(offset);
    file.read(bytes.data(), kChunkBytes);
    if (file.bad()) return absl::UnavailableError(fmt::format("{}: can't be read", path));
    bytes.resize(static_cast<std::size_t>(file.gcount()));
    return bytes;
  };
}

// Ends what reads from it once it is told to stop.
ByteSource UntilStopped(ByteSource source, const std::stop_token& stop) {
  return [source = std::move(source), stop](std::int64_t offset) -> absl::StatusOr<std::string> {
    if (stop.stop_requested()) return absl::CancelledError("cancelled");
    return source(offset);
  };
}

absl::Status Copy(const ByteSource& source, const std::string& to) {
  std::ofstream copy(to, std::ios::binary | std::ios::trunc);
  for (std::int64_t offset = 0;;) {
    OBSMON_ASSIGN_OR_RETURN(const std::string bytes, source(offset));
    if (bytes.empty()) break;
    copy << bytes;
    offset += static_cast<std::int64_t>(bytes.size());
  }
  copy.close();
  if (copy.fail()) return absl::ResourceExhaustedError(fmt::format("{}: can't be written", to));
  return absl::OkStatus();
}

absl::Status Compare(const ByteSource& source, const std::string& copy) {
  const ByteSource copied = BytesOf(copy);
  for (std::int64_t offset = 0;;) {
    OBSMON_ASSIGN_OR_RETURN(const std::string bytes, source(offset));
    OBSMON_ASSIGN_OR_RETURN(const std::string expected, copied(offset));
    if (bytes != expected) return absl::UnavailableError("it changed while it was copied");
    if (bytes.empty()) return absl::OkStatus();
    offset += static_cast<std::int64_t>(bytes.size());
  }
}

// Copies the database of `connection` and its side files into `folder`; the copy's path.
absl::StatusOr<std::string> CopyWhole(Connection& connection, const std::filesystem::path& folder,
                                      const std::stop_token& stop) {
  std::string copy = (folder / "copy.sqlite3").string();
  const ByteSource database = UntilStopped(BytesOf(connection), stop);
  OBSMON_RETURN_IF_ERROR(Copy(database, copy));
  for (const std::string_view suffix : kSideFiles) {
    const std::string side_file = Beside(connection.file(), suffix);
    if (!Exists(side_file)) continue;
    OBSMON_RETURN_IF_ERROR(Copy(UntilStopped(BytesOf(side_file), stop), Beside(copy, suffix)));
  }
  OBSMON_RETURN_IF_ERROR(Compare(database, copy));
  for (const std::string_view suffix : kSideFiles) {
    const ByteSource side_file = UntilStopped(BytesOf(Beside(connection.file(), suffix)), stop);
    OBSMON_RETURN_IF_ERROR(Compare(side_file, Beside(copy, suffix)));
  }
  return copy;
}

std::uint32_t BigEndian(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint32_t number = 0;
  for (const char byte : bytes.substr(at, size)) number = number << 8U | static_cast<unsigned char>(byte);
  return number;
}

// SQLite takes what is missing of the last page for zeros, and the rows in it for whatever those mean.
// REQUIRES: a transaction has begun, so that nobody is about to write that page.
absl::Status CheckLastPage(Connection& connection) {
  OBSMON_ASSIGN_OR_RETURN(const FileHeader header, ReadHeader(connection));
  OBSMON_ASSIGN_OR_RETURN(const std::int64_t size, connection.FileSize());
  if (header.page_bytes == 0 || size % header.page_bytes == 0) return absl::OkStatus();
  return absl::DataLossError(fmt::format("it is cut off in its last page, after {} bytes", size));
}

absl::Status BeginReading(Connection& connection) {
  OBSMON_RETURN_IF_ERROR(connection.Execute("BEGIN"));
  // BEGIN alone locks nothing yet.
  OBSMON_ASSIGN_OR_RETURN(Statement first, connection.Prepare("SELECT 1 FROM sqlite_master LIMIT 1"));
  OBSMON_RETURN_IF_ERROR(first.Step().status());
  return CheckLastPage(connection);
}

// SQLite, about to read a journal that nobody is at work with, gives it to the database's owner if it is run
// by root: a change, harmless as it is, to what is not ours. So such a journal is found before SQLite meets
// it. What can't be told here, SQLite tells.
bool HasHotJournal(Connection& connection) {
  const std::string path = Beside(connection.file(), "-journal");
  if (!Exists(path) || connection.HasWriter().value_or(true)) return false;
  std::ifstream journal(path, std::ios::binary);
  const int first = journal.get();  // zero where a journal is kept when it is done
  return first != std::ifstream::traits_type::eof() && first != 0;
}

absl::Status BeginReadingInPlace(Connection& connection) {
  if (HasHotJournal(connection)) return absl::AbortedError("a writer died, and left its journal");
  return BeginReading(connection);
}

absl::StatusOr<std::string> RegularFileAt(const std::filesystem::path& file) {
  std::error_code error;
  const std::filesystem::path resolved = std::filesystem::canonical(file, error);
  if (error) return SystemError(error.value());
  // Opening a pipe would wait for its writer.
  if (!std::filesystem::is_regular_file(resolved, error)) {
    return absl::FailedPreconditionError("it is no regular file");
  }
  return resolved.string();
}

// Whether `folder` lies in the folder of `file`, where nothing may be written.
bool IsBesideOrBelow(const std::filesystem::path& folder, const std::filesystem::path& file) {
  std::error_code error;
  const std::filesystem::path resolved = std::filesystem::canonical(folder, error);
  const std::filesystem::path forbidden = file.parent_path();
  return std::ranges::mismatch(forbidden, resolved).in1 == forbidden.end();
}

absl::StatusOr<Connection> OpenCopy(Connection& original, const PrivateFolder& folder,
                                    const std::stop_token& stop) {
  OBSMON_ASSIGN_OR_RETURN(const std::string copy, CopyWhole(original, folder.path(), stop));
  absl::StatusOr<Connection> connection = Connection::Open(copy, OpenMode::kReadWrite, kNoWait);
  if (!connection.ok()) return WithoutPath(connection.status(), copy);
  const absl::Status begun = BeginReading(*connection);
  if (!begun.ok()) return WithoutPath(begun, copy);
  return connection;
}

absl::StatusOr<PrivateFolder> MakeFolderFor(const std::string& file,
                                            const std::filesystem::path& copies_folder) {
  if (IsBesideOrBelow(copies_folder, file)) {
    return absl::FailedPreconditionError(fmt::format(
        "it can be read from a copy only, and {} lies in its own folder", copies_folder.string()));
  }
  absl::StatusOr<PrivateFolder> folder = PrivateFolder::Make(copies_folder);
  if (!folder.ok()) {
    return absl::ResourceExhaustedError(
        fmt::format("it can be read from a copy only, and {} can't hold one: {}", copies_folder.string(),
                    std::string(folder.status().message())));
  }
  return folder;
}

// The text of `facts` that differs when another file took the path, or this one was written.
std::string TokenOf(const struct stat& facts) {
  return fmt::format("{:x}-{:x}-{}-{}.{:09}", facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtim.tv_sec,
                     facts.st_mtim.tv_nsec);
}

absl::StatusOr<std::uint64_t> HashOf(const std::string& path) {
  const ByteSource source = BytesOf(path);
  Digest hash;
  for (std::int64_t offset = 0;;) {
    OBSMON_ASSIGN_OR_RETURN(const std::string bytes, source(offset));
    if (bytes.empty()) return hash.value();
    if (offset > kMaxHashedWalBytes) return absl::OutOfRangeError("too large to be hashed at every look");
    hash.Add(bytes);
    offset += static_cast<std::int64_t>(bytes.size());
  }
}

}  // namespace

absl::StatusOr<PrivateFolder> PrivateFolder::Make(const std::filesystem::path& parent) {
  std::error_code error;
  std::string name = (std::filesystem::canonical(parent, error) / "obsmon-XXXXXX").string();
  if (error) return SystemError(error.value());
  if (mkdtemp(name.data()) == nullptr) return SystemError(errno);
  return PrivateFolder(std::filesystem::path(name));
}

PrivateFolder::~PrivateFolder() {
  if (path_.empty()) return;
  std::error_code ignored;  // what is left lies where the system clears up
  std::filesystem::remove_all(path_, ignored);
}

PrivateFolder::PrivateFolder(PrivateFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}

PrivateFolder& PrivateFolder::operator=(PrivateFolder&& other) noexcept {
  path_.swap(other.path_);
  return *this;
}

absl::StatusOr<FileHeader> ReadHeader(Connection& connection) {
  OBSMON_ASSIGN_OR_RETURN(const std::string bytes, connection.ReadFile(0, kHeaderBytes));
  FileHeader header;
  if (bytes.size() < static_cast<std::size_t>(kHeaderBytes) || !bytes.starts_with(kMagic)) return header;
  header.is_wal = bytes[kReadVersionAt] == kWalVersion;
  header.page_bytes = BigEndian(bytes, kPageSizeAt, 2);
  if (header.page_bytes == 1) header.page_bytes = 65'536;  // it has two bytes only
  header.change_counter = BigEndian(bytes, kChangeCounterAt, 4);
  return header;
}

absl::Status WithoutPath(const absl::Status& status, const std::string& file) {
  const std::string prefix = file + ": ";
  std::string message(status.message());
  if (message.starts_with(prefix)) message.erase(0, prefix.size());
  return {status.code(), message};
}

absl::StatusOr<ForeignDatabase> ForeignDatabase::Open(const std::filesystem::path& file,
                                                      const std::filesystem::path& copies_folder,
                                                      const std::stop_token& stop) {
  OBSMON_ASSIGN_OR_RETURN(const std::string resolved, RegularFileAt(file));
  absl::StatusOr<ForeignDatabase> database = OpenResolved(resolved, copies_folder, stop);
  if (!database.ok()) return WithoutPath(database.status(), resolved);
  database->connection().StopBy(stop);
  return database;
}

absl::StatusOr<ForeignDatabase> ForeignDatabase::OpenResolved(const std::string& file,
                                                              const std::filesystem::path& copies_folder,
                                                              const std::stop_token& stop) {
  OBSMON_ASSIGN_OR_RETURN(Connection original, Connection::Open(file, OpenMode::kReadOnly, kNoWait));
  OBSMON_ASSIGN_OR_RETURN(const std::int64_t size, original.FileSize());
  if (size == 0) return absl::FailedPreconditionError("it is empty");
  OBSMON_ASSIGN_OR_RETURN(const FileHeader header, ReadHeader(original));

  if (!header.is_wal && !Exists(Beside(file, "-wal"))) {
    const absl::Status begun = BeginReadingInPlace(original);
    if (begun.ok()) return ForeignDatabase(std::nullopt, std::move(original));
    if (!absl::IsAborted(begun)) return begun;
  }
  OBSMON_ASSIGN_OR_RETURN(PrivateFolder folder, MakeFolderFor(file, copies_folder));
  OBSMON_ASSIGN_OR_RETURN(Connection copy, OpenCopy(original, folder, stop));
  return ForeignDatabase(std::move(folder), std::move(copy));
}

absl::Status ForeignDatabase::Renew() {
  if (is_copy()) return absl::OkStatus();
  if (connection_.InTransaction()) OBSMON_RETURN_IF_ERROR(connection_.Execute("COMMIT"));
  absl::Status begun = BeginReadingInPlace(connection_);
  // What BEGIN alone has begun is no transaction of any use.
  if (!begun.ok() && connection_.InTransaction()) OBSMON_RETURN_IF_ERROR(connection_.Execute("ROLLBACK"));
  return begun;
}

std::string ChangeTokenOf(const std::filesystem::path& file) {
  absl::StatusOr<std::string> path = RegularFileAt(file);
  if (!path.ok() || Exists(Beside(*path, "-journal"))) return {};
  struct stat before {};
  struct stat after {};
  if (stat(path->c_str(), &before) != 0) return {};
  absl::StatusOr<Connection> connection = Connection::Open(*path, OpenMode::kReadOnly, kNoWait);
  if (!connection.ok()) return {};
  const absl::StatusOr<FileHeader> header = ReadHeader(*connection);
  const absl::StatusOr<std::uint64_t> wal = HashOf(Beside(*path, "-wal"));
  if (!header.ok() || !wal.ok()) return {};
  if (stat(path->c_str(), &after) != 0 || TokenOf(before) != TokenOf(after)) return {};
  if (Exists(Beside(*path, "-journal"))) return {};
  return fmt::format("{}-{}-{:x}", TokenOf(before), header->change_counter, *wal);
}

}  // namespace obsmon::sqlite
