#include "table.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>

#include "text/utf8.h"

namespace obsmon::python {
namespace {

// Buffers of no rows: Arrow wants a pointer all the same.
constexpr std::array<std::int64_t, 1> kNothing = {0};

const void* OrNothing(const void* values) { return values == nullptr ? kNothing.data() : values; }

template <typename T>
Column ColumnOver(std::string name, ColumnType type, std::span<const T> values, Owner owner) {
  Column column{.name = std::move(name), .type = type};
  column.values = values.data();
  column.owner = std::move(owner);
  return column;
}

// --- texts
// ---------------------------------------------------------------------------------------------------

bool IsHexDigit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/// Whether what stands at `at` reads as \xNN.
bool ReadsAsEscape(std::string_view text, std::size_t at) {
  return text.size() - at >= 4 && text[at] == '\\' && text[at + 1] == 'x' && IsHexDigit(text[at + 2]) &&
         IsHexDigit(text[at + 3]);
}

void AppendReversibly(std::string_view text, std::string& out) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = Utf8Length(text, at);
    if (length == 0) {
      out += "\\x" + HexBytes(text.substr(at, 1));
    } else if (ReadsAsEscape(text, at)) {
      out += "\\x5c";
    } else {
      out += text.substr(at, length);
    }
    at += std::max<std::size_t>(length, 1);
  }
}

bool NeedsEscape(std::string_view text) {
  if (!IsUtf8(text)) return true;
  for (std::size_t at = text.find('\\'); at != std::string_view::npos; at = text.find('\\', at + 1)) {
    if (ReadsAsEscape(text, at)) return true;
  }
  return false;
}

/// True of nearly all nights, and quick to say of all of their names at once.
bool IsPlainAscii(std::span<const char> bytes) {
  unsigned char all = 0;
  for (const char c : bytes) all = static_cast<unsigned char>(all | static_cast<unsigned char>(c));
  return all < 0x80 && (bytes.empty() || std::memchr(bytes.data(), '\\', bytes.size()) == nullptr);
}

Column ColumnOverTexts(std::string name, ColumnType type, const StringColumn& texts, Owner owner) {
  Column column{.name = std::move(name), .type = type};
  column.values = texts.bytes().data();
  column.offsets = texts.offsets().data();
  column.owner = std::move(owner);
  return column;
}

Column EscapedTexts(std::string name, const StringColumn& texts) {
  auto escaped = std::make_shared<StringColumn>();
  escaped->Reserve(texts.size(), texts.bytes().size() + texts.bytes().size() / 8);
  std::string text;
  for (std::size_t row = 0; row < texts.size(); ++row) {
    text.clear();
    AppendReversibly(texts[row], text);
    escaped->Append(text);
  }
  return ColumnOverTexts(std::move(name), ColumnType::kText, *escaped, escaped);
}

/// Which texts can't be shown as they are; empty where all can.
std::vector<bool> Unshowable(const StringColumn& texts) {
  if (IsPlainAscii(texts.bytes())) return {};
  std::vector<bool> unshowable(texts.size());
  for (std::size_t row = 0; row < texts.size(); ++row) unshowable[row] = NeedsEscape(texts[row]);
  if (std::ranges::find(unshowable, true) == unshowable.end()) return {};
  return unshowable;
}

Column ShownTexts(std::string name, const StringColumn& texts, EmptyText empty, bool as_they_are,
                  Owner owner) {
  Column column = as_they_are ? ColumnOverTexts(std::move(name), ColumnType::kText, texts, std::move(owner))
                              : EscapedTexts(std::move(name), texts);
  if (empty == EmptyText::kIsText) return column;
  return WithNulls(std::move(column), texts.size(), [&](std::size_t row) { return texts[row].empty(); });
}

// --- Arrow
// ---------------------------------------------------------------------------------------------------

const char* ArrowFormat(ColumnType type) {
  switch (type) {
    case ColumnType::kBool:
      return "b";
    case ColumnType::kInt32:
      return "i";
    case ColumnType::kInt64:
      return "l";
    case ColumnType::kUint64:
      return "L";
    case ColumnType::kTime:
      return "tsn:UTC";
    case ColumnType::kDuration:
      return "tDn";
    case ColumnType::kDate:
      return "tdD";
    case ColumnType::kText:
      return "U";
    case ColumnType::kBytes:
      return "Z";
    case ColumnType::kWord:
      return "c";
  }
  return "n";
}

/// A schema with what it points to. Freed by its release, whoever calls it.
struct SchemaNode {
  std::string name;
  std::vector<ArrowSchema> children;
  std::vector<ArrowSchema*> child_pointers;
  ArrowSchema dictionary{};
};

void ReleaseSchema(ArrowSchema* schema) {
  auto* node = static_cast<SchemaNode*>(schema->private_data);
  for (ArrowSchema& child : node->children) {
    if (child.release != nullptr) child.release(&child);  // the consumer may have moved it away
  }
  if (node->dictionary.release != nullptr) node->dictionary.release(&node->dictionary);
  schema->release = nullptr;
  delete node;
}

void MakeSchema(const char* format, std::string name, std::int64_t flags, ArrowSchema* out) {
  auto* node = new SchemaNode;
  node->name = std::move(name);
  *out = {};
  out->format = format;
  out->name = node->name.c_str();
  out->flags = flags;
  out->release = ReleaseSchema;
  out->private_data = node;
}

void MakeColumnSchema(const Column& column, ArrowSchema* out) {
  MakeSchema(ArrowFormat(column.type), column.name, ARROW_FLAG_NULLABLE, out);
  if (column.type != ColumnType::kWord) return;
  auto* node = static_cast<SchemaNode*>(out->private_data);
  MakeSchema("u", "", 0, &node->dictionary);
  out->dictionary = &node->dictionary;
}

/// An array with what it points to.
struct ArrayNode {
  std::shared_ptr<const void> owner;
  std::array<const void*, 3> buffers{};
  std::vector<ArrowArray> children;
  std::vector<ArrowArray*> child_pointers;
  ArrowArray dictionary{};
};

void ReleaseArray(ArrowArray* array) {
  auto* node = static_cast<ArrayNode*>(array->private_data);
  for (ArrowArray& child : node->children) {
    if (child.release != nullptr) child.release(&child);
  }
  if (node->dictionary.release != nullptr) node->dictionary.release(&node->dictionary);
  array->release = nullptr;
  delete node;
}

ArrayNode* MakeArray(std::size_t length, std::int64_t num_buffers, ArrowArray* out) {
  auto* node = new ArrayNode;
  *out = {};
  out->length = static_cast<std::int64_t>(length);
  out->n_buffers = num_buffers;
  out->buffers = node->buffers.data();
  out->release = ReleaseArray;
  out->private_data = node;
  return node;
}

/// The words of a column, laid out as Arrow's utf8.
struct Words {
  explicit Words(std::span<const std::string_view> words) : offsets{0} {
    for (const std::string_view word : words) {
      bytes += word;
      offsets.push_back(static_cast<std::int32_t>(bytes.size()));
    }
  }
  std::string bytes;
  std::vector<std::int32_t> offsets;
};

void MakeDictionary(std::span<const std::string_view> words, ArrowArray* out) {
  const auto layout = std::make_shared<const Words>(words);
  ArrayNode* node = MakeArray(words.size(), 3, out);
  node->buffers = {nullptr, layout->offsets.data(), layout->bytes.data()};
  node->owner = layout;
}

/// `table` keeps the column alive.
void MakeColumnArray(const std::shared_ptr<const Table>& table, const Column& column, ArrowArray* out) {
  const bool is_text = column.type == ColumnType::kText || column.type == ColumnType::kBytes;
  ArrayNode* node = MakeArray(table->size(), is_text ? 3 : 2, out);
  node->owner = table;
  out->null_count = column.num_nulls();
  const void* validity = column.num_nulls() == 0 ? nullptr : column.validity->bits();
  if (is_text) {
    node->buffers = {validity, column.offsets, OrNothing(column.values)};
  } else {
    node->buffers = {validity, OrNothing(column.values), nullptr};
  }
  if (column.type != ColumnType::kWord) return;
  MakeDictionary(column.words, &node->dictionary);
  out->dictionary = &node->dictionary;
}

/// Children are moved by consumers one by one, so each of them owns the table by itself.
void MakeBatch(const std::shared_ptr<const Table>& table, ArrowArray* out) {
  ArrayNode* node = MakeArray(table->size(), 1, out);
  const std::vector<Column>& columns = table->columns();
  node->children.assign(columns.size(), ArrowArray{});
  for (std::size_t i = 0; i < columns.size(); ++i) {
    MakeColumnArray(table, columns[i], &node->children[i]);
    node->child_pointers.push_back(&node->children[i]);
  }
  out->n_children = static_cast<std::int64_t>(columns.size());
  out->children = node->child_pointers.data();
}

struct StreamState {
  std::shared_ptr<const Table> table;
  bool given = false;
};

StreamState& StateOf(ArrowArrayStream* stream) { return *static_cast<StreamState*>(stream->private_data); }

// No exception may cross into a consumer's C.
template <typename Function>
int ErrnoOf(Function function) {
  try {
    function();
    return 0;
  } catch (const std::bad_alloc&) {
    return ENOMEM;
  }
}

int GetSchema(ArrowArrayStream* stream, ArrowSchema* out) {
  return ErrnoOf([&] { ExportSchema(*StateOf(stream).table, out); });
}

int GetNext(ArrowArrayStream* stream, ArrowArray* out) {
  StreamState& state = StateOf(stream);
  *out = {};  // released: the end
  if (state.given) return 0;
  state.given = true;
  return ErrnoOf([&] { MakeBatch(state.table, out); });
}

const char* GetLastError(ArrowArrayStream* /*stream*/) { return nullptr; }

void ReleaseStream(ArrowArrayStream* stream) {
  delete static_cast<StreamState*>(stream->private_data);
  stream->release = nullptr;
}

}  // namespace

std::string_view TypeName(ColumnType type) {
  switch (type) {
    case ColumnType::kBool:
      return "bool";
    case ColumnType::kInt32:
      return "int32";
    case ColumnType::kInt64:
      return "int64";
    case ColumnType::kUint64:
      return "uint64";
    case ColumnType::kTime:
      return "timestamp[ns, UTC]";
    case ColumnType::kDuration:
      return "duration[ns]";
    case ColumnType::kDate:
      return "date32";
    case ColumnType::kText:
      return "large_utf8";
    case ColumnType::kBytes:
      return "large_binary";
    case ColumnType::kWord:
      return "dictionary<int8, utf8>";
  }
  return "";
}

const Column* Table::Find(std::string_view name) const {
  const auto column = std::ranges::find(columns_, name, &Column::name);
  return column == columns_.end() ? nullptr : &*column;
}

Column NumberColumn(std::string name, std::span<const std::int32_t> values, Owner owner) {
  return ColumnOver(std::move(name), ColumnType::kInt32, values, std::move(owner));
}

Column NumberColumn(std::string name, std::span<const std::int64_t> values, Owner owner) {
  return ColumnOver(std::move(name), ColumnType::kInt64, values, std::move(owner));
}

Column TimeColumn(std::string name, std::span<const UtcTime> values, Owner owner) {
  static_assert(sizeof(UtcTime) == sizeof(std::int64_t));
  return ColumnOver(std::move(name), ColumnType::kTime, values, std::move(owner));
}

Column WordColumn(std::string name, std::span<const std::uint8_t> values,
                  std::span<const std::string_view> words, Owner owner) {
  Column column = ColumnOver(std::move(name), ColumnType::kWord, values, std::move(owner));
  column.words = words;
  return column;
}

void AddPathColumns(const std::string& name, const StringColumn& texts, EmptyText empty, Owner owner,
                    std::vector<Column>& columns) {
  const std::vector<bool> unshowable = Unshowable(texts);
  columns.push_back(ShownTexts(name, texts, empty, unshowable.empty(), owner));
  columns.push_back(WithNulls(ColumnOverTexts(name + "_bytes", ColumnType::kBytes, texts, std::move(owner)),
                              texts.size(),
                              [&](std::size_t row) { return unshowable.empty() || !unshowable[row]; }));
}

Column TextColumn(std::string name, const StringColumn& texts, EmptyText empty, Owner owner) {
  return ShownTexts(std::move(name), texts, empty, Unshowable(texts).empty(), std::move(owner));
}

void AddFileIdColumns(std::span<const FileId> ids, const std::vector<bool>& is_null,
                      std::vector<Column>& columns) {
  std::vector<std::uint64_t> devices;
  std::vector<std::uint64_t> inodes;
  devices.reserve(ids.size());
  inodes.reserve(ids.size());
  for (const FileId& id : ids) {
    devices.push_back(id.device);
    inodes.push_back(id.inode);
  }
  const auto null_at = [&](std::size_t row) { return !is_null.empty() && is_null[row]; };
  columns.push_back(
      WithNulls(OwnedColumn("device", ColumnType::kUint64, std::move(devices)), ids.size(), null_at));
  columns.push_back(
      WithNulls(OwnedColumn("inode", ColumnType::kUint64, std::move(inodes)), ids.size(), null_at));
}

Column DateColumn(std::string name, std::span<const Night> nights) {
  std::vector<std::int32_t> days;
  days.reserve(nights.size());
  for (const Night night : nights) {
    days.push_back(static_cast<std::int32_t>(night.date().time_since_epoch().count()));
  }
  return OwnedColumn(std::move(name), ColumnType::kDate, std::move(days));
}

void ExportSchema(const Table& table, ArrowSchema* out) {
  MakeSchema("+s", "", 0, out);
  auto* node = static_cast<SchemaNode*>(out->private_data);
  node->children.assign(table.columns().size(), ArrowSchema{});
  for (std::size_t i = 0; i < table.columns().size(); ++i) {
    MakeColumnSchema(table.columns()[i], &node->children[i]);
    node->child_pointers.push_back(&node->children[i]);
  }
  out->n_children = static_cast<std::int64_t>(node->children.size());
  out->children = node->child_pointers.data();
}

void ExportStream(std::shared_ptr<const Table> table, ArrowArrayStream* out) {
  *out = {GetSchema, GetNext, GetLastError, ReleaseStream, new StreamState{.table = std::move(table)}};
}

}  // namespace obsmon::python
