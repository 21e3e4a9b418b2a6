#include "postgres/uri.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace obsmon::postgres {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(PostgresUri, IsToldByItsScheme) {
  EXPECT_TRUE(IsUri("postgresql://host/db"));
  EXPECT_TRUE(IsUri("postgres://host/db"));
  EXPECT_TRUE(IsUri("postgresql+psycopg2://host/db"));
  EXPECT_TRUE(IsUri("PostgreSQL://"));
  EXPECT_FALSE(IsUri("sqlite:///repo/gen3.sqlite3"));
  EXPECT_FALSE(IsUri("/data/postgresql"));
  EXPECT_FALSE(IsUri("host=a password=b"));
}

TEST(PostgresUri, LosesSqlAlchemysDriverForLibpq) {
  EXPECT_EQ(WithoutDriver("postgresql+psycopg2://u@h:5432/d?sslmode=require"),
            "postgresql://u@h:5432/d?sslmode=require");
  EXPECT_EQ(WithoutDriver("postgresql://h/d"), "postgresql://h/d");
}

TEST(PostgresUri, IsTakenApart) {
  const UriParts parts = PartsOf("postgresql://rub%40in:se%2Fcret@db.example:5433/lsst_db1");
  EXPECT_EQ(parts.user, "rub@in");
  EXPECT_EQ(parts.password, "se/cret");
  EXPECT_EQ(parts.host, "db.example");
  EXPECT_EQ(parts.port, "5433");
  EXPECT_EQ(parts.database, "lsst_db1");
  const UriParts six = PartsOf("postgresql://[::1]/d");
  EXPECT_EQ(six.host, "::1");
  EXPECT_EQ(six.port, "");
  const UriParts parameters = PartsOf("postgresql:///?host=h&user=u&dbname=d&port=1&password=p%20w");
  EXPECT_EQ(parameters.host, "h");
  EXPECT_EQ(parameters.user, "u");
  EXPECT_EQ(parameters.database, "d");
  EXPECT_EQ(parameters.port, "1");
  EXPECT_EQ(parameters.password, "p w");
}

// libpq's rule, which tells whom a password is sent to.
TEST(PostgresUri, IsOfTheServerThatItsParametersNameWhateverStandsBeforeThem) {
  const std::string trusted = "postgresql://u:p@trusted.example:5432/d";
  for (const char* const parameters :
       {"?host=other.example", "?hostaddr=other.example", "?host=trusted.example&hostaddr=other.example",
        "?host=trusted.example&host=other.example", "?ho%73t=other%2Eexample"}) {
    EXPECT_EQ(PartsOf(trusted + parameters).host, "other.example") << parameters;
    EXPECT_EQ(ForPeople(trusted + parameters), "postgresql://u@other.example:5432/d") << parameters;
  }
  EXPECT_EQ(PartsOf(trusted + "?host=").host, "") << "the server on this host";
  EXPECT_EQ(PartsOf(trusted + "?password=q").password, "q");
  EXPECT_EQ(ForPeople(trusted + "?port=1&user=v&dbname=e"), "postgresql://v@trusted.example:1/e");
  EXPECT_EQ(ForPeople("postgresql:///d?host=/var/run&port=1"), "postgresql://%2Fvar%2Frun:1/d");
  EXPECT_EQ(ForPeople("postgresql://a:1,b/d?hostaddr=::1,10.0.0.1"), "postgresql://[::1]:1,10.0.0.1/d");
}

TEST(PostgresUri, HasTheHostsAndPortsOfSeveralApart) {
  const UriParts parts = PartsOf("postgresql://one:1,[::2],three:3/d");
  EXPECT_EQ(parts.host, "one,::2,three");
  EXPECT_EQ(parts.port, "1,,3");
  EXPECT_EQ(ForPeople("postgresql://one:1,[::2],three:3/d"), "postgresql://one:1,[::2],three:3/d");
}

TEST(PostgresUri, IsShownWithoutAPasswordWhereverThatStands) {
  for (const char* const uri :
       {"postgresql://user:sesame@host/db", "postgresql://user:se@sesame@host/db",
        "postgresql://user:se/sesame@host/db", "postgresql://user:se:sesame@host/db",
        "postgresql://user:se?sesame@host/db", "postgresql://:sesame@host/db",
        "postgresql://user:a@b?sesame@host/db", "postgresql://host/db?password=sesame",
        "postgresql://host/db?password=a@sesame", "postgresql://host/db?user=u&PASSWORD=sesame",
        "postgresql://u@host/db?sslkey=k&sslpassword=sesame", "postgresql+psycopg2://user:sesame@host/db"}) {
    EXPECT_THAT(ForPeople(uri), Not(HasSubstr("sesame"))) << uri;
    EXPECT_THAT(ForPeople(uri), HasSubstr("postgresql://")) << uri;
  }
  EXPECT_EQ(ForPeople("postgresql+psycopg2://rubin:sesame@db.example:5432/lsst?sslmode=require"),
            "postgresql://rubin@db.example:5432/lsst");
  EXPECT_EQ(ForPeople("postgresql://"), "postgresql://");
}

TEST(PostgresUri, TellsWhetherItCarriesASecret) {
  EXPECT_TRUE(HasSecret("postgresql://user:sesame@host/db"));
  EXPECT_TRUE(HasSecret("postgresql://host/db?sslmode=require&password=sesame"));
  EXPECT_TRUE(HasSecret("postgresql://host/db?sslpassword=sesame"));
  EXPECT_TRUE(HasSecret("postgresql://user:se?sesame@host/db"));
  EXPECT_TRUE(HasSecret("postgresql://user:sesame/db")) << "the '@' and the host were forgotten";
  EXPECT_FALSE(HasSecret("postgresql://user@one:5432,two:5433,three/db"));
  EXPECT_FALSE(HasSecret("postgresql://user@host:5432/db?sslmode=require"));
  EXPECT_FALSE(HasSecret("postgresql://[::1]:5432/db"));
  EXPECT_FALSE(HasSecret("postgresql://"));
}

}  // namespace
}  // namespace obsmon::postgres
