#include "expected/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "obsmon/raw_file_name.h"
#include "status_macros.h"
#include "text/utc_text.h"
#include "text/utf8.h"

namespace obsmon::expected {
namespace {

constexpr std::size_t kLongestQuote = 60;

// What a manifest says, for a sentence about it: on one line, and not too long.
std::string Quoted(std::string_view text) {
  const bool is_long = text.size() > kLongestQuote;
  return fmt::format("'{}{}'", EscapeForDisplay(std::string(text.substr(0, kLongestQuote))),
                     is_long ? "..." : "");
}

absl::Status Bad(std::string_view what) { return absl::DataLossError({what.data(), what.size()}); }

/// What the readers of both forms of JSON do not want to see: SAX callbacks that stop with a sentence. The
/// parser does not recurse, throws nothing here, and refuses what is not UTF-8.
class Reader : public nlohmann::json_sax<nlohmann::json> {
 public:
  absl::Status Read(std::string_view text) {
    const bool done = nlohmann::json::sax_parse(text.begin(), text.end(), this);
    if (done || !status_.ok()) return status_;
    return Bad("no JSON");
  }

  bool null() override { return Other(); }
  bool boolean(bool /*value*/) override { return Other(); }
  bool number_integer(number_integer_t /*value*/) override { return Other(); }
  bool number_unsigned(number_unsigned_t /*value*/) override { return Other(); }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return Other(); }
  bool string(string_t& value) override { return Text(value); }
  bool binary(binary_t& /*value*/) override { return Other(); }
  bool start_object(std::size_t /*size*/) override {
    if (!Deeper()) return false;
    return Begin(true);
  }
  bool end_object() override {
    --depth_;
    return End();
  }
  bool start_array(std::size_t /*size*/) override {
    if (!Deeper()) return false;
    return Begin(false);
  }
  bool end_array() override {
    --depth_;
    return End();
  }
  bool key(string_t& key) override { return Key(key); }
  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::json::exception& /*error*/) override {
    return Stop(fmt::format("no JSON: byte {} does not fit", position));
  }

 protected:
  virtual bool Key(const std::string& key) = 0;
  virtual bool Text(const std::string& text) = 0;
  virtual bool Begin(bool is_object) = 0;  ///< of an object or array; depth() is already its own
  virtual bool End() { return true; }
  virtual bool Other() { return true; }  ///< null, a number, yes or no

  int depth() const { return depth_; }
  bool Stop(std::string_view what) {
    status_ = Bad(what);
    return false;
  }

 private:
  bool Deeper() {
    constexpr int kDeepest = 16;  // a manifest needs 2
    if (++depth_ <= kDeepest) return true;
    return Stop(fmt::format("nested more than {} deep", kDeepest));
  }

  int depth_ = 0;
  absl::Status status_;
};

class SensorsReader final : public Reader {
 public:
  explicit SensorsReader(std::string_view obs_id) : obs_id_(obs_id) {}
  bool has_sensors() const { return has_sensors_; }
  Sensors TakeSensors() && { return std::move(found_); }

 private:
  bool IsInSensors() const { return in_sensors_ && depth() == 2; }

  bool Key(const std::string& key) override {
    key_ = key;
    if (IsInSensors()) return seen_.insert(key).second || Stop(fmt::format("names {} twice", Quoted(key)));
    if (depth() != 1 || key != "expectedSensors") return true;
    if (has_sensors_) return Stop("has 'expectedSensors' twice");
    return true;
  }
  bool Begin(bool is_object) override {
    if (depth() == 1) return is_object || Stop("is a list, not an object with 'expectedSensors'");
    if (IsInSensors() || in_sensors_) return Stop(fmt::format("{} is no word", Quoted(key_)));
    if (depth() != 2 || key_ != "expectedSensors") return true;
    if (!is_object) return Stop("'expectedSensors' is no object");
    return in_sensors_ = has_sensors_ = true;
  }
  bool End() override {
    if (depth() == 1) in_sensors_ = false;
    return true;
  }
  bool Text(const std::string& text) override {
    if (IsInSensors()) return AddSensor(text);
    if (depth() == 0) return Stop("is a text, not an object with 'expectedSensors'");
    if (depth() == 1 && key_ == "expectedSensors") return Stop("'expectedSensors' is no object");
    if (depth() == 1 && key_ == "obsId" && text != obs_id_) {
      return Stop(fmt::format("is of another exposure, {}", Quoted(text)));
    }
    return true;
  }
  bool Other() override {
    if (IsInSensors()) return LeaveOut(fmt::format("{} is neither SCIENCE nor GUIDER", Quoted(key_)));
    if (depth() == 0) return Stop("is no object with 'expectedSensors'");
    if (depth() == 1 && key_ == "expectedSensors") return Stop("'expectedSensors' is no object");
    return true;
  }
  bool AddSensor(const std::string& word) {
    const std::string name = fmt::format("{}_{}", obs_id_, key_);
    const std::optional<RawFileName> raw = ParseRawFileName(name);
    const bool is_detector = !key_.empty() && key_.find('/') == std::string::npos && raw &&
                             raw->detector == key_ && raw->rest.empty() && raw->ending.empty();
    if (!is_detector) return LeaveOut(fmt::format("{} is no detector", Quoted(key_)));
    if (word != "SCIENCE" && word != "GUIDER") {
      return LeaveOut(fmt::format("{} is {}, neither SCIENCE nor GUIDER", Quoted(key_), Quoted(word)));
    }
    found_.sensors.push_back({.detector = key_, .guider = word == "GUIDER"});
    return true;
  }
  // A word that a later camera has for one of its sensors should not cost the others.
  bool LeaveOut(std::string_view what) {
    if (found_.left_out.ok()) found_.left_out = Bad(what);
    return true;
  }

  std::string_view obs_id_;
  std::string key_;
  bool in_sensors_ = false;
  bool has_sensors_ = false;
  std::set<std::string> seen_;
  Sensors found_;
};

absl::StatusOr<ListedFile> MakeListed(std::string_view path, std::string_view since,
                                      std::string_view observation_type = {}) {
  OBSMON_RETURN_IF_ERROR(CheckListedPath(path));
  ListedFile file{.path = std::string(path), .observation_type = std::string(observation_type)};
  if (since.empty()) return file;
  file.since = ParseUtcText(since);
  if (!file.since) return Bad(fmt::format("{} is no time in UTC", Quoted(since)));
  return file;
}

/// The entries of a list, one by one. One that is wrong does not cost the others.
class Entries {
 public:
  /// `where` names the entry for a sentence about it.
  void Add(std::string_view where, const absl::StatusOr<ListedFile>& file) {
    if (file.ok()) {
      list_.files.push_back(*file);
    } else if (list_.left_out.ok()) {
      list_.left_out = Bad(fmt::format("{}: {}", where, std::string(file.status().message())));
    }
  }
  bool empty() const { return list_.files.empty() && list_.left_out.ok(); }
  absl::StatusOr<List> Take() && {
    if (list_.files.empty()) OBSMON_RETURN_IF_ERROR(list_.left_out);
    return std::move(list_);
  }

 private:
  List list_;
};

class ListReader final : public Reader {
 public:
  absl::StatusOr<List> TakeList() && { return std::move(entries_).Take(); }

 private:
  bool Begin(bool is_object) override {
    if (depth() == 1) return !is_object || Stop("is an object, not an array of names");
    if (depth() > 2) return true;  // a value that a later list may have, of a name that we don't know
    is_entry_ = is_object;
    path_.clear();
    since_.clear();
    observation_type_.clear();
    return true;
  }
  bool End() override {
    if (depth() != 1) return true;
    return is_entry_ ? Add(MakeListed(path_, since_, observation_type_)) : AddOther();
  }
  bool Key(const std::string& key) override {
    if (depth() == 2) key_ = key;
    return true;
  }
  bool Text(const std::string& text) override {
    if (depth() == 0) return Stop("is a text, not an array of names");
    if (depth() == 1) return Add(MakeListed(text, ""));
    if (depth() > 2 || !is_entry_) return true;
    if (key_ == "path") path_ = text;
    if (key_ == "since") since_ = text;
    if (key_ == "observation_type") observation_type_ = text;
    return true;
  }
  bool Other() override {
    if (depth() == 0) return Stop("is no array of names");
    return depth() > 1 || AddOther();
  }
  bool AddOther() { return Add(Bad("neither a name nor an object")); }
  bool Add(const absl::StatusOr<ListedFile>& file) {
    entries_.Add(fmt::format("entry {}", ++number_), file);
    return true;
  }

  Entries entries_;
  int number_ = 0;
  bool is_entry_ = false;  // where we are within one: an object, as it should be
  std::string key_;
  std::string path_;
  std::string since_;
  std::string observation_type_;
};

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

}  // namespace

absl::Status CheckListedPath(std::string_view path) {
  if (path.empty()) return Bad("an empty path");
  if (!IsUtf8(path)) return Bad(fmt::format("{} is not UTF-8", Quoted(path)));
  if (path.front() == '/' || path.back() == '/') {
    return Bad(fmt::format("{} is no path from the night's folder on", Quoted(path)));
  }
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..") {
      return Bad(fmt::format("{} leads out of the night's folder", Quoted(path)));
    }
    begin = end + 1;
  }
  return absl::OkStatus();
}

absl::StatusOr<Sensors> ParseExpectedSensors(std::string_view text, std::string_view obs_id) {
  SensorsReader reader(obs_id);
  OBSMON_RETURN_IF_ERROR(reader.Read(text));
  if (!reader.has_sensors()) return Bad("has no 'expectedSensors'");
  return std::move(reader).TakeSensors();
}

absl::StatusOr<List> ParseJsonList(std::string_view text) {
  ListReader reader;
  OBSMON_RETURN_IF_ERROR(reader.Read(text));
  return std::move(reader).TakeList();
}

absl::StatusOr<List> ParseLines(std::string_view text) {
  Entries entries;
  int number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.empty() || line.front() == '#') continue;
    const std::size_t comma = std::min(line.find(','), line.size());
    const std::string_view path = Trimmed(line.substr(0, comma));
    const std::string_view since = comma < line.size() ? Trimmed(line.substr(comma + 1)) : "";
    if (entries.empty() && path == "path" && (since.empty() || since == "since")) continue;
    entries.Add(fmt::format("line {}", number), MakeListed(path, since));
  }
  return std::move(entries).Take();
}

}  // namespace obsmon::expected
