#include "common/postgres/target.h"

#include <stdexcept>

#include "common/postgres/sql_error.h"
#include "tests/support/catch.h"

using common::Failure;
using common::postgres::failure_of;
using common::postgres::Target;

namespace {

// What the refusal of `url` says; fails when it is accepted.
std::string refusal(const std::string& url) {
  try {
    const Target target(url);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  FAIL("accepted: " << url);
  return {};
}

}  // namespace

TEST_CASE("an address for logs has neither user nor password") {
  CHECK(Target("postgres://anna:secret@db.example:6432/links?connect_timeout=3").address() == "db.example:6432/links");
  CHECK(Target("postgresql://db.example/links").address() == "db.example:5432/links");
  CHECK(Target("postgres://anna:p%40ss@[::1]:5433/x").address() == "::1:5433/x");
}

TEST_CASE("no refusal of a URL repeats any of its password") {
  for (const std::string url :
       {"postgres://anna:qx@qz@db/links", "postgres://anna:qx/qz@db/links", "postgres://anna:qx:qz/x@db/links",
        "postgres://anna:qxqz@db:54x/links", "postgres://anna:qxqz@db/links?no_such_option=1",
        "postgres://anna:qxqz@[::1/links", "mysql://anna:qxqz@db/links", "host=db password=qxqz"}) {
    INFO(url);
    const std::string said = refusal(url);
    CHECK(said.find("qx") == std::string::npos);
    CHECK(said.find("qz") == std::string::npos);
  }
}

TEST_CASE("what libpq says is shown in one line and without the password") {
  const Target target("postgres://anna:secret@db/links");
  CHECK(target.printable("connection failed:\n\tno secret here\n") == "connection failed: no *** here");
  CHECK(Target("postgres://db/links").printable("as it is\n") == "as it is");
}

TEST_CASE("a SQLSTATE tells whether trying again may help") {
  CHECK(failure_of("40001") == Failure::unavailable);
  CHECK(failure_of("40P01") == Failure::unavailable);
  CHECK(failure_of("53300") == Failure::unavailable);
  CHECK(failure_of("57P01") == Failure::unavailable);
  CHECK(failure_of("25006") == Failure::unavailable);
  CHECK(failure_of("57014") == Failure::timed_out);
  CHECK(failure_of("40003") == Failure::unknown_outcome);
  CHECK(failure_of("23505") == Failure::invalid);
  CHECK(failure_of("22003") == Failure::invalid);
  CHECK(failure_of("42601") == Failure::internal);
  CHECK(failure_of("08006") == Failure::unavailable);
  CHECK(failure_of("08P01") == Failure::internal);
  CHECK(failure_of("") == Failure::internal);
}
