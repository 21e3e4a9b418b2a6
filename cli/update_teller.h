// What `obsmon update` says of looks at streams.
#ifndef OBSMON_CLI_UPDATE_TELLER_H_
#define OBSMON_CLI_UPDATE_TELLER_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "console.h"
#include "obsmon/monitor.h"

namespace obsmon::cli {

/// Tells of looks at streams. Of later looks at a stream only what is new, so that a log of all night stays
/// one that someone reads.
class UpdateTeller {
 public:
  /// `several`: the lines of the streams are told apart by their names.
  UpdateTeller(bool several, Console& console) : several_(several), console_(console) {}

  void Tell(const UpdateResult& result);

 private:
  struct Told {
    std::optional<UpdateOutcome> outcome{};
    std::vector<std::string> trouble{};
    std::map<Night, std::string> nights{};
  };

  bool several_;
  Console& console_;
  std::map<std::string, Told> last_;
};

}  // namespace obsmon::cli

#endif  // OBSMON_CLI_UPDATE_TELLER_H_
