// The functions of libpq, which is opened when somebody first asks for a database. Private to this folder.
#ifndef OBSMON_SRC_POSTGRES_LIBPQ_CALLS_H_
#define OBSMON_SRC_POSTGRES_LIBPQ_CALLS_H_

#include <libpq-fe.h>

#include "absl/status/status.h"
#include "files/shared_library.h"

namespace obsmon::postgres {

#define OBSMON_FOR_EACH_LIBPQ_CALL(CALL) \
  CALL(PQclear)                          \
  CALL(PQconnectPoll)                    \
  CALL(PQconnectStartParams)             \
  CALL(PQconninfoFree)                   \
  CALL(PQconninfoParse)                  \
  CALL(PQconsumeInput)                   \
  CALL(PQerrorMessage)                   \
  CALL(PQfinish)                         \
  CALL(PQflush)                          \
  CALL(PQfname)                          \
  CALL(PQfreemem)                        \
  CALL(PQftype)                          \
  CALL(PQgetResult)                      \
  CALL(PQgetisnull)                      \
  CALL(PQgetlength)                      \
  CALL(PQgetvalue)                       \
  CALL(PQisBusy)                         \
  CALL(PQnfields)                        \
  CALL(PQntuples)                        \
  CALL(PQpass)                           \
  CALL(PQputCopyData)                    \
  CALL(PQputCopyEnd)                     \
  CALL(PQresultErrorField)               \
  CALL(PQresultErrorMessage)             \
  CALL(PQresultStatus)                   \
  CALL(PQsendDescribePrepared)           \
  CALL(PQsendPrepare)                    \
  CALL(PQsendQuery)                      \
  CALL(PQsendQueryParams)                \
  CALL(PQsetNoticeProcessor)             \
  CALL(PQsetSingleRowMode)               \
  CALL(PQsetnonblocking)                 \
  CALL(PQsocket)                         \
  CALL(PQstatus)

/// By their names, and with the types that libpq-fe.h gives them.
struct LibpqCalls {
  OBSMON_FOR_EACH_LIBPQ_CALL(OBSMON_DECLARE_CALL)
};

/// Opens libpq; the first answer is that of all later calls. kUnimplemented: a clause that says why it can't
/// be used, and what to do.
absl::Status OpenLibpq();

/// REQUIRES: OpenLibpq has said that it is open.
const LibpqCalls& Libpq();

}  // namespace obsmon::postgres

#endif  // OBSMON_SRC_POSTGRES_LIBPQ_CALLS_H_
