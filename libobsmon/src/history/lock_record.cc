#include "history/lock_record.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <climits>
#include <fstream>
#include <string>
#include <string_view>

namespace obsmon {
namespace {

// Of a file below /proc; empty where it can't be read.
std::string TextOfFile(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text;
  std::getline(in, text, '\0');
  return text;
}

/// What `text` holds up to `end`, which is taken off it together with `end`.
std::string_view TakeUntil(char end, std::string_view& text) {
  const std::size_t length = text.find(end);
  const std::string_view taken = text.substr(0, length);
  text.remove_prefix(length == std::string_view::npos ? text.size() : length + 1);
  return taken;
}

/// Empty where there is no such process.
std::string StartOf(pid_t pid) {
  const std::string text = TextOfFile(fmt::format("/proc/{}/stat", pid));
  // The name of the program, in parentheses, may hold anything.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos || name_end + 2 > text.size()) return {};
  std::string_view fields = std::string_view(text).substr(name_end + 2);
  constexpr int kFieldsBetween = 19;  // from the 3rd, which comes next, to the 22nd
  for (int i = 0; i < kFieldsBetween; ++i) TakeUntil(' ', fields);
  return std::string(TakeUntil(' ', fields));
}

std::string BootId() {
  const std::string text = TextOfFile("/proc/sys/kernel/random/boot_id");
  return text.substr(0, text.find('\n'));
}

std::string PidSpace() {
  std::array<char, 64> name{};
  const ssize_t length = readlink("/proc/self/ns/pid", name.data(), name.size());
  return {name.data(), length > 0 ? static_cast<std::size_t>(length) : 0};
}

std::string HostName() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "an unknown host";
  return name.data();
}

}  // namespace

std::string ThisProcess() { return fmt::format("process {} on {}", getpid(), HostName()); }

ProcessId ProcessId::Self() {
  return {.boot_id = BootId(), .pid_space = PidSpace(), .pid = getpid(), .started = StartOf(getpid())};
}

LockRecord LockRecord::Parse(std::string_view text) {
  LockRecord record{.who = std::string(TakeUntil('\n', text))};
  std::string_view fields = TakeUntil('\n', text);
  record.keeper = TakeUntil(' ', fields) == "file" ? LockKeeper::kFile : LockKeeper::kKernel;
  ProcessId holder{.boot_id = std::string(TakeUntil(' ', fields)),
                   .pid_space = std::string(TakeUntil(' ', fields))};
  const std::string_view pid = TakeUntil(' ', fields);
  const bool has_pid = std::from_chars(pid.data(), pid.data() + pid.size(), holder.pid).ec == std::errc();
  holder.started = std::string(TakeUntil(' ', fields));
  // All of it or nothing: half a record says nothing about a process.
  if (has_pid && holder.pid > 0 && !holder.started.empty()) record.holder = std::move(holder);
  return record;
}

std::string LockRecord::ToString() const {
  return fmt::format("{}\n{} {} {} {} {}\n", who, keeper == LockKeeper::kFile ? "file" : "kernel",
                     holder.boot_id, holder.pid_space, holder.pid, holder.started);
}

bool IsDead(const ProcessId& holder, std::chrono::nanoseconds silence) {
  const ProcessId self = ProcessId::Self();
  const bool is_known = !holder.boot_id.empty() && holder.boot_id == self.boot_id &&
                        holder.pid_space == self.pid_space && !self.started.empty();
  return is_known ? StartOf(holder.pid) != holder.started : silence > kLockSilence;
}

}  // namespace obsmon
